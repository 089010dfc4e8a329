// The lone worker's alarm, from the press on a phone to the desk ringing, taken in charge, and closed:
// a real phone core, a real server, two windows.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { api, signIn, visit } from "./desk.mjs";
import { accessible, binary, fits, openBrowser, openPage, pictured, ROOT, start, startDemo } from "./harness.mjs";

const PHONE = { width: 390, height: 844 };
const CALL = "+33563999999";

let server, phone, browser, desk, worker, address;

const post = async (path, body) => {
  const answer = await fetch(`${address}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
};
const hands = async () => (await fetch(`${address}/test/hands`)).json();
const over = (page, name) => page.getByRole("alertdialog", { name });
const dati = () => worker.getByRole("button", { name: /^Donner l'alarme/ });

before(async () => {
  server = await startDemo();
  phone = await start(
    binary("phone"),
    ["--folder", join(server.dir, "phone"), "--ui", join(ROOT, "app/ui/dist"), "--controls"],
    { ready: (output) => /^phone: (http:\S+)$/m.exec(output) },
  );
  address = phone.found[1];
  browser = await openBrowser();
  desk = await openPage(browser);
  await signIn(desk, server, { login: server.told.login, password: server.told.password });
  const { settings } = await api(desk, server, "GET", "/alarms/settings");
  await api(desk, server, "PUT", "/alarms/settings", {
    ...settings,
    call_number: CALL,
    rules: { ...settings.rules, pre_alarm_s: 4 },
  });
  await post("test/hands", { call: "alone", text: "alone", place: [43_929_000, 2_148_100, 12] });
  await post("door/act", { do: "enrol", link: server.told.made.enrolment_link, phone_name: "Galaxy" });
  worker = await openPage(browser, PHONE);
  await worker.goto(`${address}/#/`);
  await dati().waitFor();
});

after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

test("O-31, O-32: one touch begins a countdown on any screen, and only a long press ends it", async () => {
  await pictured(worker, "countdown", async () => {
    await worker.goto(`${address}/#/clients`);
    const size = await dati().boundingBox();
    assert.ok(size.width >= 64 && size.height >= 64, JSON.stringify(size));
    // Nobody looks for it: it stays in its corner when the page is scrolled.
    await worker.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    const moved = await dati().boundingBox();
    assert.ok(moved.y >= 0 && moved.y < 130, JSON.stringify(moved));
    await dati().click();
    const dialog = over(worker, "Alarme dans");
    await dialog.waitFor();
    await accessible(worker, "countdown");
    await fits(worker, "countdown");
    const cancel = dialog.getByRole("button", { name: "ANNULER" });
    await worker.keyboard.press("Escape");
    const box = await cancel.boundingBox();
    await worker.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await worker.mouse.down();
    await dialog.waitFor({ state: "detached" });
    await worker.mouse.up();
    assert.deepEqual((await hands()).calls, []);
  });
});

test("O-33: at zero the phone calls, the desk rings over any page and dialog, both places are there", async () => {
  await pictured(desk, "desk-alarm", async () => {
    await visit(desk, server, "#/messages");
    await desk.getByRole("button", { name: "Nouveau message" }).first().click();
    await desk.getByRole("dialog", { name: "Nouveau message" }).waitFor();
    await dati().click();
    await over(worker, "Alarme donnée").waitFor();
    await accessible(worker, "the alarm given");
    await fits(worker, "the alarm given");

    const alarm = over(desk, /^ALARME · /);
    await alarm.waitFor({ timeout: 20_000 });
    await desk.waitForFunction(() => document.title.includes("ALARME"));
    await alarm.getByText("Lieu prévu au planning").waitFor();
    await alarm.getByText(/81\d{3}/).first().waitFor();
    assert.equal(await alarm.getByLabel("Latitude, longitude").inputValue(), "43.929000, 2.148100");
    await alarm.getByText(/à 12 m près/).first().waitFor();
    await accessible(desk, "the desk's alarm");
    await fits(desk, "the desk's alarm");
    await desk.keyboard.press("Escape");
    assert.ok(await alarm.isVisible(), "it cannot be waved away");
    const { calls, texts } = await hands();
    assert.deepEqual([calls, texts], [[CALL], []]);
  });
});

test("B-06: the first answer counts, she sees by whom, and it ends with a cause and a reason", async () => {
  await pictured(desk, "desk-alarm-taken", async () => {
    const alarm = over(desk, /^ALARME · /);
    await alarm.getByRole("button", { name: "Je m'en occupe" }).click();
    await alarm.getByText(/prise en charge par/).first().waitFor();
    await worker.getByText(/s'occupe de vous/).first().waitFor({ timeout: 30_000 });
    await alarm.getByLabel("Ce qui est fait, ce qui est dit").fill("Appelée, elle répond.");
    await alarm.getByRole("button", { name: "Ajouter la note" }).click();
    await alarm.getByText("Appelée, elle répond.").first().waitFor();
    await alarm.getByRole("button", { name: "Fermer l'alarme" }).click();
    await alarm.getByText("Dites ce que c'était.").waitFor();
    await alarm.getByText("Une fausse alarme", { exact: true }).click();
    await alarm.getByLabel("Ce qui s'est passé").fill("Touche pressée en prenant les clés.");
    await alarm.getByRole("button", { name: "Fermer l'alarme" }).click();
    await worker.getByRole("dialog", { name: "Alarme terminée" }).waitFor({ timeout: 30_000 });
    await worker.getByRole("button", { name: "Continuer" }).click();
    await desk.waitForFunction(() => !document.title.includes("ALARME"));
    const closed = over(desk, /^ALARME/);
    await closed.getByText(/appel [✓✗?] · SMS/).first().waitFor();
    await closed.getByRole("button", { name: "Fermer", exact: true }).click();
    await closed.waitFor({ state: "hidden" });
  });
});

test("B-05: the worker sees that positions were read, and only then", async () => {
  await pictured(worker, "ledger", async () => {
    await worker.goto(`${address}/#/privacy`);
    await worker.getByText(/pendant une alarme/).first().waitFor();
    assert.equal((await hands()).measuring, false);
  });
});

test("B-06: the history and the month's figures tell it", async () => {
  await pictured(desk, "alarms", async () => {
    await visit(desk, server, "#/alarms");
    await desk.getByText("Touche pressée en prenant les clés.").first().waitFor();
    await desk.getByText("Annulée à temps").first().waitFor();
    await accessible(desk, "alarms");
    await fits(desk, "alarms");
    await desk.getByLabel("Secondes pour annuler").fill("61");
    await desk.getByRole("button", { name: "Enregistrer" }).click();
    await desk.getByText("De 0 à 60").first().waitFor();
    await desk.getByLabel("Secondes pour annuler").fill("10");
    await desk.getByRole("button", { name: "Enregistrer" }).click();
    await desk.getByText("Enregistré.").first().waitFor();
    await desk.getByText(/Réglages précédents \(\d+\)/).waitFor();
  });
});

test("B-06: a test says that it is one, to the desk and to her", async () => {
  await pictured(worker, "alarm-test", async () => {
    await worker.goto(`${address}/#/dati`);
    await worker.getByRole("heading", { name: "Essayer l'alarme" }).waitFor();
    await accessible(worker, "the alarm's page");
    await fits(worker, "the alarm's page");
    await worker.getByRole("button", { name: "Lancer un essai" }).click();
    await over(worker, "TEST : alarme donnée").waitFor({ timeout: 30_000 });
    const alarm = over(desk, /^TEST D'ALARME · /);
    await alarm.waitFor({ timeout: 20_000 });
    await alarm.getByText("Ceci est un test").first().waitFor();
    assert.deepEqual((await hands()).calls, [CALL], "nobody is called for a test");
    await alarm.getByText("Un test", { exact: true }).click();
    await alarm.getByLabel("Ce qui s'est passé").fill("Essai du mois.");
    await alarm.getByRole("button", { name: "Fermer l'alarme" }).click();
    await worker.getByRole("dialog", { name: "Test terminé" }).waitFor({ timeout: 30_000 });
    await worker.getByRole("button", { name: "Continuer" }).click();
    await worker.getByText(/Dernier essai .*, complet/).waitFor();
  });
});

test("B-06: she opens a watch outside the planning, the desk sees it and where, and it ends", async () => {
  await pictured(worker, "lone", async () => {
    await worker.goto(`${address}/#/lone`);
    await worker.getByText("2 h", { exact: true }).click();
    await worker.getByLabel(/^Où êtes-vous/).fill("Réserve, rue Croix-Verte");
    await accessible(worker, "lone work");
    await fits(worker, "lone work");
    await worker.getByRole("button", { name: "Commencer la veille" }).click();
    await worker.getByRole("heading", { name: "Sous veille" }).waitFor();
    await accessible(worker, "under watch");
    await worker.goto(`${address}/#/clients`);
    await worker.getByRole("link", { name: /^Sous veille jusqu'à/ }).waitFor();
    await visit(desk, server, "#/alarms");
    await desk.getByRole("heading", { name: "Sous veille en ce moment" }).waitFor();
    await desk.getByText(/Réserve, rue Croix-Verte/).first().waitFor({ timeout: 20_000 });
    await accessible(desk, "who is under watch");
    await worker.goto(`${address}/#/lone`);
    await worker.getByRole("button", { name: "Terminer la veille" }).click();
    await worker.getByRole("button", { name: "Commencer la veille" }).waitFor();
    await desk.getByText(/Réserve, rue Croix-Verte/).first().waitFor({ state: "detached", timeout: 20_000 });
  });
});

test("O-31: on data that the app cannot open at its start, the button works, and the desk rings", async () => {
  await pictured(worker, "broken-store", async () => {
    await post("test/spoil", {});
    await worker.goto(`${address}/#/`);
    await worker.getByRole("heading", { level: 1, name: "Données illisibles" }).waitFor();
    await worker.getByText("L'alarme DATI marche quand même.").waitFor();
    await accessible(worker, "a store that does not open");
    await fits(worker, "a store that does not open");
    const before = (await hands()).calls.length;
    await dati().click();
    await over(worker, "Alarme dans").waitFor();
    await over(worker, "Alarme donnée").waitFor({ timeout: 30_000 });
    assert.deepEqual((await hands()).calls.slice(before), [CALL]);
    const alarm = over(desk, /^ALARME · Amina/);
    await alarm.waitFor({ timeout: 20_000 });
    await alarm.getByText("Une fausse alarme", { exact: true }).click();
    await alarm.getByLabel("Ce qui s'est passé").fill("Essai sur des données abîmées.");
    await alarm.getByRole("button", { name: "Fermer l'alarme" }).click();
    await worker.getByRole("button", { name: "Continuer" }).click({ timeout: 30_000 });
    // Closed, its title names nobody any more.
    await over(desk, /^ALARME/).getByRole("button", { name: "Fermer", exact: true }).click();
    await post("test/mend", {});
    await worker.goto(`${address}/#/clients`);
    await worker.getByRole("heading", { level: 1, name: "Usagers" }).waitFor();
  });
});

test("nothing went wrong behind the screens", () => {
  assert.deepEqual(desk.wrong, []);
  assert.deepEqual(worker.wrong, []);
});
