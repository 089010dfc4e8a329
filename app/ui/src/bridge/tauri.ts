import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Reading, Reply, View } from "@releve/types";
import { RefusalError, type Bridge } from "./index.ts";

async function call<T>(command: string, args: Record<string, unknown> | Uint8Array = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    throw typeof error === "string" && /^\w+$/.test(error) ? new RefusalError(error) : error;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The core is in the same process, behind Tauri's commands. */
export function tauriBridge(): Bridge {
  // A reader cannot be called off: the next listener takes over the one that waits.
  let tag: Promise<Reading> | undefined;
  return {
    act: (act) => call<Reply>("act", { act }),
    ask: (ask) => call<View>("ask", { ask }),
    changes(changed) {
      const stop = listen("changed", changed);
      return () => void stop.then((off) => off());
    },
    readTag(signal) {
      tag ??= call<Reading>("read_tag").finally(() => (tag = undefined));
      return Promise.race([tag, aborted(signal)]);
    },
    async readPicture(picture) {
      return call<Reading>("read_picture", new Uint8Array(await picture.arrayBuffer()));
    },
  };
}
