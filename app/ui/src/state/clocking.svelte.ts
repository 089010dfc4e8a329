import type { Act, Reading, Reply } from "@releve/types";
import { codeOf } from "../bridge/index.ts";
import { bridge } from "./app.svelte.ts";
import { signal } from "./signal.ts";

export type Clocked = Extract<Reply, { is: "clocked" }>;

/** The full-screen answer to a gesture. */
export type Answer =
  | { is: "clocked"; reply: Clocked; undoUntil: number }
  | { is: "undone" }
  | { is: "refused"; code: string; reading: Reading; visit: string | null };

let answer = $state.raw<Answer | null>(null);
let failures = $state(0);
let busy = $state(false);

/** From this many failed readings on, the hand is offered first. */
export const FAILURES_BEFORE_HAND = 3;

/** What is shown over everything, if anything. */
export function answerNow(): Answer | null {
  return answer;
}

/** How many readings have failed since the last success. */
export function failedReadings(): number {
  return failures;
}

/** A stamp is being made. */
export function clockingNow(): boolean {
  return busy;
}

/** A picture or a tag gave nothing. */
export function countFailure(): void {
  failures += 1;
}

/** Starts counting anew. */
export function forgetFailures(): void {
  failures = 0;
}

export function dismiss(): void {
  answer = null;
}

function clocked(reply: Reply): void {
  if (reply.is !== "clocked") return;
  failures = 0;
  answer = { is: "clocked", reply, undoUntil: performance.now() + reply.undo_ms };
  signal(reply.kind === "end" ? "out" : "in");
}

/** Starts or ends a visit with what was read. */
export async function badge(reading: Reading, visit: string | null, unplanned = false): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    clocked(await bridge().act({ do: "badge", reading, visit, unplanned }));
  } catch (error) {
    failures += 1;
    answer = { is: "refused", code: codeOf(error), reading, visit };
    signal("refused");
  } finally {
    busy = false;
  }
}

/** Starts or ends a visit by hand; throws the refusal, which belongs beside the form. */
export async function byHand(act: Extract<Act, { do: "clock_by_hand" }>): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    clocked(await bridge().act(act));
  } finally {
    busy = false;
  }
}

/** Undoes a stamp; throws the refusal. */
export async function undo(event: string): Promise<void> {
  await bridge().act({ do: "undo", event });
  answer = { is: "undone" };
  signal("undone");
}
