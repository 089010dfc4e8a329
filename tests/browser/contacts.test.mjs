// Between a phone and the desk: "Rappelez-moi", an absence, the directory, and a card that a client checks.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import QRCode from "qrcode";
import { api, said, signIn, visit } from "./desk.mjs";
import { accessible, binary, fits, openBrowser, openPage, pictured, ROOT, start, startDemo } from "./harness.mjs";

let server, phone, browser, worker, desk, address;
const go = (hash) => worker.goto(`${address}/${hash}`);
const door = async (what, body) => {
  const answer = await fetch(`${address}/door/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${what}: ${answer.status}`);
  return answer.json();
};
const sync = () => door("act", { do: "sync_now" });

before(async () => {
  server = await startDemo();
  phone = await start(
    binary("phone"),
    ["--folder", join(server.dir, "phone"), "--ui", join(ROOT, "app/ui/dist"), "--controls"],
    { ready: (output) => /^phone: (http:\S+)$/m.exec(output) },
  );
  address = phone.found[1];
  browser = await openBrowser();
  worker = await openPage(browser, { width: 390, height: 844 });
  await go("");
  const buffer = await QRCode.toBuffer(server.told.made.enrolment_link, { scale: 6 });
  await worker.locator("input[type=file]").setInputFiles({ name: "code.png", mimeType: "image/png", buffer });
  await worker.getByText("Le code est lu.").waitFor();
  await worker.getByLabel("Nom de ce téléphone").fill("Galaxy A15");
  await worker.getByRole("button", { name: "Activer" }).click();
  await worker.getByRole("link", { name: "Badger l'arrivée" }).waitFor();
  desk = await openPage(browser, { width: 1440, height: 900 });
  await signIn(desk, server, { login: server.told.login, password: server.told.password });
});
after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

test("O-21, O-24, O-25: emergency numbers call, and a request to be called back comes to its end", async () => {
  await pictured(worker, "communicate", async () => {
    await worker.getByRole("navigation").getByRole("link", { name: /Communiquer/ }).click();
    const samu = worker.getByRole("link", { name: "Appeler SAMU 15" });
    assert.equal(await samu.getAttribute("href"), "tel:15");
    await accessible(worker, "communicate");
    await worker.getByRole("button", { name: "Rappelez-moi" }).click();
    await worker.getByText("Demande enregistrée").first().waitFor();
    await sync();
    await visit(desk, server, "#/requests");
    const table = desk.getByRole("table", { name: "À rappeler" });
    await accessible(desk, "requests");
    await table.getByRole("button", { name: "Je rappelle : Amina Benali" }).click();
    await said(desk, "Pris en charge");
    await sync();
    await worker.getByText("Claire Delmas va vous rappeler").first().waitFor();
    await table.getByRole("button", { name: "Rappelé : Amina Benali" }).first().click();
    await said(desk, "Noté comme rappelé.");
    await sync();
    await worker.getByText("Claire Delmas vous a rappelé(e)").nth(1).waitFor();
  });
});

test("O-26, O-27, O-28: what the desk adds to the directory is found and called on the phone", async () => {
  await pictured(worker, "directory", async () => {
    await visit(desk, server, "#/directory");
    await desk.getByRole("button", { name: "Ajouter un numéro" }).first().click();
    const form = desk.getByRole("dialog", { name: "Ajouter un numéro" });
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await form.getByText("Ce champ est nécessaire.").first().waitFor();
    await form.getByLabel("Nom", { exact: true }).fill("Pharmacie de garde");
    await form.getByLabel("Téléphone", { exact: true }).fill("3237");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await desk.getByRole("cell", { name: "Pharmacie de garde", exact: true }).waitFor();
    await accessible(desk, "directory");
    await sync();
    await go("#/directory");
    await worker.getByLabel("Chercher un nom ou un métier").fill("garde");
    const found = worker.getByRole("link", { name: /Appeler Pharmacie de garde.*3237/ });
    assert.equal(await found.getAttribute("href"), "tel:3237");
    await worker.getByLabel("Chercher un nom ou un métier").fill("");
    await worker.getByText("Collègue chez les mêmes usagers").first().waitFor();
    await accessible(worker, "directory");
  });
});

test("O-24: what is typed of an emergency number stays when news comes in, and phones have it once saved", async () => {
  await pictured(desk, "emergency", async () => {
    await visit(desk, server, "#/directory");
    const form = desk.getByRole("region", { name: "Numéros d'urgence" });
    const lines = form.getByRole("listitem");
    await form.getByText("Cinq numéros").waitFor();
    await form.getByRole("button", { name: "Retirer Agence" }).click();
    const before = await lines.count();
    await form.getByRole("button", { name: "Ajouter un numéro" }).click();
    await lines.nth(before).getByLabel("Nom du bouton").fill("Infirmière de garde");
    await api(desk, server, "POST", "/directory", { name: "Mairie", role: "Accueil", phone: "0563480000" });
    await desk.getByRole("cell", { name: "Mairie", exact: true }).waitFor();
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await form.getByText(`Le numéro ${before + 1} est incomplet.`).waitFor();
    await lines.nth(before).getByLabel("Numéro", { exact: true }).fill("0563489999");
    await form.getByRole("button", { name: "Monter Infirmière de garde" }).click();
    await accessible(desk, "emergency");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await said(desk, "Numéros enregistrés");
    await sync();
    await go("#/communicate");
    const calls = worker.getByRole("link", { name: "Appeler Infirmière de garde 05 63 48 99 99" });
    assert.equal(await calls.getAttribute("href"), "tel:+33563489999");
    // As the server has written it, once that is back, and in its place.
    await desk.waitForFunction(() =>
      [...document.querySelectorAll("input[type=tel]")].some((input) => input.value === "05 63 48 99 99"),
    );
    assert.equal(await lines.nth(before - 1).getByLabel("Numéro", { exact: true }).inputValue(), "05 63 48 99 99");
  });
});

test("O-29: an absence is asked on the phone and answered at the desk", async () => {
  await pictured(worker, "requests", async () => {
    await go("#/request/absence");
    await worker.getByLabel("Formation").check();
    await worker.getByLabel("Précisions").fill("Gestes et postures");
    await accessible(worker, "request");
    await worker.getByRole("button", { name: "Envoyer la demande" }).click();
    await worker.getByRole("heading", { level: 1, name: "Mes demandes" }).waitFor();
    await sync();
    await visit(desk, server, "#/requests");
    const table = desk.getByRole("table", { name: "Absences et heures à examiner" });
    const row = table.getByRole("row").filter({ hasText: "Gestes et postures" });
    await row.getByRole("button", { name: "Répondre à Amina Benali" }).click();
    const form = desk.getByRole("dialog", { name: "Répondre à Amina Benali" });
    await form.getByRole("button", { name: "Refuser" }).click();
    await form.getByText("Dites pourquoi vous refusez.").waitFor();
    await form.getByLabel("Votre réponse").fill("Le stage est complet");
    await form.getByRole("button", { name: "Refuser" }).click();
    await said(desk, "Demande refusée.");
    await sync();
    await worker.getByText("Le stage est complet").waitFor();
    await worker.getByText("Refusée").first().waitFor();
  });
});

test("O-30: a client opens the code of the card and sees who it is", async () => {
  const client = await openPage(browser, { width: 390, height: 844 });
  await pictured(client, "card", async () => {
    await go("#/card");
    await worker.getByRole("heading", { level: 2, name: "Amina Benali" }).waitFor();
    await accessible(worker, "card");
    const { link } = await door("ask", { ask: "card" });
    await client.goto(link);
    await client.getByText("✓ Carte valide", { exact: true }).waitFor();
    await client.getByRole("heading", { name: "Amina B." }).waitFor();
    await client.getByRole("img", { name: "Amina B." }).waitFor();
    await accessible(client, "the card's page");
    await fits(client);
    const cut = link.slice(0, -4) + "AAAA";
    await client.goto(cut);
    await client.getByText(/n'est pas valable maintenant/).waitFor();
  });
});
