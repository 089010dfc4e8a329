// The only place that talks to the server.
import type * as T from "./types";

/** A refusal or a failure, as the screens tell it. */
export class Problem extends Error {
  constructor(
    /** The server's code; `offline` when there was no answer, `not_the_server` for another's. */
    readonly code: string,
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
    readonly status = 0,
  ) {
    super(code);
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem("try_again");
}

let over: () => void = () => {};
/** Says what to do when the session is over. */
export function onSessionOver(act: () => void): void {
  over = act;
}

type Query = Record<string, string | number | boolean | null | undefined>;

async function ask<R>(method: string, path: string, query?: Query, body?: unknown): Promise<R> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(key, String(value));
  }
  const tail = search.size > 0 ? `?${search}` : "";
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`/api/desk${path}${tail}`, {
      method,
      credentials: "same-origin",
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch {
    throw new Problem("offline");
  }
  let json: unknown = null;
  if (text !== "") {
    try {
      json = JSON.parse(text);
    } catch {
      throw new Problem(answer.status >= 500 ? "try_again" : "not_the_server", null, null, answer.status);
    }
  }
  if (answer.ok) return json as R;
  const told = (json ?? {}) as { refusal?: string; field?: string | null; retry_after_s?: number | null };
  const code = told.refusal ?? "try_again";
  if (code === "sign_in_needed") over();
  throw new Problem(code, told.field ?? null, told.retry_after_s ?? null, answer.status);
}

const at = (...parts: string[]) => parts.map((p) => `/${encodeURIComponent(p)}`).join("");

export const desk = {
  signIn: (login: string, password: string) => ask<T.Me>("POST", "/session", {}, { login, password }),
  signOut: () => ask<void>("DELETE", "/session"),
  me: () => ask<T.Me>("GET", "/me"),

  board: (day: T.Day, to: T.Day, filter: string) => ask<T.Board>("GET", "/board", { day, to, filter }),
  proof: (visit: string) => ask<T.Proof>("GET", `/visits${at(visit)}/proof`),
  accept: (visit: string, rev: number) => ask<unknown>("POST", `/visits${at(visit)}/accept`, {}, { rev }),
  correct: (visit: string, correction: T.Correction) =>
    ask<unknown>("POST", `/visits${at(visit)}/correct`, {}, correction),
  acceptMany: (visits: string[]) => ask<T.BulkAnswer>("POST", "/board/accept", {}, { visits }),

  visits: (query: { from: T.Ms; to: T.Ms; membership?: string | undefined; client?: string | undefined }) =>
    ask<T.VisitRow[]>("GET", "/visits", query),
  createVisit: (visit: T.VisitInput, force: boolean) => ask<unknown>("POST", "/visits", {}, { ...visit, force }),
  changeVisit: (id: string, visit: T.VisitInput, rev: number, force: boolean) =>
    ask<unknown>("PUT", `/visits${at(id)}`, {}, { ...visit, rev, force }),
  cancelVisit: (id: string, reason: string) => ask<unknown>("POST", `/visits${at(id)}/cancel`, {}, { reason }),
  restoreVisit: (id: string) => ask<unknown>("POST", `/visits${at(id)}/restore`, {}, {}),

  caregivers: (q = "") => ask<T.CaregiverRow[]>("GET", "/caregivers", { q }),
  caregiver: (id: string) => ask<T.CaregiverRow>("GET", `/caregivers${at(id)}`),
  createCaregiver: (input: T.CaregiverInput) => ask<unknown>("POST", "/caregivers", {}, input),
  changeCaregiver: (id: string, input: T.CaregiverInput, rev: number) =>
    ask<unknown>("PUT", `/caregivers${at(id)}`, {}, { ...input, rev }),
  transmit: (id: string, transmit: boolean) =>
    ask<unknown>("PUT", `/caregivers${at(id)}/transmit`, {}, { transmit }),
  endCaregiver: (id: string) => ask<unknown>("POST", `/caregivers${at(id)}/end`, {}, {}),
  enrol: (id: string) => ask<T.Enrolment>("POST", `/caregivers${at(id)}/enrolments`, {}, {}),
  enrolment: (id: string) => ask<T.EnrolmentState>("GET", `/enrolments${at(id)}`),
  dropEnrolment: (id: string) => ask<unknown>("DELETE", `/enrolments${at(id)}`),

  clients: (q = "") => ask<T.ClientRow[]>("GET", "/clients", { q }),
  client: (id: string) => ask<T.Client>("GET", `/clients${at(id)}`),
  createClient: (input: T.ClientInput) => ask<{ id: string }>("POST", "/clients", {}, input),
  changeClient: (id: string, input: T.ClientInput, rev: number) =>
    ask<unknown>("PUT", `/clients${at(id)}`, {}, { ...input, rev }),
  tags: (client: string) => ask<T.TagRow[]>("GET", `/clients${at(client)}/tags`),
  issueTag: (client: string, kind: T.TagKind, label: string) =>
    ask<T.TagIssued>("POST", `/clients${at(client)}/tags`, {}, { kind, label }),
  revokeTag: (tag: string, reason: string) => ask<unknown>("POST", `/tags${at(tag)}/revoke`, {}, { reason }),
  sheetOf: (tag: string) => `/api/desk/tags${at(tag)}/sheet`,

  phones: () => ask<T.PhoneRow[]>("GET", "/phones"),
  blockPhone: (id: string, mode: T.WipeMode, sim_number: string, note: string) =>
    ask<unknown>("POST", `/phones${at(id)}/block`, {}, { mode, sim_number, note }),
  carrierBlocked: (id: string, done: boolean) => ask<unknown>("POST", `/phones${at(id)}/carrier-blocked`, {}, { done }),

  audit: (limit: number, before?: string) => ask<T.AuditRow[]>("GET", "/audit", { limit, before }),
};
