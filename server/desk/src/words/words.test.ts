import { describe, expect, it } from "vitest";
import { setLanguage } from "@releve/kit";
import { Problem } from "../api/client";
import { en } from "./en";
import { fr } from "./fr";
import { anomalyText, coded, problemText, w } from "./index";

describe("the desk's words", () => {
  it("has the same keys in both languages, none empty", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(fr).sort());
    expect(Object.values({ ...fr, ...en }).filter((v) => v === "")).toEqual([]);
  });

  it("says how long to wait after too many tries", () => {
    setLanguage("fr");
    expect(problemText(new Problem("too_many_tries", null, 30))).toContain("30 secondes");
    expect(problemText(new Problem("too_many_tries", null, 300))).toContain("5 minutes");
  });

  it("never shows a bare code, even one of a newer server", () => {
    setLanguage("en");
    expect(problemText(new Problem("of_tomorrow"))).toContain("Refused");
    expect(anomalyText("of_tomorrow")).toContain("look at");
    expect(coded("status", "constructor", w().status_other)).toBe("Other");
  });

  it("never calls a silent phone an absence, in either language (B-11)", () => {
    expect(fr.status_silent).not.toBe(fr.status_late);
    expect(fr.status_silent_why("07:41")).toContain("Rien ne dit");
    expect(en.status_silent_why("07:41")).toContain("Nothing says");
    expect(fr.status_late_why("08:19")).toContain("en ligne");
  });
});
