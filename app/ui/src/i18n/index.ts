import { texts } from "@releve/kit";
import { en } from "./en.ts";
import { fr } from "./fr.ts";

/** The app's texts, in the language shown. */
export const t = texts(fr, en);

/** The text of a code that may be newer than this build; the code itself then. */
export function worded(words: Record<string, string>, code: string): string {
  return Object.hasOwn(words, code) ? (words[code] ?? code) : code;
}
