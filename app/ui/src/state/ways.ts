/** What one may do after a refused reading. */
export type Way = "again" | "other_client" | "unplanned" | "by_hand" | "see_current";

/** Refusals that an unplanned visit answers: the tag may be right where the planning is not. */
const UNPLANNED = ["no_visit_planned", "wrong_client", "visit_cancelled", "already_ended", "tag_unknown"];

/** Refusals that reading the same tag again cannot change. */
const FINAL = ["tag_revoked", "tag_foreign", "tag_forged", "no_visit_planned", "visit_cancelled"];

/** Refusals that say that all is well already. */
const WELL = ["already_started", "other_visit_in_progress"];

/**
 * The ways on, the likeliest first. The hand is always among them, and first when `failing`: after
 * several readings in vain nobody wants to be told to read again (row O-16).
 */
export function waysOn(code: string, chosen: boolean, failing: boolean): Way[] {
  const ways: Way[] = [];
  if (WELL.includes(code)) ways.push("see_current");
  if (code === "wrong_client" && chosen) ways.push("again", "other_client");
  if (UNPLANNED.includes(code)) ways.push("unplanned");
  ways.push("by_hand");
  if (!ways.includes("again")) {
    if (FINAL.includes(code)) ways.push("again");
    else ways.unshift("again");
  }
  if (WELL.includes(code)) ways.sort((a, b) => Number(b === "see_current") - Number(a === "see_current"));
  if (failing) ways.sort((a, b) => Number(b === "by_hand") - Number(a === "by_hand"));
  return ways;
}
