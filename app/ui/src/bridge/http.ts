import type { Reading, Reply, View } from "@releve/types";
import { RefusalError, type Bridge } from "./index.ts";

async function post<T>(path: string, body: BodyInit | null, signal?: AbortSignal): Promise<T> {
  const type = typeof body === "string" ? { "content-type": "application/json" } : undefined;
  const answer = await fetch(path, { method: "POST", body, headers: type, signal: signal ?? null });
  if (answer.ok) return (await answer.json()) as T;
  const said: unknown = await answer.json().catch(() => null);
  const code = said && typeof said === "object" && "refusal" in said ? said.refusal : null;
  throw typeof code === "string" ? new RefusalError(code) : new Error(`${path}: ${answer.status}`);
}

/** The core is in a phone bridge on this machine, behind HTTP: the demo and the browser stories. */
export function httpBridge(): Bridge {
  return {
    act: (act) => post<Reply>("door/act", JSON.stringify(act)),
    ask: (ask) => post<View>("door/ask", JSON.stringify(ask)),
    changes(changed) {
      const source = new EventSource("door/changes");
      source.onmessage = changed;
      source.onopen = changed; // whatever happened while the line was cut
      return () => source.close();
    },
    readTag: (signal) => post<Reading>("door/tag", null, signal),
    readPicture: (picture, signal) => post<Reading>("door/picture", picture, signal),
  };
}
