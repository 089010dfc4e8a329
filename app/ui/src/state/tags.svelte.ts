import { codeOf } from "../bridge/index.ts";
import { bridge } from "./app.svelte.ts";
import { answerNow, badge, clockingNow } from "./clocking.svelte.ts";
import { route } from "./route.svelte.ts";

let available = $state<boolean | null>(null);

/** Whether this phone reads tags; null while nobody knows. */
export function tagsAvailable(): boolean | null {
  return available;
}

/** The visit whose sheet is open, so that a tap is about that one. */
function openVisit(): string | null {
  const at = route();
  if (at.at === "visit" || at.at === "notes") return at.id;
  if (at.at === "read" || at.at === "manual") return at.visit;
  return null;
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });

let again: (() => void) | null = null;

/** A reader may have been plugged in, or NFC switched on, since this phone said that it had none. */
export function tryTagsAgain(): void {
  again?.();
}

/** Until the reading screen is opened, or the phone comes back from sleep. */
const asked = (signal: AbortSignal) =>
  new Promise<void>((done) => {
    const woken = () => document.visibilityState === "visible" && again?.();
    again = () => {
      again = null;
      document.removeEventListener("visibilitychange", woken);
      done();
    };
    document.addEventListener("visibilitychange", woken);
    signal.addEventListener("abort", () => again?.(), { once: true });
  });

/** Listens for tags on every screen (row O-14): a tap needs no button. The result stops it. */
export function listenForTags(): () => void {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      // A phone without a reader says so at once: one that waits has one.
      const waits = setTimeout(() => (available = true), 1_000);
      try {
        const reading = await bridge().readTag(stop.signal);
        available = true;
        if (answerNow() === null && !clockingNow()) await badge(reading, openVisit());
        await pause(1_000, stop.signal); // the same tag is still in the field
      } catch (error) {
        if (stop.signal.aborted) return;
        const code = codeOf(error);
        if (code === "no_nfc") {
          available = false;
          await asked(stop.signal);
          continue;
        }
        if (code === "unreadable") available = true;
        await pause(code === "unreadable" ? 300 : 3_000, stop.signal);
      } finally {
        clearTimeout(waits);
      }
    }
  })();
  return () => stop.abort();
}
