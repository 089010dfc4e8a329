// What is a caregiver's own: her hours and what she says of them, the PIN of her app, and what her phone can.
// The worker UI in Chromium over a real phone core, the desk beside it, one real server behind both.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import QRCode from "qrcode";
import { signIn, visit } from "./desk.mjs";
import { accessible, binary, fits, openBrowser, openPage, pictured, ROOT, start, startDemo } from "./harness.mjs";

const PHONE = { width: 390, height: 844 };
const PIN = "407158";

let server, phone, browser, page, desk, address;

const post = async (path, body) => {
  const answer = await fetch(`${address}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
};
const control = (what, body) => post(`/test/${what}`, body);
const act = (body) => post("/door/act", body);
const go = (hash) => page.goto(`${address}/${hash}`);
const heading = (name) => page.getByRole("heading", { level: 1, name });
const checked = async (where) => {
  await fits(page, where);
  await accessible(page, where);
};
let broken = false;
const step = (name, work) =>
  it(name, async (t) => {
    if (broken) return t.skip("a step before has failed");
    broken = true;
    await pictured(page, name, work);
    broken = false;
  });

before(async () => {
  server = await startDemo();
  phone = await start(binary("phone"), ["--folder", join(server.dir, "phone"), "--ui", join(ROOT, "app/ui/dist"), "--controls"], {
    ready: (output) => /^phone: (http:\S+)$/m.exec(output),
  });
  address = phone.found[1];
  browser = await openBrowser();
  page = await openPage(browser, PHONE);
  desk = await openPage(browser);
});

after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

describe("what is a caregiver's own", { concurrency: false }, () => {
  step("O-02: the management of the fleet fills the activation in", async () => {
    const managed = { enrolment_link: server.told.made.enrolment_link, phone_name: "Parc 12", kiosk: true };
    await control("hands", { managed });
    await go("");
    await page.getByText("Téléphone réglé par votre entreprise").waitFor();
    assert.equal(await page.getByLabel("Nom de ce téléphone").inputValue(), "Parc 12");
    await checked("the activation of a fleet's phone");
    await page.getByRole("button", { name: "Activer" }).click();
    await heading(/^(Lundi|Mardi|Mercredi|Jeudi|Vendredi|Samedi|Dimanche) /i).waitFor();
  });

  step("her hours of the month, with the one that she contests", async () => {
    await go("#/me");
    await page.getByRole("link", { name: /Mes heures/ }).click();
    await heading("Mes heures").waitFor();
    await page.getByText("Contestée, sans réponse").waitFor();
    const total = page.getByRole("region", { name: "Total du mois" });
    await total.getByText("1 contestation sans réponse").waitFor();
    await page.getByText("Départ plus tôt, selon la famille.").waitFor();
    await page.getByText(/Dit par l'agence/).waitFor();
    await checked("#/hours");
    await control("offline");
    await page.reload();
    await page.getByText("Contestée, sans réponse").waitFor();
    await control("online");
  });

  step("the office sees it, opens the visit, and answers; the answer is beside her hours", async () => {
    await signIn(desk, server, { login: server.told.login, password: server.told.password });
    await visit(desk, server, "#/requests");
    const row = desk.getByRole("row", { name: /Heures contestées.*voisine/s }).filter({ hasText: "Amina" });
    const href = await row.getByRole("link", { name: "Voir les heures" }).getAttribute("href");
    assert.match(href, /visit=/, "straight to the visit");
    await row.getByRole("button", { name: /Répondre/ }).click();
    const dialog = desk.getByRole("dialog");
    await dialog.getByRole("textbox").fill("Vous avez raison, je corrige.");
    await dialog.getByRole("button", { name: "Accepter" }).click();
    await dialog.waitFor({ state: "hidden" });
    await act({ do: "sync_now" });
    await page.getByText("Contestation acceptée").waitFor();
    await page.getByText("Vous avez raison, je corrige.").waitFor();
    await page.getByRole("link", { name: /^Contester ces heures/ }).first().waitFor();
    assert.deepEqual(desk.wrong, []);
  });

  step("a PIN locks the sheets; the alarm and the badge are there", async () => {
    await go("#/pin");
    await heading("Code PIN").waitFor();
    await page.getByLabel("Nouveau code PIN").fill(PIN);
    await page.getByLabel("Le même, encore une fois").fill(PIN);
    await checked("#/pin");
    await page.getByRole("button", { name: "Enregistrer le code PIN" }).click();
    await page.getByRole("button", { name: "Verrouiller maintenant" }).click();
    await heading("Application verrouillée").waitFor();
    await checked("the lock");
    await control("restart");
    await go("#/clients");
    await heading("Application verrouillée").waitFor();
    const said = JSON.stringify(await (await post("/door/ask", { ask: "phone" })).json());
    assert.doesNotMatch(said, /Benali/, "no name while locked");
  });

  step("O-31: the alarm goes from the lock screen, in two touches", async () => {
    await page.getByRole("button", { name: /^Donner l'alarme/ }).click();
    const over = page.getByRole("alertdialog", { name: "Alarme dans" });
    await over.waitFor();
    await act({ do: "cancel_alarm", code: null });
    await over.waitFor({ state: "hidden" });
    await heading("Application verrouillée").waitFor();
  });

  step("O-03: without NFC and locked, the QR code of the home badges", async () => {
    await control("offline");
    await page.getByRole("link", { name: "Badger" }).click();
    await heading("Lire le badge").waitFor();
    const buffer = await QRCode.toBuffer(server.told.made.tag_link, { scale: 6 });
    await page.locator("input[type=file]").setInputFiles({ name: "code.png", mimeType: "image/png", buffer });
    await page.getByRole("dialog", { name: /Arrivée/ }).waitFor();
    await page.getByRole("button", { name: "Continuer" }).click();
    await heading("Application verrouillée").waitFor();
    await page.getByText(/En cours depuis/).waitFor();
    await control("online");
  });

  step("wrong PINs wait; the right one opens all there was", async () => {
    for (const left of [9, 8, 7]) {
      await page.getByLabel("Code PIN").fill("000000");
      await page.getByRole("button", { name: "Déverrouiller" }).click();
      await page.getByText(`${left} essais avant le blocage`).waitFor();
    }
    await page.getByText(/Trop d'essais. Attendez/).waitFor();
    assert.ok(await page.getByRole("button", { name: "Déverrouiller" }).isDisabled());
    await checked("the lock while it waits");
    await control("restart");
    await go("#/clients");
    await page.getByText(/Trop d'essais. Attendez/).waitFor();
    await control("clock", { shift_ms: 60_000 });
    await page.reload();
    await page.getByLabel("Code PIN").fill(PIN);
    await page.getByRole("button", { name: "Déverrouiller" }).click();
    await heading("Usagers").waitFor();
  });

  step("O-04: what this phone can, and what to do about the rest", async () => {
    await control("hands", { call: "by_hand", text: "alone", finger: true });
    await go("#/device");
    await heading("Ce téléphone peut…").waitFor();
    await page.getByText("Le numéro s'affiche").waitFor();
    await page.getByText("Le SMS part seul si Internet manque.").waitFor();
    await page.getByText(/Peut déverrouiller l'application/).waitFor();
    await checked("#/device");
  });

  step("text at 200 % and the smallest phone lose nothing", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    for (const hash of ["#/hours", "#/pin", "#/device"]) {
      await go(hash);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
      await fits(page, `${hash} at 200 %`);
      await page.reload();
    }
    await page.setViewportSize(PHONE);
  });

  it("nothing went wrong in the page meanwhile", () => assert.deepEqual(page.wrong, []));
});
