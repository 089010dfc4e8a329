import type { AlarmRow } from "../api/types";
import { w } from "../words";
import { f } from "./session.svelte";

/** Raised, and nobody has taken it in charge: it rings. */
export const rings = (alarm: AlarmRow): boolean => alarm.phase === "notifying" || alarm.phase === "exhausted";

/** A test, which must never look like anything else. */
export const isTest = (alarm: AlarmRow): boolean => alarm.kind === "test";

/** The one to show first: real before test, the oldest first. */
export function first(alarms: readonly AlarmRow[]): AlarmRow | null {
  const order = (a: AlarmRow, b: AlarmRow) =>
    Number(isTest(a)) - Number(isTest(b)) || (a.raised_at ?? a.pressed_at) - (b.raised_at ?? b.pressed_at);
  return alarms.filter(rings).sort(order)[0] ?? null;
}

/** `43,929000, 2,148100` as maps read it: with points. */
export function coordinates(lat_udeg: number, lon_udeg: number): string {
  return `${(lat_udeg / 1e6).toFixed(6)}, ${(lon_udeg / 1e6).toFixed(6)}`;
}

/** The month of a day, `2026-11`, and the months around it. */
export const monthOf = (day: string): string => day.slice(0, 7);

export function monthPlus(month: string, by: number): string {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  const at = year * 12 + number - 1 + by;
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
}

/** How long an answer took, in words: seconds while they count. */
export const took = (ms: number): string =>
  ms < 90_000 ? w().seconds(Math.round(ms / 1000)) : f().duration(ms / 60_000);
