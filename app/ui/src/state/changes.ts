import type { Picture, PlanningChange } from "@releve/types";
import { t } from "../i18n/index.ts";
import { spell, today } from "./app.svelte.ts";
import { named } from "./words.ts";

/** What a change is, in a few words. */
export function changeTitle(change: PlanningChange): string {
  const words = t().day.changes;
  const { before, after } = change;
  if (before === null) return words.added;
  if (after === null) return words.gone;
  if (after.cancelled && !before.cancelled) return words.cancelled;
  if (before.cancelled && !after.cancelled) return words.restored;
  if (before.client !== after.client) return words.client;
  if (before.starts_at !== after.starts_at || before.ends_at !== after.ends_at) return words.moved;
  return words.place;
}

/** `lun. 23 nov. 14:00 – 15:00 · Mme Garrigues · Albi` */
export function pictureWords(picture: Picture): string {
  const day = spell().dayOf(picture.starts_at);
  const when = [day === today() ? "" : spell().dayShort(day), spell().period(picture.starts_at, picture.ends_at)];
  return [when.filter(Boolean).join(" "), named(picture.client_label), picture.place].filter(Boolean).join(" · ");
}
