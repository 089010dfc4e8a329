import { announce } from "@releve/kit";
import type { NoticeIn, Timing } from "@releve/types";
import { t } from "../i18n/index.ts";
import { bridge, phone, spell } from "./app.svelte.ts";
import { signal } from "./signal.ts";

/** What this device lets the app show outside its own screen, and how well it keeps the time. */
export type Capability = Timing | "default" | "denied";

let asked = $state(0);

/** The device's own way first; in a plain browser, what its notifications may do. */
export function capability(): Capability {
  void asked;
  const own = phone()?.notices ?? "never";
  if (own !== "never" || typeof Notification === "undefined") return own;
  return Notification.permission === "granted" ? "while_open" : Notification.permission;
}

/** Asks the system, once the worker has pressed the button. */
export async function allow(): Promise<Capability> {
  if (typeof Notification !== "undefined") await Notification.requestPermission();
  asked += 1;
  return capability();
}

/** Whether the system rings by itself, with the app closed too: then this page is silent (O-42: once). */
function systemRings(): boolean {
  const own = phone()?.notices;
  return own === "exact" || own === "about";
}

/** Outside the screen, where it may: no name, no address, no health. */
function notify(title: string, words: string, tag: string): void {
  if (document.visibilityState === "visible") return;
  if ((phone()?.notices ?? "never") !== "never") {
    void bridge().act({ do: "show_notice", title, words }).catch(() => undefined);
    return;
  }
  if (capability() !== "while_open") return;
  try {
    new Notification(title, { body: words, tag });
  } catch {
    // Android's browsers want a service worker for it: the sound has been heard.
  }
}

/** How late a system may be that keeps the time about (Android 12 and later). */
const LATE_MS = 15 * 60_000;

/** What is to be shown later by the system: each with its moment, by the core's clock. */
function wished(): (NoticeIn & { at: number })[] {
  const view = phone();
  if (view === null) return [];
  const measured = view.now.at;
  const list: (NoticeIn & { at: number })[] = [];
  const running = view.in_progress;
  // A system that keeps the time about may be late: what it has not shown yet stays planned.
  const late = view.notices === "about" ? LATE_MS : 0;
  if (running?.remind_at != null && running.remind_at > measured - late) {
    const { endSoon, endSoonText } = t().day.alerts;
    const words = endSoonText(spell().time(running.ends_at));
    list.push({ key: `end:${running.visit}`, at: running.remind_at, in_ms: running.remind_at - measured, title: endSoon, words });
  }
  const session = view.alarm.session;
  if (session && !session.asks) {
    const at = measured + session.left_ms;
    list.push({ key: `ask:${session.id}`, at, in_ms: session.left_ms, title: t().alarm.asks, words: t().alarm.asksText });
  }
  return list;
}

/** Moments that differ by less are the same notice: the core measures a little differently each time. */
const SAME_MS = 10_000;
let planned: (NoticeIn & { at: number })[] | null = null;

function same(a: (NoticeIn & { at: number })[], b: (NoticeIn & { at: number })[]): boolean {
  const like = (one: NoticeIn & { at: number }, other: (NoticeIn & { at: number }) | undefined) =>
    other !== undefined && one.key === other.key && one.words === other.words && Math.abs(one.at - other.at) < SAME_MS;
  return a.length === b.length && a.every((one, index) => like(one, b[index]));
}

let reminded = "";
let ringing = false;

/** Rings once for changes (O-10) and once before the end of a visit (O-42). For the root component. */
export function watchAlerts(): void {
  planned = null;
  $effect(() => {
    const waiting = phone()?.ring ?? 0;
    if (waiting === 0 || ringing) return;
    ringing = true;
    signal("changed");
    announce(t().day.alerts.changed, true);
    notify(t().day.alerts.changed, t().day.alerts.changedText, "planning");
    void bridge()
      .act({ do: "rang" })
      .catch(() => undefined)
      .finally(() => (ringing = false));
  });
  // The system keeps them while the app is closed; what is no longer wished is cancelled by the new list.
  $effect(() => {
    if (phone() === null || phone()?.notices === "never") return;
    const list = wished();
    if (planned !== null && same(list, planned)) return;
    planned = list;
    const notices = list.map(({ key, in_ms, title, words }) => ({ key, in_ms, title, words }));
    void bridge()
      .act({ do: "plan_notices", notices })
      .catch(() => (planned = null));
  });
  $effect(() => {
    const running = phone()?.in_progress ?? null;
    const measured = phone()?.now.at ?? 0;
    if (running === null || running.remind_at === null) return;
    const key = `${running.visit} ${running.remind_at}`;
    // The clock of the core, not this page's; over for long, there is nothing to remind of.
    const left = running.remind_at - measured;
    if (key === reminded || left < -10 * 60_000) return;
    const timer = setTimeout(() => {
      reminded = key;
      const { endSoon, endSoonText } = t().day.alerts;
      const text = endSoonText(spell().time(running.ends_at));
      announce(`${endSoon}. ${text}`, true);
      if (systemRings()) return;
      signal("reminder");
      // Where the device shows what was planned while the app is open, it has shown this.
      if (phone()?.notices === "never") notify(endSoon, text, "end");
    }, Math.max(0, left));
    return () => clearTimeout(timer);
  });
}
