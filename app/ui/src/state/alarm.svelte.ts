import type { AlarmView } from "@releve/types";
import { bridge, phone, sinceRead } from "./app.svelte.ts";

let dark = $state(false);
let small = $state<string | null>(null);
let deaf = $state(false);

/** The alarm of this phone; null before the first answer. */
export function alarm(): AlarmView | null {
  return phone()?.alarm ?? null;
}

/** The screen is to look switched off: an alarm was given in silence. */
export function darkNow(): boolean {
  return dark;
}

/** Nobody is left to hear this page: the core does not answer. */
export function deafNow(): boolean {
  return deaf;
}

/** The button. Nothing comes before the core hears of it. */
export async function raise(press: "pressed" | "held" | "test"): Promise<void> {
  deaf = false;
  small = null;
  if (press === "held") dark = true;
  try {
    await bridge().act({ do: "alarm", press });
  } catch {
    // The dialler needs no core; a dark screen stays dark.
    deaf = press !== "held";
  }
}

/** Cancels, or says "je vais bien" after zero; throws the refusal of a wrong code. */
export async function cancel(code: string | null): Promise<void> {
  await bridge().act({ do: "cancel_alarm", code });
}

export function lightUp(): void {
  dark = false;
}

export function hearAgain(): void {
  deaf = false;
}

/** The alarm that was put aside to use the phone, if one was. */
export function putAside(): string | null {
  return small;
}

/** Puts the alarm's screen aside, or brings it back with null. */
export function setAside(id: string | null): void {
  small = id;
}

/** Milliseconds left of what the core said was left. */
export function left(ms: number): number {
  return Math.max(0, ms - sinceRead());
}
