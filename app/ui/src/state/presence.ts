import { bridge, phone } from "./app.svelte.ts";

/** A touch is told this often at most. */
const EVERY_MS = 15_000;

/** Tells the core that somebody is there, so that the app does not lock under a working hand. */
export function watchPresence(): () => void {
  let told = -EVERY_MS;
  const touched = () => {
    const lock = phone()?.lock;
    if (!lock?.set || lock.locked || performance.now() - told < EVERY_MS) return;
    told = performance.now();
    // A touch that is not told locks sooner, no more.
    bridge().act({ do: "present" }).catch(() => undefined);
  };
  const hidden = () => {
    if (document.visibilityState === "hidden") touched();
  };
  for (const what of ["pointerdown", "keydown"] as const) window.addEventListener(what, touched, { passive: true });
  document.addEventListener("visibilitychange", hidden);
  return () => {
    for (const what of ["pointerdown", "keydown"] as const) window.removeEventListener(what, touched);
    document.removeEventListener("visibilitychange", hidden);
  };
}
