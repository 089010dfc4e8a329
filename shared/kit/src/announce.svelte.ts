import { untrack } from "svelte";

/** What the live regions say now. */
export const spoken = $state({ polite: "", assertive: "" });

/** Says a sentence to people who do not see the screen. */
export function announce(text: string, urgent = false): void {
  const region = urgent ? "assertive" : "polite";
  // An effect that speaks must not run again because it spoke.
  const before = untrack(() => spoken[region]);
  // The same sentence twice must be said twice: an ending space makes it another text.
  spoken[region] = before === text ? `${text} ` : text;
}
