import type { Act, Ask, Reading, Reply, View } from "@releve/types";

/** The only way from a screen to the core, whatever lies between them. */
export interface Bridge {
  /** Changes something. Throws a {@link RefusalError}. */
  act(act: Act): Promise<Reply>;
  /** Looks. Throws a {@link RefusalError}. */
  ask(ask: Ask): Promise<View>;
  /** Calls back each time that something a screen may show has changed; the result stops it. */
  changes(changed: () => void): () => void;
  /** Waits a while for a tag; `unreadable` when none came. */
  readTag(signal: AbortSignal): Promise<Reading>;
  /** Reads the code in a picture (PNG or JPEG). */
  readPicture(picture: Blob, signal?: AbortSignal): Promise<Reading>;
}

/** The core said no; `code` has a sentence in each language. */
export class RefusalError extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = "RefusalError";
  }
}

/** The code of whatever was thrown; what is no refusal is safe to try again. */
export function codeOf(error: unknown): string {
  return error instanceof RefusalError ? error.code : "try_again";
}

/** The bridge of the place where this page runs: the app's window, or a browser. */
export async function openBridge(): Promise<Bridge> {
  if ("__TAURI_INTERNALS__" in window) return (await import("./tauri.ts")).tauriBridge();
  return (await import("./http.ts")).httpBridge();
}
