// From a click to what is painted, in Chromium slowed down four times: figure D6 of docs/performance.md.
//   RELEVE_BUILD=release node tests/browser/paint.mjs    prints one line of JSON
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { binary, openBrowser, openPage, ROOT, start, startDemo } from "./harness.mjs";

const THROTTLE = 4;
const ROUNDS = 12;
const SCREENS = ["#/planning", "#/clients", "#/communicate", "#/me", "#/"];

/** Clicks a link of the navigation: milliseconds from the input to the frame that shows the screen with its data. */
async function click(page, href) {
  const link = page.locator(`nav a:has(.word)[href="${href}"]`);
  // Listened for before the click is made: sent together, the click may come first.
  await link.evaluate((link) => {
    window.painted = new Promise((resolve) => {
      const seen = (event) => {
        const look = () => {
          if (link.getAttribute("aria-current") !== "page" || document.querySelector("[data-state=loading]")) return void requestAnimationFrame(look);
          // After the frame that is being made, not before it.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve(performance.now() - event.timeStamp);
          channel.port2.postMessage(0);
        };
        requestAnimationFrame(look);
      };
      link.addEventListener("click", seen, { once: true, capture: true });
    });
  });
  const painted = page.evaluate(() => window.painted);
  // By the mouse alone: Playwright's own click lays the page out again to see what it hits.
  const box = await link.boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  return painted;
}

const at = (sorted, percent) => sorted[Math.round(((sorted.length - 1) * percent) / 100)];

const server = await startDemo();
const phone = await start(binary("phone"), ["--folder", join(server.dir, "phone"), "--ui", join(ROOT, "app/ui/dist")], {
  ready: (output) => /^phone: (http:\S+)$/m.exec(output),
});
const browser = await openBrowser();
try {
  const page = await openPage(browser, { width: 390, height: 844 });
  const address = phone.found[1];
  const act = { do: "enrol", link: server.told.made.enrolment_link, phone_name: "Pixel" };
  const answer = await fetch(`${address}/door/act`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(act),
  });
  if (!answer.ok) throw new Error(`enrolment: ${answer.status} ${await answer.text()}`);
  await page.goto(`${address}/`);
  await page.locator('nav a[href="#/"][aria-current=page]').waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: THROTTLE });
  const first = [];
  const again = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const href of SCREENS) (round === 0 ? first : again).push(await click(page, href));
  }
  if (page.wrong.length > 0) throw new Error(page.wrong.join("\n"));
  again.sort((a, b) => a - b);
  const assets = join(ROOT, "app/ui/dist/assets");
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const gzip = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  const said = { p50: at(again, 50), p95: at(again, 95), max: at(again, 100), first: Math.max(...first), gzip, clicks: again.length };
  console.log(JSON.stringify(said));
} finally {
  await browser.close();
  await phone.stop();
  await server.stop();
}
