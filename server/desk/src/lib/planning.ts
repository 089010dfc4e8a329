// What the planning makes of visits: pure.
import type { Day, Ms, Visit, VisitRow } from "../api/types";
import { dayPlus, type Formats } from "@releve/kit";

/** Visits of the same caregiver that share time with a period; cancelled ones do not count. */
export function overlaps(
  rows: readonly VisitRow[],
  membership: string,
  starts: Ms,
  ends: Ms,
  except: string | null,
): VisitRow[] {
  return rows.filter(
    ({ visit: v }) =>
      v.membership === membership &&
      v.id !== except &&
      v.state !== "cancelled" &&
      v.starts_at < ends &&
      starts < v.ends_at,
  );
}

export const weekOf = (monday: Day): Day[] => [0, 1, 2, 3, 4, 5, 6].map((n) => dayPlus(monday, n));

/** Planned minutes of visits that are to take place. */
export function plannedMinutes(visits: readonly Visit[]): number {
  return visits
    .filter((v) => v.state === "planned")
    .reduce((sum, v) => sum + Math.max(0, Math.floor(v.ends_at / 60_000) - Math.floor(v.starts_at / 60_000)), 0);
}

/** Puts visits that overlap on different lanes, so that none hides another. */
export function lanes<T extends { starts_at: Ms; ends_at: Ms }>(visits: readonly T[]): T[][] {
  const out: T[][] = [];
  for (const visit of [...visits].sort((a, b) => a.starts_at - b.starts_at || b.ends_at - a.ends_at)) {
    const lane = out.find((l) => (l.at(-1)?.ends_at ?? 0) <= visit.starts_at);
    if (lane) lane.push(visit);
    else out.push([visit]);
  }
  return out;
}

/** What the form of a visit starts from; `visit` is null for a new one. */
export interface Draft {
  visit: VisitRow | null;
  membership: string;
  client: string;
  day: Day;
  from: string;
  to: string;
  service: string;
  instructions: string;
}

/** A visit as a draft in another place of the planning: same times, another person or day. */
export function moved(row: VisitRow, membership: string, day: Day, f: Formats): Draft {
  const { visit } = row;
  return {
    visit: row,
    membership,
    client: visit.client,
    day,
    from: f.time(visit.starts_at),
    to: f.time(visit.ends_at),
    service: visit.service,
    instructions: visit.instructions,
  };
}
