// Hours on the control board, from a real phone's stamps: looked at, accepted, corrected; and a phone
// that is lost.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { agency, api, HOUR, lately, said, signIn, visit } from "./desk.mjs";
import { binary, openBrowser, openPage, pictured, start, startDemo, startEmpty } from "./harness.mjs";

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
});
after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

/** Something that Amina does on her phone; `sync` waits until the office has it. */
async function act(what) {
  const answer = await fetch(`${phone.found[1]}/door/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(what),
  });
  assert.ok(answer.ok, `${what.do}: ${await answer.text()}`);
}
const control = (what, body) =>
  fetch(`${phone.found[1]}/test/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
const dialog = (name) => page.getByRole("dialog", { name });
const row = (...words) => words.reduce((rows, hasText) => rows.filter({ hasText }), page.getByRole("row"));
const proof = () => api(page, server, "GET", `/visits/${made.visit.id}/proof`);

describe("the control board", { concurrency: false }, () => {
  it("enrols a phone with a code that waits, counts down and says when it is done", async () => {
    await pictured(page, "enrol", async () => {
      await visit(page, server, "#/caregivers");
      await page.getByRole("button", { name: "Relier un téléphone pour Amina Belkacem" }).click();
      const enrol = dialog("Relier le téléphone de Amina Belkacem");
      await enrol.getByRole("img", { name: "QR code de liaison" }).waitFor();
      await enrol.getByText(/Valable encore 15 minutes/).waitFor();
      const link = enrol.getByLabel("Ou envoyez ce lien");
      const first = await link.inputValue();
      await enrol.getByRole("button", { name: "Nouveau code" }).click();
      await page.waitForFunction(([field, old]) => field.value !== old, [await link.elementHandle(), first]);

      await act({ do: "enrol", link: await link.inputValue(), phone_name: "Galaxy A15" });
      await enrol.getByText("C'est fait", { exact: false }).waitFor();
      await enrol.getByRole("button", { name: "Fermer" }).last().click();
      await row("Belkacem").getByRole("link", { name: "Téléphone relié" }).waitFor();
    });
  });

  it("O-07: the icon turns green when the phone has confirmed, without a reload", async () => {
    await pictured(page, "transmission", async () => {
      await page.getByRole("switch", { name: "Transmettre le planning à Amina Belkacem" }).click();
      await said(page, "Le planning sera transmis.");
      await row("Belkacem").getByText(/En attente|Transmis/).first().waitFor();
      await act({ do: "sync_now" });
      await act({ do: "sync_now" });
      await row("Belkacem").getByText("Transmis", { exact: true }).waitFor({ timeout: 60_000 });
    });
  });

  it("shows a visit in progress as soon as the phone has sent it, with method, proof and quality of time", async () => {
    await pictured(page, "in-progress", async () => {
      await visit(page, server, `#/board?${lately()}`);
      await act({ do: "badge", reading: { method: "qr", text: made.tag.link }, visit: made.visit.id, unplanned: false });
      await act({ do: "sync_now" });
      await row("Garrigues").getByText("En cours").waitFor({ timeout: 10_000 });
      for (const word of ["QR code", "Moyenne", "Exacte"]) await row("Garrigues").getByText(word).waitFor();
      await page.getByRole("radio", { name: "En cours" }).check();
      await row("Garrigues").waitFor();
      assert.match(page.url(), /filter=in_progress/);
      await page.getByRole("radio", { name: "Manquants" }).check();
      await page.getByText("Aucun badgeage ne manque.").waitFor();
    });
  });

  it("O-16, O-34: a departure by hand is to be checked, with its reason, and is accepted; the stamps stay", async () => {
    await pictured(page, "accept", async () => {
      const by_hand = { visit: made.visit.id, client: null, kind: "end", reason: "tag_error", declared_at: null };
      await act({ do: "clock_by_hand", ...by_hand, note: "<b>badge mouillé</b>" });
      await act({ do: "sync_now" });
      await visit(page, server, `#/board?${lately()}&filter=to_check`);
      await row("Garrigues").getByText("À vérifier").waitFor();
      await row("Garrigues").getByText("Manuel").waitFor();
      await page.getByRole("button", { name: /^Détail de l'intervention/ }).click();
      const panel = dialog("Détail de l'intervention");
      await panel.getByText("Badgé à la main", { exact: false }).waitFor();
      await panel.getByText(/badge illisible/).waitFor();
      await panel.getByText("<b>badge mouillé</b>").waitFor();
      await panel.getByText("Texte signé par le téléphone").nth(1).waitFor();
      assert.equal(await panel.getByText("Texte signé par le téléphone").count(), 2);
      await panel.getByText("Texte signé par le téléphone").first().click();
      await panel.locator("pre").first().getByText(made.tag.link, { exact: false }).waitFor();
      await panel.getByText("Galaxy A15", { exact: false }).first().waitFor();
      // What is open stays open while something changes elsewhere: she writes her report.
      const written = { distance_hm: null, expenses_cents: null, comment: "", distance_note: "", report: "Elle a bien mangé." };
      await act({ do: "write_notes", visit: made.visit.id, notes: written });
      await act({ do: "sync_now" });
      await panel.getByText("Elle a bien mangé.").waitFor();
      assert.equal(await panel.locator("details[open]").count(), 1);

      const raw = (await proof()).stamps.map((s) => s.raw);
      await panel.getByRole("button", { name: "Accepter" }).click();
      await said(page, /Badgeage accepté/);
      await visit(page, server, `#/board?${lately()}`);
      await row("Garrigues").getByText("Acceptée").waitFor();
      assert.deepEqual((await proof()).stamps.map((s) => s.raw), raw, "no raw stamp has changed");
    });
  });

  it("O-34: times are corrected with a reason; the history tells both decisions, the stamps stay", async () => {
    await pictured(page, "correct", async () => {
      const raw = (await proof()).stamps.map((s) => s.raw);
      await page.getByRole("button", { name: /^Corriger les heures/ }).click();
      const form = dialog("Corriger les heures");
      await form.getByText(/Le badgeage d'origine reste tel quel/).waitFor();
      await form.getByRole("button", { name: "Reprendre le prévu" }).click();
      await form.getByText("Durée retenue : 1 h 55").waitFor();
      await form.getByRole("button", { name: "Retenir ces heures" }).click();
      await form.getByText("Ce champ est nécessaire.").waitFor();
      await form.getByLabel("Motif").selectOption("other");
      await form.getByRole("button", { name: "Retenir ces heures" }).click();
      await form.getByText(/Écrivez pourquoi/).waitFor();
      await form.getByLabel("Explication").fill(`"><img src=x onerror=alert(1)>`);
      await form.getByRole("button", { name: "Retenir ces heures" }).click();
      await form.waitFor({ state: "hidden" });
      await row("Garrigues").getByText("Corrigée").waitFor();
      await page.getByRole("button", { name: /^Détail de l'intervention/ }).click();
      const panel = dialog("Détail de l'intervention");
      await panel.getByText(/^Accepté/).waitFor();
      await panel.getByText(/^Corrigé\s: .*\(Autre\)/).waitFor();
      await panel.getByText("onerror=alert(1)", { exact: false }).waitFor();
      await panel.getByText(/par Claire Delmas/).first().waitFor();
      assert.deepEqual((await proof()).stamps.map((s) => s.raw), raw, "no raw stamp has changed");
      await page.keyboard.press("Escape");
    });
  });

  it("tells when somebody else has decided meanwhile", async () => {
    await pictured(page, "stale-board", async () => {
      await page.getByRole("button", { name: /^Corriger les heures/ }).click();
      const form = dialog("Corriger les heures");
      await form.waitFor();
      const board = await api(page, server, "GET", `/board?${lately()}`);
      const mine = board.rows.find((r) => r.visit.id === made.visit.id);
      const times = { starts_at: mine.visit.starts_at, ends_at: mine.visit.ends_at };
      await api(page, server, "POST", `/visits/${made.visit.id}/correct`, { ...times, reason: "device", note: "", rev: mine.rev });
      await form.getByRole("button", { name: "Retenir ces heures" }).click();
      await form.getByRole("alert").getByText(/modifié entre-temps/).waitFor();
      await form.getByRole("button", { name: "Annuler" }).click();
    });
  });

  it("B-11: a phone heard of since the start is late, no phone is said to be none, and neither is called absent", async () => {
    await pictured(page, "late-silent", async () => {
      const now = Date.now();
      const when = { starts_at: now - HOUR, ends_at: now + 2 * HOUR, service: "Repas", client: made.client.id };
      await api(page, server, "POST", "/visits", { ...when, membership: made.amina.id, force: true });
      await api(page, server, "POST", "/visits", { ...when, membership: made.bruno.id });
      await act({ do: "sync_now" });
      await visit(page, server, `#/board?${lately()}&filter=missing`);
      await row("Belkacem").getByText("Pas d'arrivée").waitFor();
      await row("Lecomte").getByText("Sans téléphone").waitFor();
      await page.getByRole("button", { name: /de Amina Belkacem/ }).first().click();
      await dialog("Détail").getByText(/Le téléphone a été en ligne .* rien n'a été badgé/).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /Détail.*Bruno Lecomte/ }).click();
      await dialog("Détail").getByText(/Aucun téléphone n'est relié/).waitFor();
      await page.keyboard.press("Escape");
      assert.doesNotMatch(await page.locator("main").innerText(), /absen/i);
    });
  });

  it("O-44: a lost phone is blocked after what happens is said, its SIM noted, the carrier's block ticked, the wipe confirmed", async () => {
    await pictured(page, "block", async () => {
      // Out of reach, as a lost phone is: else it wipes itself before anybody could see it asked for.
      await control("offline");
      await visit(page, server, "#/phones");
      await page.getByRole("button", { name: "Bloquer le téléphone de Amina Belkacem" }).click();
      const block = dialog("Bloquer le téléphone de Amina Belkacem");
      await block.getByText("Ce qui va se passer").waitFor();
      await block.getByText("Aucun nouveau téléphone n'est commandé", { exact: false }).waitFor();
      await block.getByRole("radio", { name: /Effacer tout de suite/ }).check();
      await block.getByLabel("Numéro de la carte SIM").fill("8933 0123 4567 8901");
      await block.getByRole("button", { name: "Bloquer ce téléphone" }).click();
      await block.waitFor({ state: "hidden" });
      await row("Belkacem").getByText("Effacement demandé").waitFor();
      await row("Belkacem").getByText(/SIM 8933/).waitFor();
      await row("Belkacem").getByText(/demander à l'opérateur de bloquer la ligne/).waitFor();
      await row("Belkacem").getByRole("button", { name: "La ligne est bloquée" }).click();
      await row("Belkacem").getByText("Ligne bloquée par l'opérateur").waitFor();
      // At its next contact the phone wipes itself and says so.
      await control("online");
      await act({ do: "sync_now" }).catch(() => {});
      await row("Belkacem").getByText("Effacé", { exact: true }).waitFor();
    });
    assert.deepEqual(page.wrong, []);
  });
});

describe("a full agency", { concurrency: false }, () => {
  it("O-34: what is within the tolerance is accepted with one button, the rest stays to be looked at one by one", async () => {
    const demo = await startDemo();
    const desk = await openPage(browser);
    try {
      await pictured(desk, "bulk", async () => {
        await signIn(desk, demo, demo.told);
        await visit(desk, demo, `#/board?${lately(3)}`);
        const button = desk.getByRole("button", { name: /^Accepter \d+ sans écart$/ });
        const count = Number(/\d+/.exec(await button.innerText())[0]);
        assert.ok(count > 0);
        const left = await desk.getByText("À vérifier", { exact: true }).count();
        await button.click();
        const sure = desk.getByRole("dialog", { name: `Accepter ${count} badgeage` });
        assert.equal(await sure.getByRole("listitem").count(), count, "each is named before it is accepted");
        await sure.getByRole("button", { name: "Accepter", exact: true }).click();
        await sure.waitFor({ state: "hidden" });
        await said(desk, new RegExp(`${count} badgeages? acceptés?`));
        await button.waitFor({ state: "detached" });
        assert.equal(await desk.getByText("À vérifier", { exact: true }).count(), left);
      });
      assert.deepEqual(desk.wrong, []);
    } finally {
      await desk.context().close();
      await demo.stop();
    }
  });
});
