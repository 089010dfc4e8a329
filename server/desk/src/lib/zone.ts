// Days and periods of the organisation's zone (O-43), whatever the zone of this computer.
import { dayPlus, type Formats } from "@releve/kit";
import { parseDate } from "@internationalized/date";
import type { Day, Ms } from "../api/types";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Whether a text, of an address for example, is a day of the calendar. */
export function isDay(text: string | undefined): text is Day {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    return parseDate(text).toString() === text;
  } catch {
    return false;
  }
}

/** How many days after the first day the last one is. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / (24 * HOUR));
}

/** From the first moment of `from` to the first moment after `to`. */
export function bounds(from: Day, to: Day, f: Formats): [Ms, Ms] {
  return [f.momentAt(from, "00:00") ?? 0, f.momentAt(dayPlus(to, 1), "00:00") ?? 0];
}

/** A period typed as a day and two times: past midnight when the end is not after the start. */
export function period(day: Day, from: string, to: string, f: Formats): { starts: Ms; ends: Ms; overnight: boolean } | null {
  const starts = isDay(day) ? f.momentAt(day, from) : null;
  const same = starts === null ? null : f.momentAt(day, to);
  if (starts === null || same === null || from === to) return null;
  if (same > starts) return { starts, ends: same, overnight: false };
  const ends = f.momentAt(dayPlus(day, 1), to);
  return ends === null ? null : { starts, ends, overnight: true };
}
