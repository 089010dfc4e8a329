import { language } from "@releve/kit";
import type { Client, Leg, VisitLine } from "@releve/types";
import { t } from "../i18n/index.ts";
import { spell } from "./app.svelte.ts";

const TITLES: Record<string, Record<string, string>> = {
  fr: { mrs: "Mme", mr: "M." },
  en: { mrs: "Mrs", mr: "Mr" },
};

function titled(client: Client, ...names: string[]): string {
  return [TITLES[language()]?.[client.title], ...names].filter(Boolean).join(" ");
}

/** `Mme Denise Garrigues` */
export function fullName(client: Client): string {
  return titled(client, client.first_name, client.last_name);
}

/** `Mme Garrigues` */
export function shortName(client: Client): string {
  return titled(client, client.last_name);
}

/** Whose home a visit is at, as well as this phone may know. */
export function whose(line: VisitLine): string {
  return line.client ? fullName(line.client) : named(line.visit.client_label);
}

/** A label of the core, or a word when it is empty. */
export function named(label: string): string {
  return label || t().unknownClient;
}

/** `3,1 km · 12 min` */
export function legWords(leg: Leg): string {
  return (
    [
      leg.distance_hm === null ? "" : spell().distance(leg.distance_hm),
      leg.minutes === null ? "" : spell().duration(leg.minutes),
    ]
      .filter(Boolean)
      .join(" · ") || t().day.travel.unknown
  );
}

/** `14 rue des Lices, 81000 Albi` */
export function address(client: Client): string {
  return [client.street, [client.postal_code, client.commune].filter(Boolean).join(" ")]
    .filter(Boolean)
    .join(", ");
}
