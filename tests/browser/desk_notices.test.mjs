// "Mes avertissements": a browser is let in and shut out, notices are chosen, and a test shows by each
// way whether it left and whether it arrived.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agency, api, said, signIn, visit } from "./desk.mjs";
import { accessible, fits, openBrowser, openPage, pictured, startEmpty } from "./harness.mjs";
import { deliver, startPushService, subscribable } from "./push.mjs";

let server, service, browser, page;
before(async () => {
  service = await startPushService();
  server = await startEmpty({ env: { RELEVE__PUSH__OWN_HOSTS: new URL(service.target.endpoint).host } });
  browser = await openBrowser();
  page = await openPage(browser);
  await page.context().grantPermissions(["notifications"], { origin: server.url });
  await subscribable(page, service.target);
  await signIn(page, server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await service?.stop();
});

const state = (word) => page.locator('[data-state-of="browser"]').getByText(word).waitFor();
const line = (way) => page.locator(`[data-way="${way}"]`);

async function arrives(count) {
  for (let tries = 0; service.pushes.length < count && tries < 200; tries += 1) {
    await new Promise((later) => setTimeout(later, 100));
  }
  assert.equal(service.pushes.length, count, "pushes at the service");
  return service.pushes[count - 1];
}

test("a browser is let in on a button, and knows itself in the list", async () => {
  await pictured(page, "notices-browser", async () => {
    await visit(page, server, "#/notices");
    await state("Pas activé");
    await page.getByText("Rien n'a encore été envoyé.").waitFor();
    await page.getByRole("button", { name: "Recevoir ici les avertissements" }).click();
    await said(page, "Ce navigateur recevra vos avertissements.");
    await state("Activé");
    await page.getByText(/celui-ci/).waitFor();
    await accessible(page, "notices");
  });
});

test("W-36: a test to oneself shows sent and received by each way", async () => {
  await pictured(page, "notices-test", async () => {
    await page.getByRole("button", { name: "Envoyer une notification de test" }).click();
    const push = await arrives(1);
    assert.equal(push.headers.urgency, "high");
    const told = JSON.parse(push.text);
    assert.deepEqual(Object.keys(told).sort(), ["id", "kind", "lang", "notice"]);
    // The live stream has told this page; no mail server is set, and the line says so.
    await line("desk").getByText("Reçu par l'appareil").waitFor();
    await line("mail").getByText("Abandonné").waitFor();
    await line("mail").getByText("aucun serveur d'e-mail n'est réglé").waitFor();
    await line("push").getByText("Parti", { exact: true }).waitFor();
    await line("push").getByText("Pas encore").waitFor();

    await deliver(page, server.url, push.text);
    await line("push").getByText("Reçu par l'appareil").waitFor();
    const shown = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration("/");
      return (await registration.getNotifications()).map((one) => [one.title, one.body]);
    });
    assert.deepEqual(shown, [["Notification de test reçue", "Relève"]]);
    await line("mail").getByRole("button", { name: /je l'ai reçu/ }).click();
    await line("mail").getByText("Reçu, dit par la personne").waitFor();
    await accessible(page, "notices with a test");
  });
});

test("W-36: the office tries together with a caregiver, who says what arrived", async () => {
  await pictured(page, "notices-joint", async () => {
    await agency(page, server);
    await visit(page, server, "#/caregivers");
    await page.getByRole("button", { name: /Amina Belkacem/ }).last().click();
    await page.getByRole("menuitem", { name: "Tester ses notifications" }).click();
    const panel = page.getByRole("dialog", { name: "Notifications de Amina Belkacem" });
    await panel.getByRole("button", { name: "Envoyer une notification de test" }).click();
    await panel.locator('[data-way="app"]').getByText("Pas encore").waitFor();
    await panel.locator('[data-way="sms"]').getByText("aucun opérateur de SMS n'est réglé").waitFor();
    await panel.locator('[data-way="app"]').getByRole("button", { name: /elle l'a reçu/ }).click();
    await panel.locator('[data-way="app"]').getByText("Reçu, dit par la personne").waitFor();
    await accessible(page, "a test with a caregiver");
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
  });
});

test("B-14: ways and quiet hours are chosen, and kept", async () => {
  await pictured(page, "notices-wishes", async () => {
    await visit(page, server, "#/notices");
    const mail = page.getByRole("switch", { name: "E-mail : « Rappelez-moi »" });
    assert.ok(await mail.isChecked());
    await mail.click();
    await said(page, "Enregistré.");
    await page.getByLabel("Heures calmes").check();
    await page.getByLabel("De", { exact: true }).fill("7:00");
    await page.getByText("Donnez deux heures différentes.").waitFor();
    await page.getByLabel("De", { exact: true }).fill("21:30");
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await said(page, "Enregistré.");
    const { wishes } = await api(page, server, "GET", "/notices");
    assert.deepEqual(wishes.quiet, { from_min: 21 * 60 + 30, to_min: 7 * 60 });
    assert.deepEqual(wishes.topics.find((one) => one.topic === "callback"), { topic: "callback", mail: false, push: true });
    await page.reload();
    await page.getByLabel("De", { exact: true }).waitFor();
    assert.equal(await page.getByLabel("De", { exact: true }).inputValue(), "21:30");
    await page.setViewportSize({ width: 400, height: 800 });
    await fits(page, "notices on a phone");
    await page.setViewportSize({ width: 1440, height: 900 });
  });
});

test("a browser is shut out again", async () => {
  await pictured(page, "notices-out", async () => {
    await page.getByRole("button", { name: "Ne plus les recevoir ici" }).click();
    await said(page, "Ce navigateur ne reçoit plus d'avertissements.");
    await state("Pas activé");
    assert.deepEqual((await api(page, server, "GET", "/notices")).browsers, []);
    assert.deepEqual(page.wrong, []);
  });
});
