import { setLanguage } from "@releve/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { SettingRow } from "../api/types";
import { grouped, nameOf, spelt, unitOf, within } from "./setting";

const row = (setting: SettingRow["setting"], least = 0, most = 30): SettingRow => ({
  setting,
  value: 5,
  usual: 5,
  least,
  most,
  history: [],
});

describe("thresholds (O-45)", () => {
  beforeEach(() => setLanguage("fr"));

  it("are spelt with their unit, and a yes or no in words", () => {
    expect(spelt("tolerance_min", 5)).toBe("5 min");
    expect(spelt("lease_days", 1)).toBe("1 jour");
    expect(spelt("long_press_ms", 2000)).toBe("2 s");
    expect(spelt("sessions", 1)).toBe("Oui");
    expect(spelt("lock_digits", 6)).toBe("6 chiffres");
    expect(unitOf("share_colleagues")).toBe("");
  });

  it("take whole numbers within their bounds only", () => {
    expect(within(row("tolerance_min"), " 30 ")).toBe(30);
    for (const typed of ["31", "-1", "2,5", "", "abc"]) expect(within(row("tolerance_min"), typed)).toBeNull();
    expect(within(row("lease_days", 1), "0")).toBeNull();
  });

  it("are all shown once; one of a newer server stands with the alarms, under its code", () => {
    const tomorrow = "of_tomorrow" as SettingRow["setting"];
    const parts = grouped([row("tolerance_min"), row("lease_days"), row("pre_alarm_s"), row(tomorrow)]);
    expect(parts.map((part) => part.rows.map((one) => one.setting))).toEqual([
      ["tolerance_min"],
      ["lease_days"],
      ["pre_alarm_s", tomorrow],
    ]);
    expect(nameOf(tomorrow)).toBe("of_tomorrow");
  });
});
