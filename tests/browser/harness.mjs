// What every browser story needs: a real server on a database of its own, Chromium, and a page that
// tells of whatever went wrong in it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const ROOT = resolve(import.meta.dirname, "../..");
/** Pictures of what failed, and of what is shown in docs/pictures. */
export const PICTURES = join(ROOT, "target/browser");

/** Path of a program of this workspace, built before; RELEVE_BUILD=release takes the released one. */
export function binary(name) {
  const path = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), process.env.RELEVE_BUILD ?? "debug", name);
  assert.ok(existsSync(path), `${name} is not built: run cargo build -p releve-server -p releve-tests`);
  return path;
}

/** Starts a program and waits for a line of its output that `ready` recognises. */
export async function start(command, args, { env = {}, cwd = ROOT, ready }) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const found = await new Promise((resolve, reject) => {
    const listen = (chunk) => {
      output += chunk;
      const match = ready(output);
      if (match) resolve(match);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}:\n${output}`)));
  });
  return {
    found,
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return;
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** A port that is free now. Links on tags hold the server's address, so it must be known before. */
export async function freePort() {
  const probe = createServer();
  await new Promise((open) => probe.listen(0, "127.0.0.1", open));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** Where a server of a story lives: a folder and a port of its own. */
async function place(env) {
  const dir = mkdtempSync(join(tmpdir(), "releve-browser-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    RELEVE__SERVER__LISTEN: `127.0.0.1:${port}`,
    RELEVE__SERVER__PUBLIC_URL: url,
    RELEVE__DB__URL: `sqlite:${join(dir, "releve.db")}`,
    RELEVE__KEYS__MASTER_FILE: join(dir, "master.key"),
    ...env,
  };
  return { dir, url, settings };
}

const stopping = (program, dir) => async () => {
  await program.stop();
  rmSync(dir, { recursive: true, force: true });
};

/** A real server with an agency that has nothing yet but its accounts: an admin and a supervisor. */
export async function startEmpty({ organisation = "Relais d'Albi", zone = "Europe/Paris", env = {} } = {}) {
  const { dir, url, settings } = await place(env);
  const accounts = {
    admin: { login: "claire@releve.test", name: "Claire Delmas", password: "Tilleuls-81-Claire!" },
    supervisor: { login: "paul@releve.test", name: "Paul Escande", password: "Tilleuls-81-Paul!" },
  };
  for (const [role, { login, name, password }] of Object.entries(accounts)) {
    const file = join(dir, `${role}.password`);
    writeFileSync(file, password, { mode: 0o600 });
    const words = ["user", "add", "--login", login, "--name", name, "--role", role];
    const where = ["--organisation", organisation, "--zone", zone, "--password-file", file];
    const done = spawnSync(binary("releve-server"), [...words, ...where], { env: { ...process.env, ...settings } });
    assert.equal(done.status, 0, String(done.stderr));
  }
  const program = await start(binary("releve-server"), ["serve"], {
    env: settings,
    ready: (output) => output.includes('"serving"'),
  });
  return { url, dir, accounts, output: program.output, stop: stopping(program, dir) };
}

/**
 * A real server on a demonstration agency. `told` is what the demonstration tells: login and
 * password, a caregiver to enrol, her visit of now, the link of a tag.
 */
export async function startDemo({ seed = "albi", env = {} } = {}) {
  const { dir, url, settings } = await place(env);
  const program = await start(binary("releve-server"), ["demo", "--dir", dir, "--seed", seed, "--json", "--serve"], {
    env: settings,
    ready: (output) => output.includes("serving on") && /^\{.*\}$/m.exec(output),
  });
  return { url, dir, told: JSON.parse(program.found[0]), output: program.output, stop: stopping(program, dir) };
}

/** Headless Chromium of the system, in French, with a clipboard. */
export async function openBrowser(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    env: { ...process.env, LANGUAGE: "fr" },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--lang=fr-FR",
      ...args,
    ],
  });
}

/**
 * A page of its own context (cookies and storage are not shared). `page.wrong` lists what must not
 * happen: an exception, an error in the console, a dialog that an injected script opened.
 */
export async function openPage(browser, { scheme = "light", width = 1440, height = 900, locale = "fr-FR", ...more } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale,
    timezoneId: "Europe/Paris",
    reducedMotion: "reduce",
    ...more,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", (error) => page.wrong.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    page.wrong.push(`a script opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    // The browser itself writes a line for each answer that is no success: refusals are wanted.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      page.wrong.push(`console: ${message.text()}`);
    }
  });
  return page;
}

/** Runs a step; when it fails, leaves a picture of the page behind. */
export async function pictured(page, name, step) {
  try {
    return await step();
  } catch (error) {
    mkdirSync(PICTURES, { recursive: true });
    const path = join(PICTURES, `${name.replaceAll(/[^\p{L}\p{N}]+/gu, "-")}.png`);
    await page.screenshot({ path, fullPage: true }).catch(() => {});
    error.message += `\n(picture: ${path})`;
    throw error;
  }
}

/**
 * No serious or critical fault of accessibility (B-20); axe finds perhaps a third of them. `rules`
 * looks at these alone.
 */
export async function accessible(page, where, rules = null) {
  // Given as a function's body: the page's content policy refuses injected scripts, rightly.
  await page.evaluate(AXE);
  const runOnly = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await page.evaluate(async (runOnly) => {
    // What sticks to an edge covers what a scroll uncovers: in its place, it covers nothing.
    const sticky = [...document.querySelectorAll("body *")].filter((one) => getComputedStyle(one).position === "sticky");
    for (const one of sticky) one.style.position = "relative";
    for (const one of sticky) one.style.inset = "auto";
    try {
      return await window.axe.run(document, { runOnly });
    } finally {
      for (const one of sticky) one.style.position = one.style.inset = "";
    }
  }, runOnly);
  const bad = violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id} (${v.impact}): ${v.nodes.map((n) => n.target.join(" ")).slice(0, 4).join(" | ")}`);
  assert.deepEqual(bad, [], `${where} is not accessible`);
}

/** Nothing goes over the edge of the window: the page never scrolls sideways. */
export async function fits(page, where) {
  const [inside, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= window, `${where}: ${inside} px wide in a window of ${window}`);
}

/** Texts that a careless screen would run, break on, or let spread. */
export const HOSTILE = {
  script: `<script>alert("script")</script>`,
  image: `"><img src=x onerror=alert("image")>`,
  template: "{@html '<b>x</b>'} ${alert(1)} {{7*7}}",
  rightToLeft: "‮شارع النصر‬ \u202Egpj.exe",
  emoji: "👩🏽‍⚕️🏳️‍🌈 e\u0301\u0302\u0303 Z̷̢͙a̴͔l̷g̵o",
  quote: `O'Brien \\ "; DROP TABLE clients; --`,
};
