// Signing in at the desk, the end of a session, and signing out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signIn, visit } from "./desk.mjs";
import { openBrowser, openPage, pictured, startEmpty } from "./harness.mjs";

let server, browser;
before(async () => {
  server = await startEmpty({ env: { RELEVE__LIMITS__SIGN_INS_PER_ACCOUNT: "3" } });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a wrong password is refused without saying which of the two is wrong; too many tries say how long to wait", async () => {
  const page = await openPage(browser);
  await pictured(page, "sign-in", async () => {
    await page.goto(server.url);
    const submit = page.getByRole("button", { name: "Se connecter" });
    await submit.click();
    assert.equal(await page.getByText("Ce champ est nécessaire.").count(), 2, "nothing is sent with empty fields");

    for (let n = 0; n < 3; n += 1) {
      await page.getByLabel("Identifiant").fill(server.accounts.supervisor.login);
      await page.getByLabel("Mot de passe").fill(`wrong ${n}`);
      await submit.click();
      await page.getByRole("alert").getByText("Identifiant ou mot de passe incorrect.").waitFor();
      assert.equal(await page.getByLabel("Mot de passe").inputValue(), "", "a wrong password is not kept on screen");
    }
    await page.getByLabel("Mot de passe").fill("wrong again");
    await submit.click();
    await page.getByRole("alert").getByText(/Trop d'essais. Vous pourrez réessayer dans \d+ (seconde|minute)/).waitFor();
  });
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("a link that was sent opens its page after signing in, filters included", async () => {
  const page = await openPage(browser);
  await pictured(page, "deep-link", async () => {
    await signIn(page, server, server.accounts.admin, "#/board?day=2026-10-05&filter=missing");
    await page.getByRole("heading", { name: /Contrôle.*lundi 5 octobre 2026/ }).waitFor();
    assert.ok(await page.getByRole("radio", { name: "Manquants" }).isChecked());
    await page.getByText("Aucun badgeage ne manque.").waitFor();
  });
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("when the session ends, one signs in again over the page, and what was being written is still there", async () => {
  const page = await openPage(browser);
  await pictured(page, "session-over", async () => {
    await signIn(page, server);
    await visit(page, server, "#/clients/new");
    await page.getByLabel("Prénom").fill("Odette");
    await page.getByLabel("Nom", { exact: true }).fill("Garrigues");
    await page.getByLabel("Numéro et rue").fill("3 rue des Tilleuls");
    await page.getByLabel("Code postal").fill("81000");
    await page.getByLabel("Commune").fill("Albi");
    await page.context().clearCookies();
    // The page reads on its own too: the dialog may be there before the click, and would catch it.
    await page.getByRole("button", { name: "Créer la fiche" }).dispatchEvent("click");

    const over = page.getByRole("dialog", { name: "Votre session est terminée" });
    await over.waitFor();
    await page.keyboard.press("Escape");
    assert.ok(await over.isVisible(), "there is no way around it");
    await over.getByLabel("Identifiant").fill(server.accounts.admin.login);
    await over.getByLabel("Mot de passe").fill(server.accounts.admin.password);
    await over.getByRole("button", { name: "Se connecter" }).click();
    await over.waitFor({ state: "detached" });

    assert.equal(await page.getByLabel("Prénom").inputValue(), "Odette");
    await page.getByRole("button", { name: "Créer la fiche" }).click();
    await page.getByRole("heading", { level: 1, name: "Mme Odette Garrigues" }).waitFor();
  });
  assert.deepEqual(page.wrong, []);
  await page.context().close();
});

test("signing out ends the session on the server too, and a supervisor sees no door that is closed to them", async () => {
  const page = await openPage(browser);
  await pictured(page, "sign-out", async () => {
    await signIn(page, server);
    assert.equal(await page.getByRole("link", { name: "Journal" }).count(), 1);
    const cookies = await page.context().cookies();
    await page.getByRole("button", { name: "Se déconnecter" }).click();
    await page.getByRole("heading", { name: "Connexion au bureau" }).waitFor();
    await page.context().addCookies(cookies);
    await page.reload();
    await page.getByRole("heading", { name: "Connexion au bureau" }).waitFor();
  });
  assert.deepEqual(page.wrong, []);
  await page.context().close();

  const other = await openPage(browser);
  const fresh = await startEmpty();
  try {
    await signIn(other, fresh, fresh.accounts.supervisor);
    assert.equal(await other.getByRole("link", { name: "Journal" }).count(), 0);
    await other.getByRole("link", { name: "Réglages" }).click();
    await other.getByText("English").click();
    await other.getByRole("heading", { name: "Settings" }).waitFor();
    assert.equal(await other.evaluate(() => document.documentElement.lang), "en");
    await other.getByRole("link", { name: "Control board" }).click();
    await other.getByText("No visit in this period.").waitFor();
  } finally {
    await other.context().close();
    await fresh.stop();
  }
  assert.deepEqual(other.wrong, []);
});
