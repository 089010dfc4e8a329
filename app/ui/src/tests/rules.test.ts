import { ANOMALIES, MANUAL_REASONS, REFUSALS } from "@releve/types";
import { language, refusalText, setLanguage } from "@releve/kit";
import { describe, expect, it } from "vitest";
import { en } from "../i18n/en.ts";
import { fr } from "../i18n/fr.ts";
import { manualHref, parse } from "../state/route.svelte.ts";
import { BUZZ, NOTES } from "../state/signal.ts";
import { waysOn } from "../state/ways.ts";

const sources = import.meta.glob<string>("../**/*.{ts,svelte}", { query: "?raw", import: "default", eager: true });

function paths(value: unknown, at = ""): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => paths(inner, `${at}.${key}`));
  }
  return [`${at}: ${typeof value}`];
}

describe("the app's borders", () => {
  it("touch Tauri in one file only", () => {
    const touching = Object.keys(sources).filter((path) => sources[path]?.includes("@tauri-apps" + "/"));
    expect(touching).toEqual(["../bridge/tauri.ts"]);
  });

  it("reach the core through the bridge only", () => {
    const reaching = Object.keys(sources).filter((path) => /\bfetch\(|new EventSource|XMLHttpRequest/.test(sources[path] ?? ""));
    expect(reaching.filter((path) => !path.endsWith(".test.ts"))).toEqual(["../bridge/http.ts"]);
  });

  it("have no markup from strings and no inline style, which the window's policy refuses", () => {
    for (const [path, text] of Object.entries(sources)) {
      if (path.endsWith(".test.ts")) continue;
      expect(text, path).not.toMatch(/\{@html|innerHTML|\sstyle="/);
    }
  });
});

describe("texts", () => {
  it("have the same keys in both languages", () => {
    expect(paths(en)).toEqual(paths(fr));
  });

  it("name every code of the kernel", () => {
    expect(Object.keys(fr.manual.reasons).sort()).toEqual([...MANUAL_REASONS].sort());
    expect(Object.keys(fr.anomalies).sort()).toEqual([...ANOMALIES].sort());
    for (const one of ["fr", "en"] as const) {
      setLanguage(one);
      const said = REFUSALS.map((code) => refusalText(code));
      expect(new Set(said).size, language()).toBe(REFUSALS.length);
    }
    setLanguage("fr");
  });
});

describe("the ways on from a refused reading", () => {
  const readings = REFUSALS.slice(0, REFUSALS.indexOf("not_found"));

  it("always have the hand, and put it first after three failures (O-16)", () => {
    for (const code of readings) {
      for (const chosen of [true, false]) {
        expect(waysOn(code, chosen, false), code).toContain("by_hand");
        expect(waysOn(code, chosen, true)[0], code).toBe("by_hand");
      }
    }
  });

  it("offer the unplanned visit where the planning may be wrong (O-14)", () => {
    const offered = readings.filter((code) => waysOn(code, true, false).includes("unplanned"));
    expect(offered.sort()).toEqual(["already_ended", "no_visit_planned", "tag_unknown", "visit_cancelled", "wrong_client"]);
  });

  it("never offer it for a tag that is not ours", () => {
    expect(waysOn("tag_foreign", true, false)).toEqual(["by_hand", "again"]);
    expect(waysOn("tag_revoked", false, false)).toEqual(["by_hand", "again"]);
    expect(waysOn("wrong_client", true, false)).toEqual(["again", "other_client", "unplanned", "by_hand"]);
    expect(waysOn("other_visit_in_progress", true, false)[0]).toBe("see_current");
  });
});

describe("signals", () => {
  it("are distinct for in, out and refused, to the ear and to the hand", () => {
    const three = ["in", "out", "refused"] as const;
    expect(new Set(three.map((one) => JSON.stringify(BUZZ[one]))).size).toBe(3);
    expect(new Set(three.map((one) => JSON.stringify(NOTES[one]))).size).toBe(3);
  });
});

describe("addresses", () => {
  it("are read, and what is unknown is today", () => {
    expect(parse("#/visit/v1")).toEqual({ at: "visit", id: "v1" });
    expect(parse("#/planning/2026-11-24")).toEqual({ at: "planning", day: "2026-11-24" });
    expect(parse("#/planning/yesterday")).toEqual({ at: "planning", day: null });
    expect(parse("#/read")).toEqual({ at: "read", visit: null });
    expect(parse(manualHref({ visit: "v1", kind: "end" }))).toEqual({ at: "manual", visit: "v1", client: null, kind: "end" });
    for (const odd of ["", "#", "#/nowhere", "#/visit", "#/visit/%E0%A4%A", "#/<script>"]) {
      expect(["today", "visit"]).toContain(parse(odd).at);
    }
  });
});
