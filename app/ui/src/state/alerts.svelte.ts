import { announce } from "@releve/kit";
import { t } from "../i18n/index.ts";
import { bridge, phone, spell } from "./app.svelte.ts";
import { signal } from "./signal.ts";

/** What this system lets the app show outside its own screen. */
export type Capability = NotificationPermission | "unsupported";

let asked = $state(0);

/** What notifications may do here, as the system says it now. */
export function capability(): Capability {
  void asked;
  return typeof Notification === "undefined" ? "unsupported" : Notification.permission;
}

/** Asks the system, once the worker has pressed the button. */
export async function allow(): Promise<Capability> {
  if (typeof Notification !== "undefined") await Notification.requestPermission();
  asked += 1;
  return capability();
}

/** Outside the screen, where it may: no name, no address, no health. */
function notify(title: string, text: string, tag: string): void {
  if (capability() !== "granted" || document.visibilityState === "visible") return;
  try {
    new Notification(title, { body: text, tag });
  } catch {
    // Android's browsers want a service worker for it: the sound has been heard.
  }
}

let reminded = "";
let ringing = false;

/** Rings once for changes (O-10) and once before the end of a visit (O-42). For the root component. */
export function watchAlerts(): void {
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
      signal("reminder");
      const { endSoon, endSoonText } = t().day.alerts;
      const text = endSoonText(spell().time(running.ends_at));
      announce(`${endSoon}. ${text}`, true);
      notify(endSoon, text, "end");
    }, Math.max(0, left));
    return () => clearTimeout(timer);
  });
}
