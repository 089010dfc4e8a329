// The office writes to its caregivers, sees who has read, and takes a message back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agency, api, said, signIn, visit } from "./desk.mjs";
import { accessible, openBrowser, openPage, pictured, startEmpty } from "./harness.mjs";

let server, browser, page;
before(async () => {
  server = await startEmpty();
  browser = await openBrowser();
  page = await openPage(browser);
  await signIn(page, server);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const dialog = (name) => page.getByRole("dialog", { name });

test("O-22: a message that must be read is sent to some, its readers show, and it is taken back", async () => {
  await pictured(page, "messages", async () => {
    await visit(page, server, "#/messages");
    await page.locator('[data-state="empty"]').getByText("Aucune conversation").waitFor();
    await agency(page, server);
    await visit(page, server, "#/messages");
    await page.getByRole("button", { name: "Nouveau message" }).first().click();
    const form = dialog("Nouveau message");
    await form.getByLabel("Amina Belkacem").waitFor();
    await form.getByRole("button", { name: "Envoyer" }).click();
    await form.getByText("Choisissez au moins une personne.").waitFor();
    await form.getByLabel("Amina Belkacem").check();
    await form.getByLabel("Bruno Lecomte").check();
    await form.getByLabel("Message", { exact: true }).fill("Nouveau protocole");
    await form.getByLabel("Lecture obligatoire").check();
    await form.getByRole("button", { name: "Envoyer" }).click();
    await said(page, "Envoyé à 2 personnes.");
    await accessible(page, "messages");
    await page.getByRole("link", { name: "Amina Belkacem" }).click();
    const panel = dialog("Amina Belkacem");
    await panel.getByText("Envoyé à 2 personnes, lu par 0").waitFor();
    await panel.getByText(/Nouveau protocole/).waitFor();
    await panel.getByRole("button", { name: "Retirer" }).click();
    await said(page, "Message retiré.");
    await panel.getByText(/^Retiré /).waitFor();
  });
});

test("O-23: the mail of a conversation is turned off, and an answer is written", async () => {
  await pictured(page, "thread", async () => {
    const panel = dialog("Amina Belkacem");
    const mail = panel.getByLabel("Alerter par email");
    assert.ok(await mail.isChecked());
    await mail.click();
    await said(page, "Enregistré.");
    const [first] = (await api(page, server, "GET", "/threads")).filter((one) => one.last_name === "Belkacem");
    assert.equal(first.alert, false);
    await panel.getByLabel("Répondre").fill("Tout va bien ?");
    await panel.getByRole("button", { name: "Envoyer" }).click();
    await panel.getByText("Tout va bien ?", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "hidden" });
    await page.getByText("Nous : Tout va bien ?").waitFor();
  });
});
