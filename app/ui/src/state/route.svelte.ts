/** Where the worker is, by the address after `#`. */
export type Route =
  | { at: "today" }
  | { at: "planning"; day: string | null }
  | { at: "visit"; id: string }
  | { at: "notes"; id: string; field: string | null }
  | { at: "tasks"; id: string }
  | { at: "travel"; id: string }
  | { at: "week"; day: string | null }
  | { at: "clients" }
  | { at: "client"; id: string }
  | { at: "read"; visit: string | null }
  | { at: "manual"; visit: string | null; client: string | null; kind: string | null; forgotten?: boolean }
  | { at: "communicate" }
  | { at: "requests" }
  | { at: "card" }
  | { at: "request"; kind: "absence" | "regularisation" | "contest"; visit: string | null; month?: string }
  | { at: "hours"; month: string | null }
  | { at: "directory" }
  | { at: "messages" }
  | { at: "thread"; id: string | null }
  | { at: "outbox" }
  | { at: "privacy" }
  | { at: "notices" }
  | { at: "device" }
  | { at: "pin" }
  | { at: "me" }
  | { at: "dati" }
  | { at: "lone" }
  | { at: "enrol" };

/** Reads an address; what it does not know is today. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const [name = "", id, field] = path.split("/").filter(Boolean).map(decode);
  const asked = new URLSearchParams(query);
  switch (name) {
    case "planning":
      return { at: "planning", day: id !== undefined && /^\d{4}-\d\d-\d\d$/.test(id) ? id : null };
    case "visit":
      return id ? { at: "visit", id } : { at: "today" };
    case "notes":
      return id ? { at: "notes", id, field: field ?? null } : { at: "today" };
    case "tasks":
    case "travel":
      return id ? { at: name, id } : { at: "today" };
    case "week":
      return { at: "week", day: id !== undefined && /^\d{4}-\d\d-\d\d$/.test(id) ? id : null };
    case "client":
      return id ? { at: "client", id } : { at: "clients" };
    case "read":
      return { at: "read", visit: id ?? null };
    case "manual":
      return {
        at: "manual",
        visit: asked.get("visit"),
        client: asked.get("client"),
        kind: asked.get("kind"),
        ...(asked.has("forgotten") ? { forgotten: true } : {}),
      };
    case "thread":
      return { at: "thread", id: id ?? null };
    case "request":
      if (id !== "absence" && id !== "regularisation" && id !== "contest") return { at: "requests" };
      return { at: "request", kind: id, visit: asked.get("visit"), ...(asked.has("month") ? { month: asked.get("month") ?? "" } : {}) };
    case "hours":
      return { at: "hours", month: id !== undefined && /^\d{4}-(0[1-9]|1[0-2])$/.test(id) ? `${id}-01` : null };
    case "requests":
    case "card":
    case "communicate":
    case "directory":
    case "messages":
    case "clients":
    case "outbox":
    case "privacy":
    case "notices":
    case "me":
    case "pin":
    case "device":
    case "dati":
    case "lone":
    case "enrol":
      return { at: name };
    default:
      return { at: "today" };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a way to clock by hand. */
export function manualHref(about: { visit?: string | null; client?: string | null; kind?: string; forgotten?: string }): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(about)) if (value) asked.set(name, value);
  return `#/manual?${asked}`;
}

/**
 * Whether a message that must be read takes this screen's place. Screens that clock are never named
 * here, nor those that call for help (row O-22).
 */
export function waitsForReading(at: Route["at"]): boolean {
  return ["planning", "week", "clients", "client", "outbox", "privacy", "notices", "me", "messages", "directory", "requests", "hours"].includes(at);
}

/** Whether a screen is shown while the app is locked: those that clock, and those that call for help. */
export function needsNoPin(at: Route["at"]): boolean {
  return ["read", "manual", "dati", "lone", "communicate"].includes(at);
}

/** Whether a screen stays once it was seen: those of the navigation, which are gone to all day. */
export function staysKept(at: Route["at"]): boolean {
  return ["today", "planning", "clients", "communicate", "me"].includes(at);
}

let current = $state<Route>(parse(location.hash));
window.addEventListener("hashchange", () => (current = parse(location.hash)));

/** The route now; a component that reads it follows it. */
export function route(): Route {
  return current;
}

/** Goes somewhere; `replace` forgets the page left. */
export function go(href: string, replace = false): void {
  if (replace) history.replaceState(null, "", href);
  else if (new URL(href, location.href).href === location.href) return;
  else history.pushState(null, "", href);
  current = parse(href);
}

/** Follows a click on a link to a screen. By itself the browser looks for the place in the page, tells of the new
 * address later, and meanwhile paints the old screen once more. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href^='#/']") : null;
  if (!link || link.hasAttribute("target") || link.hasAttribute("download")) return;
  event.preventDefault();
  go(link.getAttribute("href") ?? "#/");
}

/** Goes back to the page before, or home when the app was opened here. */
export function back(): void {
  if (history.length > 1) history.back();
  else go("#/");
}

/** Leaves the page that is open now once something was saved, unless she has left it herself meanwhile. */
export function thenLeave(leave: () => void = back): () => void {
  const here = location.href;
  return () => {
    if (location.href === here) leave();
  };
}
