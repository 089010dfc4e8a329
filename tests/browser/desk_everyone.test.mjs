// The desk for everyone (B-20): every screen and window of a full agency, in light and dark, narrow,
// with text at 200 %, and by keyboard alone.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { api, lately, signIn, visit } from "./desk.mjs";
import { accessible, fits, openBrowser, openPage, pictured, startDemo } from "./harness.mjs";

let server, browser, screens;
before(async () => {
  server = await startDemo();
  server.accounts = { admin: server.told };
  browser = await openBrowser();
  const page = await openPage(browser);
  await signIn(page, server);
  const [caregiver] = await api(page, server, "GET", "/caregivers");
  const [client] = await api(page, server, "GET", "/clients");
  await page.context().close();
  const press = (name, role = "button") => (page) => page.getByRole(role, { name }).first().click();
  screens = [
    [`#/board?${lately(3)}`, "control board"],
    [`#/board?${lately(3)}`, "details of a visit", press(/^Détail de l'intervention/)],
    [`#/board?${lately(3)}`, "correct", press(/^Corriger les heures/)],
    [`#/board?${lately(3)}`, "accept many", press(/sans écart$/)],
    [`#/visits?caregiver=${caregiver.id}`, "week"],
    ["#/visits?view=day", "day"],
    [`#/visits?caregiver=${caregiver.id}`, "new visit", press("Intervention")],
    ["#/caregivers", "caregivers"],
    [`#/caregivers/${caregiver.id}`, "caregiver's file"],
    ["#/caregivers", "menu", press(/^Actions · /)],
    ["#/caregivers", "enrolment", press(/^Relier un téléphone pour/)],
    ["#/clients", "clients"],
    [`#/clients/${client.id}`, "client's file"],
    [`#/clients/${client.id}`, "new tag", press("Nouveau badge")],
    [`#/clients/${client.id}`, "withdraw a tag", press(/^Retirer le badge/)],
    ["#/clients/new", "new client"],
    ["#/phones", "phones"],
    ["#/phones", "block a phone", press(/^Bloquer le téléphone de/)],
    ["#/alarms", "alarms"],
    ["#/audit", "journal"],
    ["#/settings", "settings"],
    ["#/settings?view=thresholds", "thresholds"],
    ["#/settings?view=thresholds", "a threshold", press(/^Modifier : Lecture sans réseau/)],
    ["#/settings?view=care", "services and sections"],
    ["#/settings?view=kept", "periods"],
    ["#/settings?view=kept", "a period", press(/^Modifier la durée : Messages/)],
    ["#/nowhere", "unknown page"],
  ];
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function everyScreen(page, look) {
  for (const [hash, name, open] of screens) {
    await pictured(page, `everyone ${name}`, async () => {
      // A new document: no window of the screen before is left open.
      await page.goto("about:blank");
      await visit(page, server, hash);
      if (open) {
        await open(page);
        await page.locator("dialog[open], [role=menu]").first().waitFor();
        await page.waitForFunction(() => !document.querySelector('[data-state="loading"]'));
      }
      await look(name);
    });
  }
}

describe("every screen of the desk", { concurrency: false }, () => {
  for (const scheme of ["light", "dark"]) {
    it(`has no serious fault of accessibility in ${scheme}`, async () => {
      const page = await openPage(browser, { scheme });
      await page.goto(server.url);
      await page.getByRole("button", { name: "Se connecter" }).waitFor();
      await accessible(page, `sign-in in ${scheme}`);
      await signIn(page, server);
      // Only colours differ in the dark.
      const rules = scheme === "dark" ? ["color-contrast"] : null;
      await everyScreen(page, (name) => accessible(page, `${name} in ${scheme}`, rules));
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });
  }

  for (const [what, size] of [["768 px wide", { width: 768, height: 1024 }], ["at 200 %", { width: 720, height: 450 }], ["400 px wide", { width: 400, height: 800 }]]) {
    it(`loses nothing ${what}`, async () => {
      const page = await openPage(browser, size);
      await signIn(page, server);
      await everyScreen(page, (name) => fits(page, `${name} ${what}`));
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });
  }

  it("has names in English too", async () => {
    const page = await openPage(browser, { locale: "en-GB" });
    await page.goto(server.url);
    await page.getByLabel("Login").fill(server.told.login);
    await page.getByLabel("Password", { exact: true }).fill(server.told.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    for (const name of ["Control board", "Planning", "Caregivers", "Clients", "Phones", "Journal", "Settings"]) {
      await page.getByRole("link", { name }).first().click();
      await page.getByRole("heading", { level: 1, name }).waitFor();
      assert.equal(await page.title(), `${name} · Relève`);
      await page.waitForFunction(() => !document.querySelector('[data-state="loading"]'));
      const french = await page.locator("main").innerText();
      assert.doesNotMatch(french, /\b(Intervenant|Usager|Téléphone|Aucun|Prévu)\b/, `${name} still speaks French`);
    }
    await page.context().close();
  });

  it("is worked by keyboard alone: skip, walk, open, write, close, and the focus comes back", async () => {
    const page = await openPage(browser);
    await pictured(page, "keyboard", async () => {
      await signIn(page, server);
      await page.goto("about:blank");
      await visit(page, server, `#/board?${lately(3)}`);
      await page.keyboard.press("Tab");
      const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      assert.equal(await focused(), "Aller au contenu", "the first stop skips the menu");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "main");

      const opener = page.getByRole("button", { name: /^Détail de l'intervention/ }).first();
      for (let n = 0; n < 60 && !(await opener.evaluate((e) => e === document.activeElement)); n += 1) {
        await page.keyboard.press("Tab");
        const seen = await page.evaluate(() => {
          const element = document.activeElement;
          const box = element.getBoundingClientRect();
          return element === document.body || (box.width > 0 && box.height > 0);
        });
        assert.ok(seen, "the focus is never on something invisible");
      }
      await page.keyboard.press("Enter");
      const panel = page.getByRole("dialog", { name: "Détail de l'intervention" });
      await panel.waitFor();
      for (let n = 0; n < 25; n += 1) {
        await page.keyboard.press("Tab");
        const inside = await page.evaluate(() => !!document.activeElement?.closest("dialog") || document.activeElement === document.body);
        assert.ok(inside, "the focus stays in the window");
      }
      await page.keyboard.press("Escape");
      await panel.waitFor({ state: "detached" });
      assert.ok(await opener.evaluate((e) => e === document.activeElement), "the focus comes back");

      // Who is quicker than the network loses nothing: the form opens once the lists are here.
      let answer;
      const asked = new Promise((resolve) => (answer = resolve));
      await page.route("**/api/desk/caregivers", async (route) => {
        await asked;
        await route.continue();
      });
      await page.getByRole("link", { name: "Planning" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: /Planning/ }).waitFor();
      await page.waitForFunction(() => document.activeElement?.id === "main");
      await page.getByRole("button", { name: "Intervention", exact: true }).press("Enter");
      await page.locator('button[aria-busy="true"]', { hasText: "Intervention" }).waitFor();
      answer();
      const form = page.getByRole("dialog", { name: "Nouvelle intervention" });
      await form.waitFor();
      assert.ok(await form.getByLabel("Intervenant").evaluate((e) => e === document.activeElement), "it opens on its first field");
      await page.keyboard.press("Escape");
      await form.waitFor({ state: "hidden" });
    });
    assert.deepEqual(page.wrong, []);
    await page.context().close();
  });
});
