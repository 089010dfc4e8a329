import { describe, expect, it } from "vitest";
import { dayPlus, formats, initials, mondayOf, phone, readDecimal, readTime } from "./formats.ts";

const fr = formats("fr", "Europe/Paris");
const en = formats("en", "Europe/Paris");
const eight = Date.parse("2026-11-23T07:03:40Z");
/** Intl writes narrow and ordinary no-break spaces. */
const spaced = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, " ");

describe("formats", () => {
  it("shows a moment at the wall time of the organisation, wherever the phone is", () => {
    expect(fr.time(eight)).toBe("08:03");
    expect(en.time(eight)).toBe("08:03");
    expect(formats("fr", "Indian/Reunion").time(eight)).toBe("11:03");
    expect(formats("fr", "Europe/Paris").time(Date.parse("2026-11-22T23:00:00Z"))).toBe("00:00");
  });

  it("spells days in both languages", () => {
    expect(fr.dayShort("2026-11-23")).toBe("lun. 23 nov.");
    expect(fr.dayLong("2026-11-23")).toBe("lundi 23 novembre");
    expect(fr.dayLong("2026-12-01")).toBe("mardi 1ᵉʳ décembre");
    expect(fr.month("2026-12-01")).toBe("décembre 2026");
    expect(en.dayShort("2026-11-23")).toMatch(/^Mon,? 23 Nov$/);
    expect(en.dayLong("2026-12-01")).toBe("Tuesday 1 December");
  });

  it("names the day only when it is not today", () => {
    expect(fr.dateTimeNear(eight, "2026-11-23")).toBe("08:03");
    expect(fr.dateTimeNear(eight, "2026-11-24")).toBe("lun. 23 nov. 08:03");
  });

  it("writes durations as people say them", () => {
    expect([0, 45, 60, 90, 605, -10, -70].map((m) => fr.duration(m))).toEqual([
      "0 min", "45 min", "1 h", "1 h 30", "10 h 05", "−10 min", "−1 h 10",
    ]);
  });

  it("says how far a moment is", () => {
    expect(spaced(fr.relative(eight + 12 * 60_000, eight))).toBe("dans 12 min");
    expect(spaced(fr.relative(eight - 3 * 3_600_000, eight))).toBe("il y a 3 h");
    expect(spaced(en.relative(eight + 12 * 60_000, eight))).toBe("in 12 min");
  });

  it("writes sums and distances with the decimal sign of the language", () => {
    expect(spaced(fr.distance(32))).toBe("3,2 km");
    expect(spaced(fr.euros(1250))).toBe("12,50 €");
    expect(spaced(en.distance(32))).toBe("3.2 km");
    expect(fr.decimal(3.2, 1)).toBe("3,2");
    expect(readDecimal(" 3,25 ")).toBe(3.25);
    expect(["", "-1", "1,2,3", "abc", "1e9"].map(readDecimal)).toEqual([null, null, null, null, null]);
  });

  it("turns a wall time into a moment, on both sides of a change of clock", () => {
    expect(fr.momentAt("2026-11-23", "08:03")).toBe(Date.parse("2026-11-23T07:03:00Z"));
    expect(fr.momentAt("2026-07-01", "08:03")).toBe(Date.parse("2026-07-01T06:03:00Z"));
    expect(fr.momentAt("2026-03-29", "02:30")).toBe(Date.parse("2026-03-29T01:30:00Z"));
    expect(fr.momentAt("2026-11-23", "")).toBeNull();
    expect(fr.momentAt("2026-11-23", "25:00")).toBeNull();
  });

  it("reads a time as people type it", () => {
    expect(["8:03", "8h03", "08:03", "0803", "803", "8", "8h", " 17 h 5", "17 h 05"].map(readTime)).toEqual([
      "08:03", "08:03", "08:03", "08:03", "08:03", "08:00", "08:00", "", "17:05",
    ]);
    expect(["", "24:00", "8:60", "huit", "8:3", "12345"].map(readTime)).toEqual(["", "", "", "", "", ""]);
  });

  it("counts days in the zone, not in UTC", () => {
    expect(fr.dayOf(Date.parse("2026-11-22T23:30:00Z"))).toBe("2026-11-23");
    expect(formats("en", "Indian/Reunion").dayOf(Date.parse("2026-02-28T20:30:00Z"))).toBe("2026-03-01");
    expect(fr.dayOf(Date.parse("2027-01-04T22:59:59Z"))).toBe("2027-01-04");
    expect(dayPlus("2026-02-28", 1)).toBe("2026-03-01");
    expect(mondayOf("2026-11-22")).toBe("2026-11-16");
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
  });

  it("groups French numbers and leaves others as they are", () => {
    expect(phone("+33612345678")).toBe("06 12 34 56 78");
    expect(phone("0612345678")).toBe("06 12 34 56 78");
    expect(phone("+262692123456")).toBe("06 92 12 34 56");
    expect(phone("+32 475 12 34 56")).toBe("+32 475 12 34 56");
    expect(phone("15")).toBe("15");
    expect(phone("")).toBe("");
  });

  it("takes initials of names that begin with any letter", () => {
    expect(initials("Élodie", "d'Almeida")).toBe("ÉD");
    expect(initials("", "Roux")).toBe("R");
  });
});
