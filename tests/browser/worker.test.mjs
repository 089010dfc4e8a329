// The worker UI in Chromium, over a real phone core and a real server: the main job, as a caregiver does it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import QRCode from "qrcode";
import { accessible, binary, fits, HOSTILE, openBrowser, openPage, pictured, ROOT, start, startDemo } from "./harness.mjs";

const PHONE = { width: 390, height: 844 };
const STAY_MS = 35 * 60_000;
const SCREENS = ["#/", "#/planning", "#/clients", "#/me", "#/outbox", "#/privacy", "#/read", "#/dati"];

let server, phone, browser, page, made, address, camera;

const control = async (what, body) => {
  const answer = await fetch(`${address}/test/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(answer.ok, `${what}: ${answer.status}`);
};

/** A frame of video that shows a code, as the fake camera of Chromium wants it. */
function video(text, path) {
  const [width, height] = [640, 480];
  const { size, data } = QRCode.create(text).modules;
  const scale = Math.floor((height * 0.8) / size);
  const [left, top] = [(width - size * scale) >> 1, (height - size * scale) >> 1];
  const luma = Buffer.alloc(width * height, 235);
  for (let y = 0; y < size * scale; y++) {
    for (let x = 0; x < size * scale; x++) {
      if (data[Math.floor(y / scale) * size + Math.floor(x / scale)]) luma[(top + y) * width + left + x] = 16;
    }
  }
  const frame = [Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)];
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F5:1 Ip A1:1 C420jpeg\n`), ...frame, ...frame]));
}

const photo = async (text) => ({ name: "code.png", mimeType: "image/png", buffer: await QRCode.toBuffer(text, { scale: 6 }) });
const go = (hash) => page.goto(`${address}/${hash}`);
let broken = false;
/** A step of the one story: after one that fails, the others say nothing new. */
const step = (name, work) =>
  it(name, async (t) => {
    if (broken) return t.skip("a step before has failed");
    broken = true;
    await pictured(page, name, work);
    broken = false;
  });
const dialog = (name) => page.getByRole("dialog", { name });

before(async () => {
  server = await startDemo();
  const place = server.dir;
  made = server.told.made;
  phone = await start(binary("phone"), ["--folder", join(place, "phone"), "--ui", join(ROOT, "app/ui/dist"), "--controls"], {
    ready: (output) => /^phone: (http:\S+)$/m.exec(output),
  });
  address = phone.found[1];
  camera = join(place, "camera.y4m");
  video(made.enrolment_link, camera);
  browser = await openBrowser([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${camera}`,
  ]);
  page = await openPage(browser, { ...PHONE, permissions: ["camera"] });
});

after(async () => {
  await browser?.close();
  await phone?.stop();
  await server?.stop();
});

describe("a caregiver with her phone", { concurrency: false }, () => {
  step("activates it by the camera, with the code of the desk", async () => {
    await go("");
    await page.getByRole("heading", { name: "Activer ce téléphone" }).waitFor();
    await accessible(page, "enrolment");
    await page.getByRole("button", { name: "Choisir une image" }).waitFor();
    await page.locator("input[type=file]").setInputFiles(await photo("https://example.org/menu"));
    await page.getByText("Ce n'est pas un code d'activation").waitFor();
    await page.getByRole("button", { name: "Ouvrir l'appareil photo" }).click();
    await page.getByText("Le code est lu.").waitFor();
    await page.getByLabel("Nom de ce téléphone").fill(HOSTILE.image);
    await page.getByRole("button", { name: "Activer" }).click();
    await page.getByRole("link", { name: "Badger l'arrivée" }).waitFor();
  });

  step("sees today: the next visit first, and the button says what it will do", async () => {
    assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /^\p{Lu}?\p{L}+ \d/u);
    const next = page.getByRole("region").filter({ has: page.getByRole("link", { name: "Badger l'arrivée" }) });
    assert.match(await next.innerText(), /\d\d:\d\d/);
    assert.match(await next.innerText(), /81\d{3}/, "the address");
    await page.getByRole("link", { name: "Autre façon de pointer" }).waitFor();
  });

  step("arrives without network, by a picture of the code: colour and words (O-14)", async () => {
    await control("offline");
    await control("clock", { shift_ms: -STAY_MS });
    await go("#/read");
    await page.locator("input[type=file]").setInputFiles(await photo(made.tag_link));
    const answer = dialog(/Arrivée \d\d:\d\d/);
    await answer.waitFor();
    await accessible(page, "the answer");
    await fits(page, "the answer");
    assert.equal(await answer.evaluate((element) => getComputedStyle(element).backgroundColor), "rgb(23, 112, 58)");
    await answer.getByText("Enregistré sur le téléphone").waitFor();
    await page.getByRole("button", { name: /^Annuler \(\d+ s\)$/ }).waitFor();
    await page.getByRole("button", { name: "Continuer" }).click();
    await page.getByRole("heading", { level: 1, name: "Pendant l'intervention" }).waitFor();
    await page.getByRole("link", { name: /Hors ligne/ }).waitFor();
  });

  step("keeps the visit in sight on every screen, and after a restart (O-20)", async () => {
    await control("restart");
    for (const hash of SCREENS) {
      await go(hash);
      const banner = page.getByRole("link", { name: /En cours depuis \d\d:\d\d/ });
      await banner.waitFor();
      await page.locator("[data-state=loading]").waitFor({ state: "detached" });
      await accessible(page, hash);
      await fits(page, hash);
    }
    await page.getByRole("link", { name: /En cours depuis/ }).click();
    await page.getByRole("heading", { level: 1, name: "Pendant l'intervention" }).waitFor();
  });

  step("notes kilometres, expenses and hostile words, which stay words (O-19)", async () => {
    await page.getByRole("link", { name: /Kilomètres/ }).click();
    await page.getByLabel(/Kilomètres/).fill("trois");
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await page.getByText("Écrivez un nombre").waitFor();
    await page.getByLabel(/Kilomètres/).fill("3,2");
    await page.getByLabel(/Frais/).fill("12,50");
    await page.getByLabel(/Compte-rendu/).fill(Object.values(HOSTILE).join("\n"));
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await page.getByText("3,2 km").waitFor();
    await page.getByText("12,50 €").waitFor();
    await page.getByText(HOSTILE.script).waitFor();
    await fits(page, "the visit with hostile notes");
  });

  step("is told what is wrong with another agency's badge, and has the hand (O-16)", async () => {
    await go("#/read");
    await page.locator("input[type=file]").setInputFiles(await photo(made.foreign_tag_link));
    const answer = dialog(/Refusé/);
    await answer.waitFor();
    await answer.getByText("Ce badge appartient à une autre agence.").waitFor();
    await accessible(page, "a refusal");
    await page.getByRole("button", { name: "Pointer à la main" }).click();
    await page.getByRole("heading", { level: 1, name: "Pointer à la main" }).waitFor();
    await page.getByRole("button", { name: /^Enregistrer (l'arrivée|le départ)$/ }).click();
    await page.getByText("Choisissez une raison.").waitFor();
    await accessible(page, "clocking by hand");
  });

  step("leaves by the tag, from whatever screen, in another colour", async () => {
    await control("clock", {});
    await go("#/");
    await page.getByRole("link", { name: "Badger le départ" }).waitFor();
    await control("tag", { link: made.tag_link });
    const answer = dialog(/Départ \d\d:\d\d/);
    await answer.waitFor();
    assert.equal(await answer.evaluate((element) => getComputedStyle(element).backgroundColor), "rgb(29, 79, 156)");
    await page.getByRole("button", { name: "Continuer" }).click();
    await page.getByRole("link", { name: /En cours depuis/ }).waitFor({ state: "detached" });
  });

  step("sees each act on the phone, then received by the office (B-02)", async () => {
    await go("#/outbox");
    // Of the screen shown: those of the navigation are kept beside it, out of sight.
    const main = page.locator("#main");
    await main.getByText("sur le téléphone", { exact: true }).first().waitFor();
    assert.equal(await main.getByText("sur le téléphone", { exact: true }).count(), 3);
    assert.equal(await main.getByText("Tout est reçu par l'agence").count(), 0);
    await control("online");
    await page.getByRole("button", { name: "Envoyer maintenant" }).click();
    await main.getByText("Tout est reçu par l'agence").waitFor();
    assert.equal(await main.getByText(/reçu par l'agence \d\d:\d\d/).count(), 3);
  });

  step("reads in the dark, at 200 %, and in English", async () => {
    const other = await openPage(browser, { ...PHONE, scheme: "dark", locale: "en-GB" });
    for (const hash of SCREENS) {
      await other.goto(`${address}/${hash}`);
      await other.getByRole("navigation", { name: "Main navigation" }).waitFor();
      await other.evaluate(() => (document.documentElement.style.fontSize = "200%"));
      await other.locator("[data-state=loading]").waitFor({ state: "detached" });
      await accessible(other, `${hash}, dark, twice as large`);
      await fits(other, `${hash}, twice as large`);
    }
    assert.deepEqual(other.wrong, []);
    await other.context().close();
  });

  step("has one screen before her, for the eye, the ear and the search, however many are kept", async () => {
    const session = await page.context().newCDPSession(page);
    const titles = [];
    for (const hash of ["#/", "#/planning", "#/clients", "#/communicate", "#/planning", "#/me", "#/outbox", "#/"]) {
      await page.locator(`a[href="${hash}"]:visible`).first().click();
      await page.waitForURL(`**/${hash}`);
      await page.locator("#main [data-state=loading]").waitFor({ state: "detached" });
      const { nodes } = await session.send("Accessibility.getFullAXTree");
      const told = (role) => nodes.filter((node) => !node.ignored && node.role.value === role);
      assert.equal(told("main").length, 1, `${hash}: one main part is read aloud`);
      const firsts = told("heading").filter((node) => node.properties.some(({ name, value }) => name === "level" && value.value === 1));
      assert.equal(firsts.length, 1, `${hash}: one title is read aloud`);
      const found = await page.evaluate(() => ({
        mains: document.querySelectorAll("#main").length,
        shown: [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility()).map((one) => one.textContent),
        focused: document.activeElement?.textContent,
        title: document.title,
        top: scrollY,
        twice: [...document.querySelectorAll("[id]")].map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index),
      }));
      const [title] = found.shown;
      titles.push(title);
      assert.equal(firsts[0].name.value.toLowerCase(), title.toLowerCase()); // a capital by the style sheet
      assert.deepEqual(found, { mains: 1, shown: [title], focused: title, title: `${title} · Relève`, top: 0, twice: [] }, hash);
    }
    assert.equal(new Set(titles).size, 6);
    assert.ok((await page.locator("[inert]").count()) >= 4, "the others are kept");
    await accessible(page, "today, with the others kept");
    // The phone's own "back" and "forward", and the same link twice.
    await page.locator('nav a[href="#/"]').first().click();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: titles[6] }).waitFor();
    assert.equal(new URL(page.url()).hash, "#/outbox");
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: titles[5] }).waitFor();
    await page.goForward();
    await page.goForward();
    await page.getByRole("heading", { level: 1, name: titles[7] }).waitFor();
    await fits(page, "today, with the others kept");
  });

  step("can do it all by keyboard: skip link, headings, focus that shows", async () => {
    await go("#/");
    await page.getByRole("navigation", { name: "Navigation principale" }).waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    const seen = [];
    for (let turn = 0; turn < 40; turn++) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const at = document.activeElement;
        if (!at || at === document.body) return "";
        if (at.closest("[inert]")) return "UNSEEN, of a screen that is away: " + at.textContent;
        const { outlineStyle, boxShadow } = getComputedStyle(at);
        return outlineStyle === "none" && boxShadow === "none" ? "UNSEEN " + at.textContent : at.textContent.trim();
      });
      seen.push(name);
    }
    assert.deepEqual(seen.filter((name) => name.startsWith("UNSEEN")), []);
    for (const wanted of ["Aller au contenu", "Planning", "Usagers", "Moi"]) {
      assert.ok(seen.some((name) => name.startsWith(wanted)), `${wanted} is not reached: ${seen.join(" > ")}`);
    }
  });

  it("weighs at most 120 kB of script on its way to a cheap phone", () => {
    const assets = join(ROOT, "app/ui/dist/assets");
    const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
    const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
    assert.ok(bytes > 0 && bytes <= 120_000, `${bytes} bytes`);
  });

  it("nothing went wrong behind the screens", () => assert.deepEqual(page.wrong, []));
});
