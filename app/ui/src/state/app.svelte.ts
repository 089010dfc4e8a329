import { formats, language, type Formats } from "@releve/kit";
import type { Ask, PhoneView, View } from "@releve/types";
import { untrack } from "svelte";
import { codeOf, type Bridge } from "../bridge/index.ts";
import { place } from "./place.svelte.ts";

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
 * shown while it is asked again. A kept screen asks nothing while it is away, and comes back with nothing older
 * than the last change. With `stays`, an answer is shown until the next one, whatever was asked. For a
 * component's script: it lives as long as it does. */
export function watch<K extends View["view"]>(name: K, ask: () => Ask | null, { stays = false } = {}): Watched<K> {
  const watched = new Watched<K>();
  const { shown } = place();
  const answered = (question: string): Named<K> | null => {
    const view = told.get(question);
    return view?.view === name ? (view as Named<K>) : null;
  };
  // At once, so that what is known is there when the screen is first drawn.
  let asked = untrack(() => JSON.stringify(ask()));
  watched.view = answered(asked);
  let asOf = untrack(() => changed);
  let away = false;
  $effect(() => {
    if (!shown()) {
      away = true;
      return;
    }
    void watched.again;
    const since = changed;
    const question = ask();
    const key = JSON.stringify(question);
    const known = answered(key);
    if (away ? key !== asked || asOf !== since : key !== asked && (known || !stays)) {
      watched.view = known;
      asOf = since;
    }
    if (away) watched.failed = null;
    asked = key;
    away = false;
    if (question === null) return;
    let stale = false;
    const send = () => {
      bridgeNow.ask(question).then(
        (view) => {
          if (stale || view.view !== name) return;
          keep(key, view);
          asOf = since;
          watched.failed = null;
          // The same as what is there draws nothing.
          if (JSON.stringify(view) !== JSON.stringify(watched.view)) watched.view = view as Named<K>;
        },
        (error: unknown) => {
          if (stale) return;
          watched.view = null;
          watched.failed = codeOf(error);
        },
      );
    };
    // What is there is painted first.
    let cancel = () => {};
    if (known === null) send();
    else cancel = afterPaint(send);
    return () => {
      stale = true;
      cancel();
    };
  });
  return watched;
}

function afterPaint(run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => (timer = setTimeout(run)));
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

function keep(question: string, answer: View): void {
  told.delete(question);
  told.set(question, answer);
  const oldest = told.keys().next().value;
  if (told.size > TOLD_LIMIT && oldest !== undefined) told.delete(oldest);
}
