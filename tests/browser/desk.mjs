// What the stories of the desk share: signing in, and an agency to begin with.
import assert from "node:assert/strict";

/** Signs in at the page where one is; gives the page back. */
export async function signIn(page, server, account = server.accounts.admin, hash = "#/board") {
  await page.goto(`${server.url}/${hash}`);
  await page.getByLabel("Identifiant").fill(account.login);
  await page.getByLabel("Mot de passe").fill(account.password);
  await page.getByRole("button", { name: "Se connecter" }).click();
  await page.getByRole("navigation", { name: "Pages du bureau" }).waitFor();
  return page;
}

/** Calls the desk's interface in the name of the page's session; an answer but 2xx fails the story. */
export async function api(page, server, method, path, data) {
  const answer = await page.request.fetch(`${server.url}/api/desk${path}`, { method, data });
  assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

export const HOUR = 3_600_000;

/** The calendar day, in the agency's zone, `days` ago. */
export function daysAgo(days) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(Date.now() - days * 24 * HOUR);
}

/** The last days of the board: a story that runs at one in the morning began its visits yesterday. */
export const lately = (days = 1) => `day=${daysAgo(days)}&to=${daysAgo(0)}`;

/** Amina and Bruno, Mme Garrigues with a QR tag, and a visit of Amina's of the last two hours. */
export async function agency(page, server) {
  const call = (method, path, data) => api(page, server, method, path, data);
  const caregiver = (first_name, last_name, phone) =>
    call("POST", "/caregivers", { first_name, last_name, phone, role: "Auxiliaire de vie" });
  const amina = await caregiver("Amina", "Belkacem", "06 12 34 56 78");
  const bruno = await caregiver("Bruno", "Lecomte", "");
  const client = await call("POST", "/clients", {
    title: "mrs",
    first_name: "Odette",
    last_name: "Garrigues",
    street: "3 rue des Tilleuls",
    postal_code: "81000",
    commune: "Albi",
    door_code: "12B45",
    sections: [{ kind: "access", text: "Clé chez la voisine." }],
  });
  const tag = await call("POST", `/clients/${client.id}/tags`, { kind: "qr", label: "Porte d'entrée" });
  const now = Date.now();
  const visit = await call("POST", "/visits", {
    membership: amina.id,
    client: client.id,
    service: "Aide au lever",
    starts_at: now - 2 * HOUR,
    ends_at: now - HOUR / 12,
  });
  return { amina, bruno, client, tag, visit: visit.visit };
}

/** Opens another screen of the desk, as a link that was sent would. */
export async function visit(page, server, hash) {
  await page.goto(`${server.url}/${hash}`);
  await page.locator("main#main h1").waitFor();
  await page.locator('[data-state="loading"]').first().waitFor({ state: "detached" });
}

/** The toast or banner that says so. */
export const said = (page, text) => page.getByText(text).first().waitFor();
