// Takes the pictures of docs/pictures from the running product: a real server on the demonstration
// agency, a real phone core, Chromium. `make pictures` runs it.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import QRCode from "qrcode";
import { signIn, visit } from "./desk.mjs";
import { binary, openBrowser, openPage, ROOT, start, startDemo } from "./harness.mjs";

const OUT = join(ROOT, "docs/pictures");
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
const STAY_MS = 35 * 60_000;

mkdirSync(OUT, { recursive: true });
const server = await startDemo();
const made = server.told.made;
const phone = await start(
  binary("phone"),
  ["--folder", join(server.dir, "phone"), "--ui", join(ROOT, "app/ui/dist"), "--controls"],
  { ready: (output) => /^phone: (http:\S+)$/m.exec(output) },
);
const address = phone.found[1];
const browser = await openBrowser();

/** Waits until nothing is loading, then takes the picture in both colour schemes. */
async function take(page, name) {
  await page.locator("[data-state=loading]").first().waitFor({ state: "detached" });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(async () => {
      await document.fonts.ready;
      // Colours that change softly have not arrived in the first frames.
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
      await Promise.allSettled(document.getAnimations().map((one) => one.finished));
    });
    await page.screenshot({ path: join(OUT, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
  console.log(`${name}: light and dark`);
}

const control = async (what, body) => {
  const answer = await fetch(`${address}/test/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status}`);
};
const photo = async (text) => ({
  name: "code.png",
  mimeType: "image/png",
  buffer: await QRCode.toBuffer(text, { scale: 6 }),
});

try {
  const worker = await openPage(browser, PHONE);
  const go = (hash) => worker.goto(`${address}/${hash}`);
  await go("");
  await worker.getByRole("heading", { name: "Activer ce téléphone" }).waitFor();
  await take(worker, "phone-enrol");
  await worker.locator("input[type=file]").setInputFiles(await photo(made.enrolment_link));
  await worker.getByText("Le code est lu.").waitFor();
  await worker.getByLabel("Nom de ce téléphone").fill("Galaxy A15");
  await worker.getByRole("button", { name: "Activer" }).click();
  await worker.getByRole("link", { name: "Badger l'arrivée" }).waitFor();
  await take(worker, "phone-today");
  await go("#/planning");
  await worker.getByRole("heading", { level: 1 }).waitFor();
  await take(worker, "phone-planning");
  await go("#/week");
  await worker.getByRole("heading", { level: 3 }).first().waitFor();
  await take(worker, "phone-week");

  // Lone work outside the planning.
  await go("#/lone");
  await worker.getByLabel(/^Où êtes-vous/).fill("Réserve, rue Croix-Verte");
  await take(worker, "phone-lone");
  await worker.getByRole("button", { name: "Commencer la veille" }).click();
  await worker.getByRole("heading", { name: "Sous veille" }).waitFor();
  await take(worker, "phone-watched");
  await worker.getByRole("button", { name: "Terminer la veille" }).click();
  await worker.getByRole("button", { name: "Commencer la veille" }).waitFor();

  await control("offline");
  await control("clock", { shift_ms: -STAY_MS });
  await go("#/read");
  await worker.locator("input[type=file]").setInputFiles(await photo(made.tag_link));
  await worker.getByRole("dialog", { name: /Arrivée/ }).waitFor();
  await take(worker, "phone-arrival");
  await worker.getByRole("button", { name: "Continuer" }).click();
  await worker.getByRole("heading", { level: 1, name: "Pendant l'intervention" }).waitFor();
  await take(worker, "phone-visit");
  await worker.getByRole("link", { name: /Gérer les tâches/ }).click();
  await worker.getByRole("button", { name: "Enregistrer" }).waitFor();
  await take(worker, "phone-tasks");
  await go("#/read");
  await worker.locator("input[type=file]").setInputFiles(await photo(made.foreign_tag_link));
  await worker.getByRole("dialog", { name: /Refusé/ }).waitFor();
  await take(worker, "phone-refusal");
  await worker.getByRole("button", { name: "Recommencer" }).click();
  await go("#/outbox");
  await worker.getByRole("heading", { level: 1 }).waitFor();
  await take(worker, "phone-outbox");
  await go("#/privacy");
  await worker.getByRole("heading", { level: 1 }).waitFor();
  await take(worker, "phone-privacy");

  for (const [hash, name] of [
    ["#/communicate", "phone-communicate"],
    ["#/directory", "phone-directory"],
    ["#/requests", "phone-requests"],
    ["#/request/absence", "phone-request"],
    ["#/card", "phone-card"],
    ["#/hours", "phone-hours"],
    ["#/device", "phone-device"],
    ["#/pin", "phone-pin"],
    ["#/me", "phone-me"],
    ["#/notices", "phone-notices"],
  ]) {
    await go(hash);
    await worker.getByRole("heading", { level: 1 }).waitFor();
    await take(worker, name);
  }

  const desk = await openPage(browser, DESK);
  await desk.goto(server.url);
  await desk.getByRole("button").first().waitFor();
  await take(desk, "desk-sign-in");
  await signIn(desk, server, { login: server.told.login, password: server.told.password });
  for (const [hash, name] of [
    ["#/board", "desk-board"],
    ["#/visits", "desk-visits"],
    ["#/caregivers", "desk-caregivers"],
    ["#/clients", "desk-clients"],
    ["#/requests", "desk-requests"],
    ["#/directory", "desk-directory"],
    ["#/followup", "desk-changes"],
    ["#/followup?view=reports", "desk-reports"],
    ["#/followup?view=travel", "desk-travel"],
    ["#/phones", "desk-phones"],
    ["#/notices", "desk-notices"],
    ["#/settings", "desk-settings"],
    ["#/settings?view=thresholds", "desk-thresholds"],
    ["#/settings?view=kept", "desk-kept"],
  ]) {
    await visit(desk, server, hash);
    await desk.getByRole("heading", { level: 1 }).waitFor();
    await take(desk, name);
  }

  // A message that must be read, from the desk to the phone.
  await visit(desk, server, "#/messages");
  await desk.getByRole("button", { name: "Nouveau message" }).first().click();
  const form = desk.getByRole("dialog", { name: "Nouveau message" });
  await form.getByLabel(/Amina/).check();
  await form.getByLabel("Message", { exact: true }).fill("Nouvelle marche à suivre pour les clés : le classeur est à l'agence.");
  await form.getByLabel("Lecture obligatoire").check();
  await take(desk, "desk-compose");
  await form.getByRole("button", { name: "Envoyer" }).click();
  await desk.getByRole("link", { name: /Amina/ }).first().waitFor();
  await take(desk, "desk-messages");
  await control("online");
  await fetch(`${address}/door/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ do: "sync_now" }),
  });
  await go("#/messages");
  await worker.getByRole("button", { name: "J'ai lu" }).waitFor({ timeout: 60_000 });
  await take(worker, "phone-must-read");
  await worker.getByRole("button", { name: "J'ai lu" }).click();
  await worker.getByRole("link", { name: /Nouvelle marche/ }).click();
  await worker.getByRole("button", { name: "Envoyer" }).waitFor();
  await take(worker, "phone-thread");

  // An alarm, from the countdown to the desk.
  await control("hands", { call: "alone", text: "alone", place: [43_929_000, 2_148_100, 12] });
  await go("#/dati");
  await worker.getByRole("heading", { name: "Essayer l'alarme" }).waitFor();
  await take(worker, "phone-dati");
  await go("#/");
  await worker.getByRole("button", { name: /^Donner l'alarme/ }).click();
  await worker.getByRole("alertdialog", { name: "Alarme dans" }).waitFor();
  await take(worker, "phone-countdown");
  await worker.getByRole("alertdialog", { name: "Alarme donnée" }).waitFor({ timeout: 30_000 });
  await take(worker, "phone-alarm");
  const alarm = desk.getByRole("alertdialog", { name: /^ALARME/ });
  await alarm.getByText("Lieu prévu au planning").waitFor({ timeout: 30_000 });
  await take(desk, "desk-alarm");
  await alarm.getByRole("button", { name: "Je m'en occupe" }).click();
  await worker.getByText(/s'occupe de vous/).first().waitFor({ timeout: 30_000 });
  await take(worker, "phone-alarm-answered");
  await alarm.getByText("Une fausse alarme", { exact: true }).click();
  await alarm.getByLabel("Ce qui s'est passé").fill("Touche pressée en prenant les clés.");
  await alarm.getByRole("button", { name: "Fermer l'alarme" }).click();
  await worker.getByRole("button", { name: "Continuer" }).click({ timeout: 30_000 });
  await alarm.getByRole("button", { name: "Fermer", exact: true }).click();
  await visit(desk, server, "#/alarms");
  await desk.getByRole("heading", { name: "Chiffres du mois" }).waitFor();
  await take(desk, "desk-alarms");

  // A start on data that the app cannot open.
  await control("spoil", {});
  await go("#/");
  await worker.getByRole("heading", { level: 1, name: "Données illisibles" }).waitFor();
  await take(worker, "phone-broken");

  // The README's picture: the board, and the phone before it.
  const data = (name) => `data:image/png;base64,${readFileSync(join(OUT, `${name}.png`)).toString("base64")}`;
  const both = await openPage(browser, { width: 1440, height: 860 });
  await both.setContent(`<style>
    body { margin: 0; background: #e9e4da; height: 860px; position: relative; overflow: hidden; }
    img { position: absolute; border-radius: 18px; box-shadow: 0 12px 40px rgb(22 33 31 / .25); }
    .desk { left: 40px; top: 50px; width: 1180px; }
    .phone { right: 40px; top: 90px; width: 345px; border-radius: 34px; border: 6px solid #16211f; }
  </style><img class="desk" src="${data("desk-board-light")}"><img class="phone" src="${data("phone-today-light")}">`);
  await both.screenshot({ path: join(OUT, "readme.png") });
} finally {
  await browser.close();
  await phone.stop();
  await server.stop();
}
