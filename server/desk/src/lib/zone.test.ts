import { Formats } from "@releve/kit";
import { describe, expect, it } from "vitest";
import { bounds, daysBetween, HOUR, isDay, period } from "./zone";

const paris = new Formats("fr", "Europe/Paris");
const york = new Formats("en", "America/New_York");

describe("days and times of the organisation's zone (O-43)", () => {
  it("knows days of 23 and 25 hours", () => {
    const length = (day: string) => {
      const [from, to] = bounds(day, day, paris);
      return (to - from) / HOUR;
    };
    expect([length("2026-03-29"), length("2026-10-25"), length("2026-11-23")]).toEqual([23, 25, 24]);
  });

  it("gives another moment to the same words in another zone", () => {
    const [here, there] = [period("2026-11-23", "08:00", "09:00", paris), period("2026-11-23", "08:00", "09:00", york)];
    expect((there!.starts - here!.starts) / HOUR).toBe(6);
  });

  it("ends a night visit on the next day, and refuses what is no period", () => {
    const night = period("2026-11-23", "22:00", "06:00", paris);
    expect([night!.overnight, night!.ends - night!.starts]).toEqual([true, 8 * HOUR]);
    expect(period("2026-11-23", "08:00", "08:00", paris)).toBeNull();
    expect(period("2026-11-23", "", "08:00", paris)).toBeNull();
    expect(period("2026-02-31", "07:00", "08:00", paris)).toBeNull();
  });

  it("takes an address by hand with care", () => {
    expect([isDay("2026-11-23"), isDay("2026-02-31"), isDay("x"), isDay(undefined)]).toEqual([true, false, false, false]);
    expect(daysBetween("2026-10-24", "2026-10-26")).toBe(2);
  });
});
