// This browser and pushes: what it can do, what the person has allowed, and the subscription itself.

import { language } from "@releve/kit";
import { desk } from "../api/client";

/** What this browser can do about pushes. */
export type Means =
  /** It knows no pushes, or the page has no secure address. */
  | "none"
  /** The person has refused: only the browser's own settings undo that. */
  | "denied"
  | "ready";

export function means(): Means {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "none";
  return Notification.permission === "denied" ? "denied" : "ready";
}

/** The endpoint by which this browser is known; empty without a subscription. */
export async function endpoint(): Promise<string> {
  if (means() === "none") return "";
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  return subscription?.endpoint ?? "";
}

/** Bytes of base64url. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

/** Asks the person, subscribes this browser and tells the server. False when the person says no. */
export async function letIn(key: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await navigator.serviceWorker.register("/push-worker.js", { scope: "/" });
  const registration = await navigator.serviceWorker.ready;
  const held = await registration.pushManager.getSubscription();
  // One that another key has made is of another server at this address: it opens nothing of ours.
  if (held && !sameKey(held.options.applicationServerKey, bytes(key))) await held.unsubscribe();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = made.toJSON();
  await desk.addBrowser({
    endpoint: endpoint ?? "",
    p256dh: keys?.p256dh ?? "",
    auth: keys?.auth ?? "",
    name: browserName(navigator.userAgent),
    language: language(),
  });
  return true;
}

/** Ends the subscription of this browser; the server is told by its list. */
export async function shutOut(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration("/");
  const held = await registration?.pushManager.getSubscription();
  await held?.unsubscribe();
  await registration?.unregister();
}

function sameKey(held: ArrayBuffer | null, wanted: Uint8Array): boolean {
  const bytes = held ? new Uint8Array(held) : new Uint8Array();
  return bytes.length === wanted.length && bytes.every((byte, at) => byte === wanted[at]);
}

/** `Firefox, Windows`: enough to know one's own browsers apart. */
export function browserName(agent: string): string {
  const first = (known: [RegExp, string][], other: string) => known.find(([mark]) => mark.test(agent))?.[1] ?? other;
  const browser = first(
    [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"]],
    "Navigateur",
  );
  const system = first(
    [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux|X11/, "Linux"]],
    "",
  );
  return system ? `${browser}, ${system}` : browser;
}
