// The caregiver's day as the office prepares and follows it: services with tasks, changes, sections.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { said, signIn, visit } from "./desk.mjs";
import { accessible, fits, openBrowser, openPage, pictured, startDemo } from "./harness.mjs";

let server, browser, page;
before(async () => {
  server = await startDemo();
  browser = await openBrowser();
  page = await openPage(browser);
  await signIn(page, server, { login: server.told.login, password: server.told.password });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const dialog = (name) => page.getByRole("dialog", { name });

test("O-37: a list of tasks gets a next version, and the one before stays readable", async () => {
  await pictured(page, "services", async () => {
    await visit(page, server, "#/settings?view=care");
    await page.getByRole("button", { name: "Prestation", exact: true }).click();
    const form = dialog("Nouvelle prestation");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await form.getByText("À remplir").first().waitFor().catch(() => {});
    await form.getByLabel("Nom de la prestation").fill("Garde de nuit");
    await form.getByLabel("Tâches").fill("Ronde de 22 h\nRonde de 2 h");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await said(page, "Prestation créée.");
    await page.getByRole("button", { name: "Modifier Garde de nuit" }).click();
    const edit = dialog("Prestation");
    await edit.getByLabel("Tâches").fill("Ronde de 22 h\nRonde de 2 h\nRonde de 5 h");
    await edit.getByRole("button", { name: "Enregistrer" }).click();
    await edit.waitFor({ state: "hidden" });
    await page.getByText("3 tâches").first().waitFor();
    await page.getByRole("button", { name: "Modifier Garde de nuit" }).click();
    await edit.getByText("Versions précédentes").click();
    await edit.getByText("Ronde de 22 h · Ronde de 2 h", { exact: true }).waitFor();
    await accessible(page, "a service");
    await page.keyboard.press("Escape");
  });
});

test("O-12: an administrator says who sees which section", async () => {
  await pictured(page, "sections", async () => {
    const card = page.getByRole("region", { name: "Rubriques de la fiche de l'usager" }).or(
      page.locator("section, div", { has: page.getByRole("heading", { name: "Rubriques de la fiche de l'usager" }) }).last(),
    );
    const health = card.getByRole("listitem").filter({ hasText: "Santé" });
    await health.getByLabel("Intervenants").uncheck();
    await card.getByLabel("Nom de la rubrique").fill("Aidants");
    await card.getByRole("button", { name: "Ajouter une rubrique" }).click();
    await card.getByRole("button", { name: "Enregistrer" }).click();
    await said(page, "Rubriques enregistrées.");
    // Nothing is left to save: a second press would make the section twice.
    await card.locator("button:disabled", { hasText: "Enregistrer" }).waitFor();
    await page.reload();
    await health.getByLabel("Intervenants").waitFor();
    assert.equal(await health.getByLabel("Intervenants").isChecked(), false);
    await card.getByText("Aidants", { exact: true }).waitFor();
  });
});

test("O-10, O-35, B-21: who has not seen a change, the reports, the travel", async () => {
  await pictured(page, "followup", async () => {
    await visit(page, server, "#/followup");
    await page.getByText("pas encore vu").first().waitFor();
    await accessible(page, "changes");
    await fits(page, "changes");
    await page.getByRole("radio", { name: "Comptes rendus" }).check();
    await page.getByRole("cell", { name: /Tout s'est bien passé|Fatiguée ce matin|robinet|jusqu'au jardin/ }).first().waitFor();
    await accessible(page, "reports");
    await page.getByRole("radio", { name: "Trajets" }).check();
    await page.getByText(/Comptés comme du travail/).waitFor();
    await page.getByText("→").first().waitFor();
    await accessible(page, "travel");
    assert.deepEqual(page.wrong, []);
  });
});

test("O-38: the tasks of one visit are changed in the planning", async () => {
  await pictured(page, "visit tasks", async () => {
    await visit(page, server, "#/visits");
    await page.getByText(/^\d tâches$/).first().waitFor();
    const chips = page.getByRole("button").filter({ hasText: "tâches" });
    await chips.last().click();
    const form = dialog("Intervention");
    const tasks = form.getByLabel("Tâches prévues pour cette intervention");
    const before = await tasks.inputValue();
    await tasks.fill(`${before}\nArroser les plantes`);
    await form.locator("section").getByRole("button", { name: "Enregistrer" }).click();
    await said(page, "Tâches prévues.");
    await form.getByText("Modifiées pour cette intervention").waitFor();
    await form.locator("section").getByRole("button", { name: "Enregistrer" }).waitFor({ state: "detached" });
  });
});
