// Hears pushes when no page of the desk is open, and nothing else: it keeps no file and answers no
// request. A push says what kind of thing waits and its id; the words are here.

const WORDS = {
  fr: {
    message: ["Un message vous attend", "messages"],
    callback: ["Un intervenant demande à être rappelé", "requests"],
    request: ["Une demande est à examiner", "requests"],
    test: ["Notification de test reçue", "notices"],
    alarm_raised: ["ALARME d'un travailleur isolé", "alarms"],
    alarm_tier: ["ALARME d'un travailleur isolé", "alarms"],
    alarm_taken: ["Alarme prise en charge", "alarms"],
    alarm_open: ["Alarme toujours ouverte", "alarms"],
    alarm_closed: ["Fin d'alarme", "alarms"],
    other: ["Quelque chose vous attend", "board"],
  },
  en: {
    message: ["A message is waiting for you", "messages"],
    callback: ["A caregiver asks to be called back", "requests"],
    request: ["A request is to be looked at", "requests"],
    test: ["Test notice received", "notices"],
    alarm_raised: ["ALARM of a lone worker", "alarms"],
    alarm_tier: ["ALARM of a lone worker", "alarms"],
    alarm_taken: ["Alarm taken in charge", "alarms"],
    alarm_open: ["Alarm still open", "alarms"],
    alarm_closed: ["Alarm closed", "alarms"],
    other: ["Something is waiting for you", "board"],
  },
};

/** What a push says; an unreadable one still tells that something waits. */
function read(data) {
  try {
    return data ? data.json() : {};
  } catch {
    return {};
  }
}

async function show(said) {
  const words = WORDS[said.lang] ?? WORDS.fr;
  const kind = Object.hasOwn(words, said.kind) ? said.kind : "other";
  const [title, screen] = words[kind];
  const id = typeof said.id === "string" && screen !== "requests" ? `/${encodeURIComponent(said.id)}` : "";
  const urgent = kind.startsWith("alarm");
  await self.registration.showNotification(title, {
    body: "Relève",
    icon: "/desk.svg",
    lang: words === WORDS.en ? "en" : "fr",
    // A newer one about the same thing takes the place of the older.
    tag: `${kind}/${said.id ?? ""}`,
    renotify: urgent,
    requireInteraction: urgent,
    data: { hash: `#/${screen}${id}` },
  });
  if (kind === "test") await confirm(said);
}

/** A test has arrived: the browser says so by itself (row W-36). */
async function confirm(said) {
  const path = `/api/desk/notices/tests/${encodeURIComponent(said.id)}/received`;
  const body = JSON.stringify({ notice: said.notice, by: "device" });
  const headers = { "content-type": "application/json" };
  // Signed out meanwhile: the person may say it.
  await fetch(path, { method: "POST", credentials: "same-origin", headers, body }).catch(() => {});
}

async function open(hash) {
  const url = new URL(`/${hash}`, self.location.origin).href;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages[0];
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  page.postMessage({ open: hash });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("push", (event) => event.waitUntil(show(read(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.hash ?? "#/board"));
});
