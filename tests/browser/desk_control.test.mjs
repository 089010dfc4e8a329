// What the office may take back, set and export; a badged visit that is given on; hostile words where
// something is blocked or called off.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { agency, api, HOUR, lately, said, signIn, visit } from "./desk.mjs";
import { accessible, binary, fits, HOSTILE, openBrowser, openPage, pictured, start, startEmpty } from "./harness.mjs";

let server, browser, page, phone, made;
before(async () => {
  server = await startEmpty();
  phone = await start(binary("phone"), ["--folder", join(server.dir, "phone"), "--controls"], {
    ready: (output) => /^phone: (http:\S+)$/m.exec(output),
  });
  browser = await openBrowser();
  page = await openPage(browser);
  await signIn(page, server);
  made = await agency(page, server);
  await api(page, server, "PUT", `/caregivers/${made.amina.id}/transmit`, { transmit: true });
  const { link } = await api(page, server, "POST", `/caregivers/${made.amina.id}/enrolments`, {});
  await act({ do: "enrol", link, phone_name: "Galaxy A15" });
  await act({ do: "sync_now" });
});
after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

async function act(what) {
  const answer = await fetch(`${phone.found[1]}/door/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(what),
  });
  assert.ok(answer.ok, `${what.do}: ${await answer.text()}`);
}
const dialog = (name) => page.getByRole("dialog", { name });
const row = (...words) => words.reduce((rows, hasText) => rows.filter({ hasText }), page.getByRole("row"));
const long = "x".repeat(10_000);

describe("the control of hours", { concurrency: false }, () => {
  it("O-08: a badged visit is given to nobody else; who takes over gets a visit of their own", async () => {
    await pictured(page, "given-on", async () => {
      await act({ do: "badge", reading: { method: "qr", text: made.tag.link }, visit: made.visit.id, unplanned: false });
      await act({ do: "sync_now" });
      const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(made.visit.starts_at);
      await visit(page, server, `#/visits?day=${day}&view=day`);
      await page.getByRole("button", { name: /Garrigues/ }).first().click();
      const form = dialog("Intervention");
      await form.getByLabel("Intervenant").selectOption({ label: "Bruno Lecomte" });
      await form.getByRole("button", { name: "Enregistrer" }).click();
      await form.getByText(/Amina Belkacem a déjà badgé cette intervention/).waitFor();
      await accessible(page, "a badged visit that is given on");
      await page.screenshot({ path: join(server.dir, "given-on.png") });
      await form.getByRole("button", { name: "Planifier une autre intervention" }).click();
      const other = dialog("Nouvelle intervention");
      await other.getByRole("button", { name: "Créer l'intervention" }).click();
      await said(page, "Intervention créée.");
      const now = await api(page, server, "GET", `/visits/${made.visit.id}`);
      assert.equal(now.caregiver_name, "Amina Belkacem");
    });
  });

  it("B-11: a caregiver without a phone is said to have none", async () => {
    await pictured(page, "no-phone", async () => {
      await visit(page, server, `#/board?${lately()}&filter=missing`);
      await row("Lecomte").getByText("Sans téléphone").waitFor();
      await page.getByRole("button", { name: /Détail.*Bruno Lecomte/ }).click();
      await dialog("Détail").getByText(/Aucun téléphone n'est relié/).waitFor();
      await page.keyboard.press("Escape");
    });
  });

  it("O-34: an acceptance is taken back from its toast, and the history keeps both", async () => {
    await pictured(page, "undo", async () => {
      const by_hand = { visit: made.visit.id, client: null, kind: "end", reason: "tag_error", declared_at: null };
      await act({ do: "clock_by_hand", ...by_hand, note: "" });
      await act({ do: "sync_now" });
      await visit(page, server, `#/board?${lately()}`);
      await row("Belkacem").getByText("À vérifier").waitFor();
      await page.getByRole("button", { name: /^Accepter le badgeage de Amina/ }).click();
      await said(page, "Badgeage accepté.");
      await row("Belkacem").getByText("Acceptée").waitFor();
      await page.getByRole("button", { name: "Annuler", exact: true }).click();
      await said(page, /1 acceptation annulée/);
      await row("Belkacem").getByText("À vérifier").waitFor();
      await page.getByRole("button", { name: /Détail.*Amina Belkacem/ }).click();
      await dialog("Détail").getByText(/^Annulé par Claire Delmas/).waitFor();
      await page.keyboard.press("Escape");
    });
  });

  it("B-01: the proof of a month is downloaded from the board", async () => {
    await pictured(page, "month-proof", async () => {
      await page.getByRole("button", { name: "Preuve du mois" }).click();
      const proof = dialog("Preuve d'un mois");
      const month = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(made.visit.starts_at).slice(0, 7);
      await proof.getByLabel("Mois").selectOption(month);
      await accessible(page, "the proof of a month");
      const [file] = await Promise.all([
        page.waitForEvent("download"),
        proof.getByRole("button", { name: "Télécharger" }).click(),
      ]);
      assert.equal(file.suggestedFilename(), `releve-preuve-${month}.json`);
      const read = JSON.parse(readFileSync(await file.path(), "utf8"));
      assert.equal(read.month, month);
      assert.equal(read.devices[0].stamps.length, 2);
      await proof.waitFor({ state: "hidden" });
    });
  });

  it("O-34, O-45: an administrator changes a threshold with a reason, undoes it, and the page keeps who, when and why", async () => {
    await pictured(page, "thresholds", async () => {
      await visit(page, server, "#/settings?view=thresholds");
      const row = page.getByRole("listitem").filter({ hasText: "Écart accepté sans examen" }).first();
      await row.getByText("5 min").waitFor();
      const change = () => page.getByRole("button", { name: "Modifier : Écart accepté sans examen" }).click();
      await change();
      const form = dialog("Écart accepté sans examen");
      const field = form.getByLabel("Valeur, en minutes");
      await field.fill("31");
      await form.getByText("Choisissez un nombre entier, de 0 à 30.").waitFor();
      await field.fill("12");
      await form.getByRole("button", { name: "Enregistrer" }).click();
      await form.getByText("Dites pourquoi vous changez ce seuil.").waitFor();
      await accessible(page, "a threshold");
      await form.getByLabel("Pourquoi").fill("Bouchons du matin");
      await form.getByRole("button", { name: "Enregistrer" }).click();
      await said(page, "Seuil changé.");
      await row.getByText("12 min").first().waitFor();
      assert.equal((await api(page, server, "GET", "/me")).organisation.tolerance_min, 12);
      await page.getByRole("button", { name: "Annuler", exact: true }).click();
      await row.getByText("Changements").click();
      await row.getByText("12 min → 5 min · Changement annulé aussitôt").waitFor();
      await row.getByText("5 min → 12 min · Bouchons du matin").waitFor();
      await accessible(page, "thresholds");
      await fits(page, "thresholds");

      // One of the alarms', which its own page shows too.
      await page.getByRole("button", { name: "Modifier : Temps pour annuler une alarme" }).click();
      const alarm = dialog("Temps pour annuler une alarme");
      await alarm.getByLabel("Valeur, en secondes").fill("20");
      await alarm.getByLabel("Pourquoi").fill("Demande des salariés");
      await alarm.getByRole("button", { name: "Enregistrer" }).click();
      await alarm.waitFor({ state: "hidden" });
      assert.equal((await api(page, server, "GET", "/alarms/settings")).settings.rules.pre_alarm_s, 20);
    });
  });

  it("B-19: the page of periods says what is held, what a shorter one would erase, and asks why", async () => {
    await pictured(page, "kept", async () => {
      await visit(page, server, "#/settings?view=kept");
      const row = page.getByRole("listitem").filter({ hasText: "Interventions, pointages et heures retenues" }).first();
      await row.getByText("Durée fixée par la règle, la même pour tous.").waitFor();
      assert.equal(await row.getByRole("button").count(), 0, "nothing to change");
      await page.getByRole("button", { name: "Modifier la durée : Messages" }).click();
      const form = dialog("Messages");
      await form.getByLabel("Durée, en jours").fill("10");
      await form.getByText("Choisissez un nombre entier de jours, de 30 à 1 825.").waitFor();
      await form.getByLabel("Durée, en jours").fill("60");
      await form.getByText("Rien de plus ne sera effacé au prochain passage.").waitFor();
      await form.getByLabel("Pourquoi").fill("Accord du CSE");
      await accessible(page, "a period");
      await form.getByRole("button", { name: "Enregistrer" }).click();
      await form.waitFor({ state: "hidden" });
      await page.getByText("60 jours après l'envoi").waitFor();
      await accessible(page, "periods");
      await fits(page, "periods");
    });
  });

  it("B-19: a client's page says who has read the sheet, with which role and sections", async () => {
    await pictured(page, "accesses", async () => {
      await visit(page, server, `#/clients/${made.client.id}`);
      const card = page.getByRole("region", { name: "Qui a consulté cette fiche" });
      await card.getByText("a lu une fiche d'usager").first().waitFor();
      await card.getByText(/direction · rubriques : Accès/).first().waitFor();
      await accessible(page, "accesses");
      await fits(page, "accesses");
      await visit(page, server, "#/settings");
    });
  });

  it("changes one's own password; the old one is asked", async () => {
    await pictured(page, "password", async () => {
      const next = "Trois-Merles-4-Pies";
      const fill = async (old, first, again) => {
        await page.getByLabel("Mot de passe actuel").fill(old);
        await page.getByLabel("Nouveau mot de passe", { exact: true }).fill(first);
        await page.getByLabel("Nouveau mot de passe, encore une fois").fill(again);
        await page.getByRole("button", { name: "Changer le mot de passe" }).click();
      };
      const { password } = server.accounts.admin;
      await fill(password, next, "Autre-Chose-5-Pies");
      await page.getByText("Les deux ne sont pas les mêmes.").waitFor();
      await fill("Pas-Le-Bon-7-Mot", next, next);
      await page.getByText("Ce n'est pas votre mot de passe actuel.").waitFor();
      await fill(password, "court", "court");
      await page.getByText("Ce mot de passe est trop court, trop simple ou trop connu.").waitFor();
      await fill(password, next, next);
      await said(page, /Mot de passe changé/);
      server.accounts.admin.password = next;
      await visit(page, server, "#/board");
      const again = await openPage(browser);
      await signIn(again, server);
      await again.context().close();
    });
  });

  it("hostile words are words where a visit is called off and a phone is blocked, and too long is said", async () => {
    await pictured(page, "hostile-control", async () => {
      const now = Date.now();
      const words = `${HOSTILE.image} ${HOSTILE.rightToLeft}`;
      const later = await api(page, server, "POST", "/visits", {
        membership: made.bruno.id, client: made.client.id, service: "Repas", starts_at: now + 26 * HOUR, ends_at: now + 27 * HOUR,
      });
      const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(later.visit.starts_at);
      await visit(page, server, `#/visits?day=${day}&view=day`);
      await page.getByRole("button", { name: /Garrigues/ }).first().click();
      await dialog("Intervention").getByRole("button", { name: "Annuler l'intervention" }).click();
      const cancel = dialog("Annuler cette intervention ?");
      await cancel.getByLabel("Motif de l'annulation").fill(long);
      await cancel.getByRole("button", { name: "Annuler l'intervention" }).click();
      await cancel.getByText("Ce texte est trop long.").first().waitFor();
      await cancel.getByLabel("Motif de l'annulation").fill(words);
      await cancel.getByRole("button", { name: "Annuler l'intervention" }).click();
      await said(page, "Intervention annulée.");
      await visit(page, server, `#/board?day=${day}`);
      await page.getByRole("button", { name: /Détail.*Bruno Lecomte/ }).click();
      await dialog("Détail").getByText("onerror=alert", { exact: false }).waitFor();
      await fits(page, "a cancelled visit with hostile words");
      await page.keyboard.press("Escape");

      await visit(page, server, "#/phones");
      await page.getByRole("button", { name: "Bloquer le téléphone de Amina Belkacem" }).click();
      const block = dialog("Bloquer le téléphone de Amina Belkacem");
      const sim = block.getByLabel("Numéro de la carte SIM");
      const note = block.getByLabel("Note");
      const go = block.getByRole("button", { name: "Bloquer ce téléphone" });
      await sim.fill(long);
      await go.click();
      await block.getByText("Ce texte est trop long.").first().waitFor();
      await sim.fill(`"><img src=x onerror=alert(1)>`);
      await note.fill(long);
      await go.click();
      await block.getByText("Ce texte est trop long.").first().waitFor();
      await note.fill(words);
      await go.click();
      await block.waitFor({ state: "hidden" });
      await row("Belkacem").getByText(/SIM .*onerror=alert\(1\)/).waitFor();
      await fits(page, "a blocked phone with hostile words");
      assert.equal(await page.locator("main img").count(), 0);
    });
    assert.deepEqual(page.wrong, []);
  });
});
