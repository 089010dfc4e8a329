import { refusalText, texts } from "@releve/kit";
import type { Problem } from "../api/client";
import { en } from "./en";
import { fr, type Words } from "./fr";

/** The desk's words in the language shown now. */
export const w = texts<Words>(fr, en);

/** The word of a wire code, for example `status` and `late`; a code of a newer server gets `other`. */
export function coded(kind: string, code: string, other: string = code): string {
  const words = w() as Record<string, unknown>;
  const key = `${kind}_${code}`;
  const word = Object.hasOwn(words, key) ? words[key] : undefined;
  return typeof word === "string" ? word : other;
}

/** A clear sentence for what went wrong. */
export function problemText(problem: Problem): string {
  if (problem.code === "too_many_tries" && problem.retryAfterS) {
    const s = Math.ceil(problem.retryAfterS);
    return w().too_many_tries_wait(s < 90 ? w().seconds(s) : w().minutes(Math.ceil(s / 60)));
  }
  return coded("problem", problem.code, refusalText(problem.code));
}

/** The sentence of an anomaly. */
export const anomalyText = (code: string): string => coded("anomaly", code, w().anomaly_other(code));

/** `Mme Odette Garrigues`, `Odette Garrigues` without a title. */
export function clientName(client: { title: string; first_name: string; last_name: string }): string {
  const title = client.title === "none" ? "" : coded("title_short", client.title, "");
  return [title, client.first_name, client.last_name].filter(Boolean).join(" ");
}
