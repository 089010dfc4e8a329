// The address of a screen: `#/visits?week=2026-11-23&caregiver=…`. Filters are in it, so it can be sent.

export const SCREENS = [
  "board", "visits", "caregivers", "clients", "messages", "requests", "directory", "followup", "alarms", "phones", "audit", "notices", "settings",
] as const;
export type Screen = (typeof SCREENS)[number];

export interface Place {
  screen: Screen | "unknown";
  /** The record shown, for example a client's id; empty for a list. */
  id: string;
  query: Record<string, string>;
}

const isScreen = (name: string): name is Screen => (SCREENS as readonly string[]).includes(name);

/** Reads the part of an address after `#`; a damaged one is `unknown`, never an exception. */
export function readHash(hash: string): Place {
  const text = hash.replace(/^#?\/?/, "");
  const [path = "", search = ""] = split(text, "?");
  const [name = "", id = ""] = path.split("/").map(decode);
  const query = Object.fromEntries(new URLSearchParams(search));
  const screen = name === "" ? "board" : isScreen(name) ? name : "unknown";
  return { screen, id, query };
}

/** Writes it; what is empty is left out, so that an unfiltered list has a short address. */
export function writeHash(screen: Screen, id = "", query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value) search.set(key, value);
  }
  const tail = search.toString();
  return `#/${screen}${id ? `/${encodeURIComponent(id)}` : ""}${tail ? `?${tail}` : ""}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
