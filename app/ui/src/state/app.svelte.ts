import { formats, language, type Formats } from "@releve/kit";
import type { Ask, PhoneView, View } from "@releve/types";
import { codeOf, type Bridge } from "../bridge/index.ts";

type Named<K extends View["view"]> = Extract<View, { view: K }>;

let bridgeNow: Bridge;
let phoneNow = $state.raw<PhoneView | null>(null);
let phoneFailed = $state<string | null>(null);
let changed = $state(0);
let ticked = $state(performance.now());
let readAt = performance.now();
/** The answers since the last change, by question: a screen that is seen again is drawn at once. */
const told = new Map<string, View>();
/** More screens than one goes back and forth between; a search asks at each letter. */
const TOLD_LIMIT = 24;

/** The bridge of this page. */
export function bridge(): Bridge {
  return bridgeNow;
}

/** The phone, as last seen; null before the first answer. */
export function phone(): PhoneView | null {
  return phoneNow;
}

/** Why the phone itself could not be asked. */
export function phoneTrouble(): string | null {
  return phoneFailed;
}

/** Milliseconds now, by the core's clock and not by this page's. */
export function now(): number {
  return phoneNow ? phoneNow.now.at + (ticked - readAt) : Date.now();
}

/** Milliseconds since the core last told of the phone, as this page's own clock runs. */
export function sinceRead(): number {
  return performance.now() - readAt;
}

/** How moments are spelled: in the organisation's zone, in the language shown. */
export function spell(): Formats {
  return formats(language(), phoneNow?.zone ?? "Europe/Paris");
}

/** Today, in the organisation's zone. */
export function today(): string {
  return spell().dayOf(now());
}

/** Looks at everything again. */
export function lookAgain(): void {
  told.clear();
  changed += 1;
}

/** The same, the phone itself included. */
export function askAgain(): void {
  lookAgain();
  void askPhone();
}

async function askPhone(): Promise<void> {
  try {
    const view = await bridgeNow.ask({ ask: "phone" });
    if (view.view !== "phone") return;
    readAt = performance.now();
    ticked = readAt;
    phoneNow = view;
    phoneFailed = null;
  } catch (error) {
    phoneFailed = codeOf(error);
  }
}

/** Ties the page to its bridge; the result unties it. */
export function start(bridge: Bridge): () => void {
  bridgeNow = bridge;
  phoneNow = null;
  told.clear();
  const stop = bridge.changes(askAgain);
  void askPhone();
  const tick = setInterval(() => {
    ticked = performance.now();
  }, 10_000);
  // A phone that comes back from sleep shows the present.
  const woken = () => {
    if (document.visibilityState === "visible") askAgain();
  };
  document.addEventListener("visibilitychange", woken);
  return () => {
    stop();
    clearInterval(tick);
    document.removeEventListener("visibilitychange", woken);
  };
}

/** What a screen shows: a view, or why there is none. Kept on screen while it is asked again. */
export class Watched<K extends View["view"]> {
  view = $state.raw<Named<K> | null>(null);
  failed = $state<string | null>(null);
  again = $state(0);
  retry = (): void => {
    this.again += 1;
  };
}

/** Asks, and asks again at each change; null asks nothing. What was answered since the last change is
 * shown while it is asked again. For a component's script: it lives as long as it does. */
export function watch<K extends View["view"]>(name: K, ask: () => Ask | null): Watched<K> {
  const watched = new Watched<K>();
  let asked = "";
  $effect(() => {
    void [changed, watched.again];
    const question = ask();
    const key = JSON.stringify(question);
    const before = told.get(key);
    if (key !== asked) watched.view = before?.view === name ? (before as Named<K>) : null;
    asked = key;
    if (question === null) return;
    let stale = false;
    bridgeNow.ask(question).then(
      (view) => {
        if (stale || view.view !== name) return;
        keep(key, view);
        watched.view = view as Named<K>;
        watched.failed = null;
      },
      (error: unknown) => {
        if (stale) return;
        watched.view = null;
        watched.failed = codeOf(error);
      },
    );
    return () => (stale = true);
  });
  return watched;
}

function keep(question: string, answer: View): void {
  told.delete(question);
  told.set(question, answer);
  const oldest = told.keys().next().value;
  if (told.size > TOLD_LIMIT && oldest !== undefined) told.delete(oldest);
}
