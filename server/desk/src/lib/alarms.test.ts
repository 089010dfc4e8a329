import { setLanguage } from "@releve/kit";
import { describe, expect, it } from "vitest";
import type { AlarmRow, AlarmSettings } from "../api/types";
import { settingsOf, typedOf } from "./alarm-settings";
import { coordinates, first, monthPlus, took } from "./alarms";

const alarm = (id: string, phase: string, raised_at: number, kind = "panic") =>
  ({ id, phase, kind, raised_at, pressed_at: raised_at - 10_000 }) as AlarmRow;

describe("alarms at the desk (O-33)", () => {
  it("says how long an answer took: in seconds while they count", () => {
    setLanguage("fr");
    expect([9_000, 74_400, 300_000].map(took)).toEqual(["9 secondes", "74 secondes", "5 min"]);
  });

  it("shows a real one before a test, and the one that has waited longest", () => {
    const all = [
      alarm("test", "notifying", 1, "test"), alarm("taken", "acknowledged", 2), alarm("new", "notifying", 9),
      alarm("old", "exhausted", 5), alarm("armed", "armed", 0),
    ];
    expect(first(all)?.id).toBe("old");
    expect(first(all.slice(0, 2))?.id).toBe("test");
    expect(first([])).toBeNull();
  });

  it("writes coordinates as maps read them, south and west too", () => {
    expect(coordinates(43_929_000, 2_148_100)).toBe("43.929000, 2.148100");
    expect(coordinates(-1, -70_000_001)).toBe("-0.000001, -70.000001");
  });

  it("counts months over the year's end", () => {
    expect([monthPlus("2026-01", -1), monthPlus("2026-12", 1)]).toEqual(["2025-12", "2027-01"]);
  });
});

describe("the settings of alarms (O-32)", () => {
  const before: AlarmSettings = {
    rules: {
      pre_alarm_s: 10, long_press_ms: 2_000, sms_after_s: 10, ack_timeout_s: 120, server_grace_s: 300, overrun_min: 15,
      answer_min: 10, sessions: false, check_in: null, immobility: null,
    },
    call_number: "+33563000000", sms_number: "", mails: ["a@b.fr"], tiers: [],
  };

  it("come back as they were typed, and keep what the form does not show", () => {
    // The server writes a number in full again.
    expect(settingsOf(typedOf(before), before)).toEqual({ ...before, call_number: "05 63 00 00 00" });
    const typed = typedOf(before);
    typed.delays.pre_alarm_s = "20";
    typed.asks = true;
    typed.mails = "a@b.fr; c@d.fr";
    typed.tiers = [[{ name: "Claire", mail: "", sms: "", call: "+336" }, { name: " ", mail: "", sms: "", call: "" }], []];
    const after = settingsOf(typed, before);
    expect(after).toMatchObject({
      rules: { pre_alarm_s: 20, long_press_ms: 2_000, check_in: { every_min: 60, grace_min: 10 } },
      mails: ["a@b.fr", "c@d.fr"],
      tiers: [{ contacts: [{ name: "Claire" }] }],
    });
  });

  it("switch the notice of a phone that lies still on, within its bounds, and off again (B-06)", () => {
    const typed = typedOf(before);
    expect([typed.still, typed.after_s, typed.still_pre_alarm_s]).toEqual([false, "120", "60"]);
    typed.still = true;
    typed.after_s = "29";
    expect(settingsOf(typed, before)).toEqual({ wrong: "after_s" });
    typed.after_s = "180";
    typed.still_pre_alarm_s = "301";
    expect(settingsOf(typed, before)).toEqual({ wrong: "immobility_pre_alarm_s" });
    typed.still_pre_alarm_s = "45";
    const on = settingsOf(typed, before) as AlarmSettings;
    expect(on.rules.immobility).toEqual({ after_s: 180, pre_alarm_s: 45 });
    expect(settingsOf({ ...typedOf(on), still: false }, on)).toMatchObject({ rules: { immobility: null } });
  });

  it("name the field that is out of its bounds", () => {
    for (const [text, wrong] of [["61", true], ["60", false], ["0", false], ["", true], ["dix", true]] as const) {
      const typed = typedOf(before);
      typed.delays.pre_alarm_s = text;
      expect("wrong" in settingsOf(typed, before), text).toBe(wrong);
    }
  });
});
