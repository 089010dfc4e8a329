// An agency begins: people, tags, visits, from empty screens to a planning that phones would get.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, HOUR, said, signIn, visit } from "./desk.mjs";
import { HOSTILE, openBrowser, openPage, pictured, startEmpty } from "./harness.mjs";

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

const plusDays = (day, days) => new Date(Date.parse(`${day}T12:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10);
/** The Monday after next: its week has no visit of these stories. */
function nextMonday() {
  const today = new Date().toISOString().slice(0, 10);
  return plusDays(today, 15 - (new Date().getUTCDay() || 7));
}
const row = (name) => page.getByRole("row").filter({ hasText: name });
const dialog = (name) => page.getByRole("dialog", { name });

test("an empty agency says what to do, which is not loading and not an error", async () => {
  await pictured(page, "empty", async () => {
    for (const [hash, words] of [
      ["#/board", "Aucune intervention sur cette période."],
      ["#/visits", "Il n'y a pas encore d'intervenant. Créez-en un pour planifier."],
      ["#/caregivers", "Aucun intervenant pour l'instant."],
      ["#/clients", "Aucun usager pour l'instant."],
      ["#/phones", "Aucun téléphone relié."],
    ]) {
      await visit(page, server, hash);
      await page.locator('[data-state="empty"]').getByText(words).waitFor();
    }
    await page.route("**/api/desk/clients", (route) => route.fulfill({ status: 200, body: "<html>portail Wi-Fi</html>" }));
    await visit(page, server, "#/clients");
    await page.locator('[data-state="error"]').getByText(/ne vient pas du serveur de Relève/).waitFor();
    await page.unroute("**/api/desk/clients");
    await page.route("**/api/desk/clients", (route) => route.abort());
    await page.getByRole("button", { name: "Réessayer" }).click();
    await page.locator('[data-state="error"]').getByText(/Le serveur ne répond pas/).waitFor();
    await page.unroute("**/api/desk/clients");
    await page.getByRole("button", { name: "Réessayer" }).click();
    await page.locator('[data-state="empty"]').waitFor();
  });
});

test("O-06, O-07: a caregiver is created, ticked \"Transmettre\", and her icon says why nothing has gone yet", async () => {
  await pictured(page, "caregiver", async () => {
    await visit(page, server, "#/caregivers");
    for (const [first, last] of [["Amina", "Belkacem"], ["Bruno", "Lecomte"]]) {
      await page.getByRole("button", { name: "Intervenant", exact: true }).first().click();
      const form = dialog("Nouvel intervenant");
      await form.getByRole("button", { name: "Enregistrer" }).click();
      assert.equal(await form.getByText("Ce champ est nécessaire.").count(), 3);
      await form.getByLabel("Prénom").fill(first);
      await form.getByLabel("Nom", { exact: true }).fill(last);
      await form.getByLabel("Fonction").fill("Auxiliaire de vie");
      await form.getByLabel("Téléphone").fill("06 12 34 56 78");
      await form.getByRole("button", { name: "Enregistrer" }).click();
      await form.waitFor({ state: "hidden" });
      await row(last).getByText("06 12 34 56 78").waitFor();
    }
    const tick = page.getByRole("switch", { name: "Transmettre le planning à Amina Belkacem" });
    assert.ok(!(await tick.isChecked()));
    await row("Belkacem").getByText("Pas transmis", { exact: true }).waitFor();
    await row("Belkacem").getByText(/«\sTransmettre\s» n'est pas coché, aucune intervention/).waitFor({ state: "attached" });
    await tick.click();
    await said(page, "Le planning sera transmis.");
    await page.waitForFunction((t) => t.checked, await tick.elementHandle());

    await page.getByLabel("Nom ou téléphone").fill("amina");
    await row("Lecomte").waitFor({ state: "detached" });
    assert.match(page.url(), /q=amina/, "the search is in the address");
    await page.getByRole("link", { name: "Amina Belkacem" }).click();
    const file = dialog("Fiche de l'intervenant");
    await file.getByLabel("Fonction").fill("Aide à domicile");
    await file.getByRole("button", { name: "Enregistrer" }).click();
    await row("Belkacem").getByText("Aide à domicile").waitFor();
  });
});

test("O-01: a client is created with what to know, gets a tag, its sheet is printed, and it is withdrawn", async () => {
  await pictured(page, "client", async () => {
    await visit(page, server, "#/clients");
    await page.getByRole("link", { name: "Usager", exact: true }).first().click();
    await page.getByLabel("Prénom").fill("Odette");
    await page.getByLabel("Nom", { exact: true }).fill("Garrigues");
    await page.getByLabel("Numéro et rue").fill("3 rue des Tilleuls");
    await page.getByLabel("Code postal").fill("8100");
    await page.getByLabel("Commune").fill("Albi");
    await page.getByLabel("Code de la porte").fill("12B45");
    await page.getByRole("button", { name: "Ajouter une rubrique" }).click();
    await page.getByLabel("Sujet").selectOption("health");
    await page.getByLabel("Texte").fill("Diabète : ne pas sauter le goûter.");
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("alert").getByText("Un champ n'est pas correct.").waitFor();
    assert.equal(await page.getByLabel("Code postal").getAttribute("aria-invalid"), "true", "the server names the field");
    await page.getByLabel("Code postal").fill("81000");
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("heading", { level: 1, name: "Mme Odette Garrigues" }).waitFor();
    assert.equal(await page.getByLabel("Texte").inputValue(), "Diabète : ne pas sauter le goûter.");

    await page.getByText("Aucun badge", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Nouveau badge" }).click();
    const issue = dialog("Nouveau badge");
    await issue.getByLabel("Où il est").fill("Porte d'entrée");
    await issue.getByRole("button", { name: "Créer le badge" }).click();
    const issued = dialog("Badge créé");
    assert.ok((await issued.getByRole("img", { name: "QR code du badge" }).locator("path").getAttribute("d")).length > 500);
    const link = await issued.getByLabel("Lien du badge").inputValue();
    assert.ok(link.startsWith(`${server.url}/b/`), link);
    await issued.getByRole("button", { name: "Fermer" }).last().click();

    const opened = page.context().waitForEvent("page");
    await page.getByRole("link", { name: "Feuille à imprimer du badge Porte d'entrée" }).click();
    const sheet = await opened;
    await sheet.getByRole("heading", { name: /Garrigues/ }).waitFor();
    assert.equal(await sheet.locator("svg").count(), 1);
    assert.deepEqual(await sheet.evaluate(() => [...document.scripts].length), 0);
    await sheet.close();

    await page.getByRole("button", { name: "Retirer le badge Porte d'entrée" }).click();
    const revoke = dialog("Retirer ce badge");
    await revoke.getByRole("button", { name: "Retirer le badge" }).click();
    await revoke.getByText("Ce champ est nécessaire.").waitFor();
    await revoke.getByLabel("Motif").selectOption("lost");
    await revoke.getByRole("button", { name: "Retirer le badge" }).click();
    await page.getByText("Retiré", { exact: true }).waitFor();
    assert.equal(await page.getByRole("link", { name: /Feuille à imprimer/ }).count(), 0);

    await page.getByRole("button", { name: "Nouveau badge" }).click();
    await issue.getByText("Badge NFC à code changeant").click();
    await issue.getByLabel("Où il est").fill("Cuisine");
    await issue.getByRole("button", { name: "Créer le badge" }).click();
    assert.match(await issued.getByLabel("Clé 0").inputValue(), /^[0-9A-Fa-f]{32}$/);
    assert.match(await issued.getByLabel("Modèle de lien", { exact: true }).inputValue(), /picc=0+.*cmac=0+/);
    await issued.getByRole("button", { name: "Fermer" }).last().click();
  });
});

test("O-08: a visit is planned, warned of an overlap, moved by keyboard, cancelled and restored; another desk sees it live", async () => {
  const other = await openPage(browser);
  await signIn(other, server, server.accounts.supervisor, "#/visits");
  await pictured(page, "visits", async () => {
    await visit(page, server, "#/visits");
    const plan = async (from, to) => {
      await page.getByRole("button", { name: "Intervention", exact: true }).click();
      const form = dialog("Nouvelle intervention");
      await form.getByLabel("Intervenant").selectOption({ label: "Amina Belkacem" });
      await form.getByLabel("Usager").selectOption({ label: "Garrigues Odette, Albi" });
      await form.getByLabel("Prestation").fill("Aide au lever");
      await form.getByLabel("Début").fill(from);
      await form.getByLabel("Fin").fill(to);
      return form;
    };
    let form = await plan("8h", "930");
    await form.getByText("Durée : 1 h 30").waitFor();
    await form.getByRole("button", { name: "Créer l'intervention" }).click();
    await form.waitFor({ state: "hidden" });
    const chip = page.getByRole("button", { name: /08:00.*09:30.*Garrigues/ });
    await chip.waitFor();
    await other.getByRole("button", { name: /08:00.*09:30.*Garrigues/ }).waitFor({ timeout: 10_000 });

    form = await plan("09:00", "10:00");
    await form.getByText(/Attention, en même temps\s: .*Garrigues.*\s08:00/).waitFor();
    await form.getByRole("button", { name: "Enregistrer quand même" }).click();
    await form.waitFor({ state: "hidden" });

    await page.getByRole("button", { name: /09:00.*10:00.*Garrigues/ }).focus();
    await page.keyboard.press("Enter");
    form = dialog("Intervention");
    await form.getByLabel("Intervenant").selectOption({ label: "Bruno Lecomte" });
    await form.getByLabel("Début").fill("22:00");
    await form.getByLabel("Fin").fill("06:00");
    await form.getByText("Durée : 8 h, jusqu'au lendemain").waitFor();
    await form.getByRole("button", { name: "Enregistrer", exact: true }).click();
    await form.waitFor({ state: "hidden" });
    await row("Bruno Lecomte").getByRole("button", { name: /22:00.*06:00/ }).waitFor();

    await chip.click();
    await form.getByRole("button", { name: "Annuler l'intervention" }).click();
    const cancel = dialog("Annuler cette intervention");
    await cancel.getByRole("button", { name: "Annuler l'intervention" }).click();
    await cancel.getByText("Ce champ est nécessaire.").waitFor();
    await cancel.getByLabel("Motif de l'annulation").fill("Hospitalisation");
    await cancel.getByRole("button", { name: "Annuler l'intervention" }).click();
    await chip.getByText("Annulée").waitFor();
    await other.getByRole("button", { name: /08:00.*Annulée/ }).waitFor({ timeout: 10_000 });

    await chip.click();
    await form.getByText(/Hospitalisation/).waitFor();
    await form.getByRole("button", { name: "Rétablir l'intervention" }).click();
    await chip.getByText("Annulée").waitFor({ state: "detached" });

    await page.getByRole("radio", { name: "Jour" }).check();
    await page.getByRole("region", { name: "Journée de Amina Belkacem" }).getByRole("button", { name: /08:00/ }).waitFor();
  });
  assert.deepEqual(other.wrong, []);
  await other.context().close();
});

test("a visit dragged to another caregiver and day is moved after a look", async () => {
  await pictured(page, "drag", async () => {
    const monday = nextMonday();
    await visit(page, server, `#/visits?day=${monday}`);
    const [amina] = await api(page, server, "GET", "/caregivers?q=Belkacem");
    const [client] = await api(page, server, "GET", "/clients");
    const at = await page.evaluate((day) => new Date(`${day}T09:00`).getTime(), monday);
    const when = { starts_at: at, ends_at: at + 3_600_000, service: "Courses" };
    await api(page, server, "POST", "/visits", { membership: amina.id, client: client.id, ...when });
    const chip = page.getByRole("button", { name: /09:00.*10:00.*Garrigues/ });
    await chip.waitFor();
    await chip.dragTo(row("Bruno Lecomte").getByRole("cell").nth(2));
    const form = dialog("Intervention");
    assert.equal(await form.getByLabel("Jour").inputValue(), plusDays(monday, 2));
    await form.getByRole("button", { name: "Enregistrer", exact: true }).click();
    await row("Bruno Lecomte").getByRole("cell").nth(2).getByRole("button", { name: /09:00/ }).waitFor();
  });
});

test("somebody else's change is told, and what was being written is not lost", async () => {
  await pictured(page, "stale", async () => {
    const [client] = await api(page, server, "GET", "/clients");
    const sheet = await api(page, server, "GET", `/clients/${client.id}`);
    await visit(page, server, `#/clients/${client.id}`);
    await page.getByLabel("Étage, bâtiment").fill("2e étage, porte gauche");
    await api(page, server, "PUT", `/clients/${client.id}`, { ...sheet, street: "5 rue des Tilleuls" });
    await page.getByText(/Quelqu'un l'a modifié entre-temps/).first().waitFor();
    assert.equal(await page.getByLabel("Étage, bâtiment").inputValue(), "2e étage, porte gauche");
    await page.getByRole("button", { name: "Enregistrer", exact: true }).click();
    await page.getByRole("alert").getByText(/modifié entre-temps/).first().waitFor();
    await page.getByRole("button", { name: "Réessayer" }).click();
    assert.equal(await page.getByLabel("Numéro et rue").inputValue(), "5 rue des Tilleuls");
  });
});

test("hostile texts in every field are shown as texts, and a text that is too long is refused with its field named", async () => {
  await pictured(page, "hostile", async () => {
    const texts = Object.values(HOSTILE);
    const evil = (n) => texts[n % texts.length];
    await visit(page, server, "#/clients/new");
    const fields = ["Prénom", "Nom", "Numéro et rue", "Étage, bâtiment", "Commune", "Code de la porte"];
    for (const [n, label] of fields.entries()) {
      await page.getByLabel(label, { exact: label === "Nom" }).fill(evil(n).slice(0, 40));
    }
    await page.getByLabel("Code postal").fill("81000");
    await page.getByRole("button", { name: "Ajouter une rubrique" }).click();
    await page.getByLabel("Texte").fill("é".repeat(10_000));
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("alert").getByText("Ce texte est trop long.").waitFor();
    assert.equal(await page.getByLabel("Texte").inputValue(), "é".repeat(10_000), "nothing is cut behind one's back");
    await page.getByLabel("Texte").fill(texts.join("\n"));
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("heading", { level: 1 }).getByText(HOSTILE.script).waitFor();
    // Accents are kept in one form (NFC), whichever way they were typed.
    assert.equal(await page.getByLabel("Texte").inputValue(), texts.join("\n").normalize("NFC"));

    await page.getByRole("button", { name: "Nouveau badge" }).click();
    await dialog("Nouveau badge").getByLabel("Où il est").fill(HOSTILE.image);
    await dialog("Nouveau badge").getByRole("button", { name: "Créer le badge" }).click();
    await dialog("Badge créé").getByRole("button", { name: "Fermer" }).last().click();
    await page.getByText(HOSTILE.image).first().waitFor();
    const opened = page.context().waitForEvent("page");
    await page.getByRole("link", { name: /Feuille à imprimer/ }).first().click();
    const sheet = await opened;
    sheet.on("dialog", () => page.wrong.push("a script ran on the printed sheet"));
    await sheet.getByText("<img").first().waitFor({ state: "attached" }).catch(() => {});
    assert.equal(await sheet.locator("img").count(), 0);
    await sheet.close();

    await visit(page, server, "#/caregivers/new");
    const form = dialog("Nouvel intervenant");
    await form.getByLabel("Prénom").fill(HOSTILE.rightToLeft);
    await form.getByLabel("Nom", { exact: true }).fill(HOSTILE.emoji);
    await form.getByLabel("Fonction").fill(HOSTILE.quote);
    await form.getByLabel("Téléphone").fill("<b>");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await form.getByRole("alert").waitFor();
    await form.getByLabel("Téléphone").fill("");
    await form.getByRole("button", { name: "Enregistrer" }).click();
    await form.waitFor({ state: "hidden" });
    await page.getByText(HOSTILE.quote).waitFor();

    await visit(page, server, "#/visits");
    await page.getByRole("button", { name: "Intervention", exact: true }).click();
    const plan = dialog("Nouvelle intervention");
    await plan.getByLabel("Intervenant").selectOption({ index: 1 });
    await plan.getByLabel("Usager").selectOption({ index: 1 });
    await plan.getByLabel("Prestation").fill(HOSTILE.image);
    await plan.getByLabel("Consignes").fill(HOSTILE.script);
    await plan.getByLabel("Début").fill("11:00");
    await plan.getByLabel("Fin").fill("11:30");
    await plan.getByRole("button", { name: "Créer l'intervention" }).click();
    await plan.waitFor({ state: "hidden" });
    await visit(page, server, `#/board?filter=${encodeURIComponent(HOSTILE.script)}&day=${encodeURIComponent(HOSTILE.image)}`);
    await page.getByRole("button", { name: /Détail de l'intervention/ }).last().click();
    await dialog("Détail de l'intervention").waitFor();
    for (const hash of ["#/caregivers", "#/clients", "#/visits", "#/visits?view=day", "#/audit", "#/<script>", "#/clients/%E0%A4%A"]) {
      await page.goto(`${server.url}/${hash}`);
      await page.locator("main#main h1").waitFor();
    }
  });
  assert.deepEqual(page.wrong, [], "nothing ran, nothing broke");
});

test("who goes on while a sheet is being made stays where she went", async () => {
  await pictured(page, "gone-on", async () => {
    let answer;
    const asked = new Promise((resolve) => (answer = resolve));
    await page.route("**/api/desk/clients", async (route) => {
      if (route.request().method() === "POST") await asked;
      await route.continue();
    });
    await visit(page, server, "#/clients/new");
    const typed = { Prénom: "Yvette", Nom: "Payet", "Numéro et rue": "4 rue de Paris", "Code postal": "97400", Commune: "Saint-Denis" };
    for (const [label, text] of Object.entries(typed)) await page.getByLabel(label, { exact: label === "Nom" }).fill(text);
    await page.getByRole("textbox", { name: /^Téléphone/ }).fill("06 92 12 34 56");
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("link", { name: "Intervenants" }).click();
    await page.getByRole("heading", { level: 1, name: "Intervenants" }).waitFor();
    answer();
    await said(page, "Fiche créée.");
    assert.equal(new URL(page.url()).hash, "#/caregivers");
    await page.unroute("**/api/desk/clients");
    // Her number is dialled as it was typed, and kept with the code of La Réunion.
    await visit(page, server, "#/clients");
    await page.getByRole("row").filter({ hasText: "Payet" }).getByText("06 92 12 34 56").waitFor();
    const kept = await api(page, server, "GET", "/clients");
    assert.equal(kept.find((one) => one.last_name === "Payet").phone, "+262692123456");
  });
});

test("the end of a contract is asked twice, and the person leaves the planning", async () => {
  await pictured(page, "end", async () => {
    await visit(page, server, "#/caregivers");
    await page.getByRole("button", { name: "Actions · Bruno Lecomte" }).click();
    await page.getByRole("menuitem", { name: "Fin de contrat" }).click();
    const end = dialog("Terminer le contrat de Bruno Lecomte");
    await end.getByRole("button", { name: "Terminer le contrat" }).click();
    await end.getByRole("alert").getByText(/encore des interventions à venir/).waitFor();
    await end.getByRole("link", { name: "Voir son planning" }).waitFor();
    const [bruno] = await api(page, server, "GET", "/caregivers?q=Lecomte");
    const [from, to] = [Date.now() - 30 * 24 * HOUR, Date.now() + 60 * 24 * HOUR];
    for (const { visit } of await api(page, server, "GET", `/visits?from=${from}&to=${to}&membership=${bruno.id}`)) {
      await api(page, server, "POST", `/visits/${visit.id}/cancel`, { reason: "Départ" });
    }
    await end.getByRole("button", { name: "Terminer le contrat" }).click();
    await end.waitFor({ state: "hidden" });
    await row("Lecomte").waitFor({ state: "detached" });
    await page.getByText("Montrer aussi les partis").click();
    await row("Lecomte").getByText("Parti").waitFor();
  });
  assert.deepEqual(page.wrong, []);
});
