// A push service with one browser behind it: a real HTTP server that opens what it gets as a browser
// would (RFC 8291).
import assert from "node:assert/strict";
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const text = (bytes) => Buffer.from(bytes).toString("base64url");

function open(closed, own, auth) {
  const salt = closed.subarray(0, 16);
  const length = closed[20];
  const sender = closed.subarray(21, 21 + length);
  const sealed = closed.subarray(21 + length);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), own.getPublicKey(), sender]);
  const input = Buffer.from(hkdfSync("sha256", own.computeSecret(sender), auth, info, 32));
  const key = Buffer.from(hkdfSync("sha256", input, salt, "Content-Encoding: aes128gcm\0", 16));
  const nonce = Buffer.from(hkdfSync("sha256", input, salt, "Content-Encoding: nonce\0", 12));
  const cipher = createDecipheriv("aes-128-gcm", key, nonce);
  cipher.setAuthTag(sealed.subarray(-16));
  const record = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  const end = record.lastIndexOf(2);
  assert.ok(end > 0 && record.subarray(end + 1).every((byte) => byte === 0), "a padded record");
  return record.subarray(0, end).toString();
}

/** Starts it. `pushes` are the texts that came; `target` is what its browser tells the page. */
export async function startPushService() {
  const own = createECDH("prime256v1");
  own.generateKeys();
  const auth = randomBytes(16);
  const pushes = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      pushes.push({ headers: request.headers, text: open(Buffer.concat(parts), own, auth) });
      response.writeHead(201).end();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${server.address().port}/send/one`;
  return {
    pushes,
    target: { endpoint, p256dh: text(own.getPublicKey()), auth: text(auth) },
    stop: () => new Promise((closed) => server.close(closed)),
  };
}

/**
 * Gives a page the subscription of that service: a browser of a machine without a network has no service
 * of its own. Everything else is the browser's: its permission, its worker, its notifications.
 */
export async function subscribable(page, target) {
  await page.addInitScript((target) => {
    const key = "test.subscription";
    const made = () => ({
      endpoint: target.endpoint,
      options: { applicationServerKey: Uint8Array.from(JSON.parse(localStorage.getItem(key))).buffer },
      toJSON: () => ({ endpoint: target.endpoint, keys: { p256dh: target.p256dh, auth: target.auth } }),
      unsubscribe: async () => (localStorage.removeItem(key), true),
    });
    PushManager.prototype.getSubscription = async () => (localStorage.getItem(key) ? made() : null);
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      localStorage.setItem(key, JSON.stringify([...applicationServerKey]));
      return made();
    };
  }, target);
}

/** Hands a push to the page's worker, as the browser does when its service has one. */
export async function deliver(page, url, data) {
  const session = await page.context().newCDPSession(page);
  const known = new Promise((found) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const one = registrations.find((held) => !held.isDeleted && held.scopeURL === `${url}/`);
      if (one) found(one.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.deliverPushMessage", { origin: url, registrationId: await known, data });
  await session.detach();
}
