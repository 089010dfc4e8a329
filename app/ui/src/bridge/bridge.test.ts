import { afterEach, describe, expect, it, vi } from "vitest";
import { codeOf, openBridge, RefusalError } from "./index.ts";

type Called = { command: string; args: unknown };

/** What Tauri puts into the window, as far as a bridge needs it. */
function inWindow(answer: (called: Called) => unknown): Called[] {
  const calls: Called[] = [];
  const invoke = async (command: string, args: unknown) => {
    calls.push({ command, args });
    return answer({ command, args });
  };
  Object.assign(window, { __TAURI_INTERNALS__: { invoke, transformCallback: () => 7 } });
  return calls;
}

const answered = (status: number, body: unknown) =>
  vi.fn(async (_path: string, _init: RequestInit) => new Response(JSON.stringify(body), { status }));

afterEach(() => {
  Reflect.deleteProperty(window, "__TAURI_INTERNALS__");
  vi.unstubAllGlobals();
});

describe("the bridge of the app's window", () => {
  it("calls the shell's commands as they are named there", async () => {
    const calls = inWindow(({ command }) => (command === "act" ? { is: "done" } : { method: "qr", text: "x" }));
    const bridge = await openBridge();
    await bridge.act({ do: "sync_now" });
    await bridge.ask({ ask: "phone" });
    await bridge.readPicture(new Blob([new Uint8Array([137, 80])]));
    await bridge.readTag(new AbortController().signal);
    expect(calls.map(({ command, args }) => [command, args])).toEqual([
      ["act", { act: { do: "sync_now" } }],
      ["ask", { ask: { ask: "phone" } }],
      ["read_picture", new Uint8Array([137, 80])],
      ["read_tag", {}],
    ]);
  });

  it("turns a code into a refusal, and leaves what broke as it is", async () => {
    inWindow(({ command }) => Promise.reject(command === "act" ? "tag_foreign" : "command ask not found"));
    const bridge = await openBridge();
    const refused = await bridge.act({ do: "sync_now" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusalError);
    expect(codeOf(refused)).toBe("tag_foreign");
    expect(codeOf(await bridge.ask({ ask: "phone" }).catch((error: unknown) => error))).toBe("try_again");
  });

  it("gives a tag that came late to the next who listens, instead of asking the reader twice", async () => {
    let come: (reading: unknown) => void = () => undefined;
    const calls = inWindow(() => new Promise((resolve) => (come = resolve)));
    const bridge = await openBridge();
    const left = new AbortController();
    const first = bridge.readTag(left.signal);
    left.abort("left");
    await expect(first).rejects.toBe("left");
    const second = bridge.readTag(new AbortController().signal);
    come({ method: "nfc", text: "https://r.example/b/A" });
    expect(await second).toEqual({ method: "nfc", text: "https://r.example/b/A" });
    expect(calls).toHaveLength(1);
  });
});

describe("the bridge of a browser", () => {
  it("posts acts as JSON, which another site's page cannot", async () => {
    const fetched = answered(200, { is: "done" });
    vi.stubGlobal("fetch", fetched);
    const bridge = await openBridge();
    expect(await bridge.act({ do: "sync_now" })).toEqual({ is: "done" });
    const [path, init] = fetched.mock.calls[0]!;
    expect(path).toBe("door/act");
    expect(init).toMatchObject({ method: "POST", body: `{"do":"sync_now"}`, headers: { "content-type": "application/json" } });
  });

  it("tells a refusal from a failure", async () => {
    const bridge = await openBridge();
    vi.stubGlobal("fetch", answered(422, { refusal: "lease_over" }));
    expect(codeOf(await bridge.ask({ ask: "clients" }).catch((error: unknown) => error))).toBe("lease_over");
    vi.stubGlobal("fetch", vi.fn(async () => new Response("<html>portal</html>", { status: 500 })));
    expect(codeOf(await bridge.ask({ ask: "clients" }).catch((error: unknown) => error))).toBe("try_again");
  });
});
