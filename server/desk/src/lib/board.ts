// What the control board makes of a row: pure, so that it is tested without a screen.
import type { BoardRow, BoardStatus, Clocked, Day, Ms } from "../api/types";

export const FILTERS = ["all", "to_check", "in_progress", "missing"] as const;
export type Filter = (typeof FILTERS)[number];

export function asFilter(text: string | undefined): Filter {
  return FILTERS.find((f) => f === text) ?? "all";
}

export type Tone = "go" | "leave" | "wait" | "stop" | "brand" | "plain";

const TONES: Record<string, Tone> = {
  planned: "plain",
  in_progress: "go",
  to_check: "wait",
  done: "brand",
  accepted: "go",
  corrected: "leave",
  cancelled: "plain",
  late: "stop",
  silent: "wait",
  no_phone: "wait",
};
export const toneOf = (status: BoardStatus): Tone => TONES[status] ?? "plain";

/** The moment that counts: the declared one of a forgotten stamp, else the measured one. */
export const countsAt = (stamp: Clocked): Ms => stamp.declared_at ?? stamp.measured.at;

/** Rows that one button may accept: inside the tolerance, nothing to look at. */
export function inTolerance(rows: readonly BoardRow[]): BoardRow[] {
  return rows.filter((r) => r.status === "done" && r.start && r.end && !r.retained);
}

/** A single row may be accepted as badged when both stamps are there and nothing was decided. */
export function canAccept(row: BoardRow): boolean {
  return !!row.start && !!row.end && !row.retained && row.visit.state !== "cancelled";
}

/** Times can be retained once the visit is to be over, or something was badged, or after a decision. */
export function canCorrect(row: BoardRow, now: Ms): boolean {
  if (row.visit.state === "cancelled" && !row.start) return false;
  return row.retained !== null || row.end !== null || row.visit.ends_at <= now;
}

/** The worst of several codes, for one word about both stamps; the order is best first. */
export function worst(codes: readonly string[], bestFirst: readonly string[]): string | null {
  const rank = (code: string) => {
    const at = bestFirst.indexOf(code);
    return at < 0 ? bestFirst.length : at;
  };
  return codes.reduce<string | null>((w, c) => (w === null || rank(c) > rank(w) ? c : w), null);
}

export const METHODS = ["nfc", "qr", "manual"] as const;
export const ASSURANCES = ["sun", "nfc_static", "qr", "manual"] as const;
export const QUALITIES = ["exact", "bracketed", "claimed"] as const;

export const stampsOf = (row: BoardRow): Clocked[] => [row.start, row.end].filter((s): s is Clocked => s !== null);

/** Every anomaly of a row, once. */
export function anomaliesOf(row: BoardRow): string[] {
  return [...new Set([...row.anomalies, ...stampsOf(row).flatMap((s) => s.anomalies)])];
}

/** What somebody should look at comes first; the same rank keeps the order of time. */
const RANK: BoardStatus[] = ["late", "silent", "no_phone", "to_check", "in_progress", "done", "planned"];
export function byAttention(rows: readonly BoardRow[]): BoardRow[] {
  const rank = (row: BoardRow) => (RANK.includes(row.status) ? RANK.indexOf(row.status) : RANK.length);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

/** Rows by the day of their planned start, each day with what needs attention first. */
export function byDay(rows: readonly BoardRow[], dayOf: (at: Ms) => Day): [Day, BoardRow[]][] {
  const days = new Map<Day, BoardRow[]>();
  for (const row of rows) {
    const day = dayOf(row.visit.starts_at);
    days.set(day, [...(days.get(day) ?? []), row]);
  }
  return [...days].map(([day, list]) => [day, byAttention(list)]);
}

/** The months `YYYY-MM` up to that of a day, the newest first. */
export function lastMonths(today: Day, count: number): string[] {
  const [year = 0, month = 1] = today.split("-").map(Number);
  return Array.from({ length: count }, (_, back) => {
    const at = year * 12 + month - 1 - back;
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
  });
}
