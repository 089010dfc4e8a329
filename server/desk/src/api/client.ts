// The only place that talks to the server; routes and fields are checked against its own document.
import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type * as T from "./types";

/** A refusal or a failure, as the screens tell it. */
export class Problem extends Error {
  constructor(
    /** The server's code; `offline` when there was no answer, `not_the_server` for another's. */
    readonly code: string,
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
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

// Fetch is looked up at each call, so that a test can stand in for it.
const api = createClient<paths>({ baseUrl: location.origin, fetch: (request) => globalThis.fetch(request) });

interface Got<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

async function sent<D>(call: Promise<Got<D>>): Promise<T.Sent<D>> {
  let got: Got<D>;
  try {
    got = await call;
  } catch (error) {
    // A page of HTML where JSON is due: a Wi-Fi portal or a proxy has answered.
    throw new Problem(error instanceof SyntaxError ? "not_the_server" : "offline");
  }
  if (got.response.ok) return got.data as T.Sent<D>;
  const told = typeof got.error === "object" && got.error !== null ? (got.error as Partial<T.Refusal>) : null;
  if (!told?.refusal) throw new Problem(got.response.status >= 500 ? "try_again" : "not_the_server");
  if (told.refusal === "sign_in_needed") over();
  throw new Problem(told.refusal, told.field ?? null, told.retry_after_s ?? null);
}

const at = (id: string) => ({ params: { path: { id } } });

export const desk = {
  signIn: (login: string, password: string) => sent(api.POST("/api/desk/session", { body: { login, password } })),
  signOut: () => sent(api.DELETE("/api/desk/session")),
  me: () => sent(api.GET("/api/desk/me")),
  changePassword: (old: string, next: string) => sent(api.PUT("/api/desk/me/password", { body: { old, new: next } })),

  board: (day: T.Day, to: T.Day, filter: "all" | "to_check" | "in_progress" | "missing") =>
    sent(api.GET("/api/desk/board", { params: { query: { day, to, filter } } })),
  proof: (visit: string) => sent(api.GET("/api/desk/visits/{id}/proof", at(visit))),
  accept: (visit: string, rev: number) =>
    sent(api.POST("/api/desk/visits/{id}/accept", { ...at(visit), body: { rev } })),
  correct: (visit: string, body: T.Correction) =>
    sent(api.POST("/api/desk/visits/{id}/correct", { ...at(visit), body })),
  acceptMany: (visits: string[]) => sent(api.POST("/api/desk/board/accept", { body: { visits } })),
  reopen: (visits: string[]) => sent(api.POST("/api/desk/board/reopen", { body: { visits } })),
  /** The file as the server wrote it. */
  monthProof: (month: string): Promise<Blob> =>
    sent(api.GET("/api/desk/proof", { params: { query: { month } }, parseAs: "blob" })) as Promise<Blob>,

  visits: (query: { from: T.Ms; to: T.Ms; membership?: string; client?: string }) =>
    sent(api.GET("/api/desk/visits", { params: { query } })),
  createVisit: (visit: T.VisitInput) => sent(api.POST("/api/desk/visits", { body: visit })),
  changeVisit: (id: string, visit: T.VisitInput) =>
    sent(api.PUT("/api/desk/visits/{id}", { ...at(id), body: visit })),
  cancelVisit: (id: string, reason: string) =>
    sent(api.POST("/api/desk/visits/{id}/cancel", { ...at(id), body: { reason } })),
  restoreVisit: (id: string) => sent(api.POST("/api/desk/visits/{id}/restore", at(id))),

  caregivers: () => sent(api.GET("/api/desk/caregivers")),
  createCaregiver: (body: T.CaregiverInput) => sent(api.POST("/api/desk/caregivers", { body })),
  changeCaregiver: (id: string, body: T.CaregiverInput) =>
    sent(api.PUT("/api/desk/caregivers/{id}", { ...at(id), body })),
  transmit: (id: string, transmit: boolean) =>
    sent(api.PUT("/api/desk/caregivers/{id}/transmit", { ...at(id), body: { transmit } })),
  endCaregiver: (id: string) => sent(api.POST("/api/desk/caregivers/{id}/end", at(id))),
  enrol: (id: string) => sent(api.POST("/api/desk/caregivers/{id}/enrolments", at(id))),
  enrolment: (id: string) => sent(api.GET("/api/desk/enrolments/{id}", at(id))),
  dropEnrolment: (id: string) => sent(api.DELETE("/api/desk/enrolments/{id}", at(id))),

  clients: () => sent(api.GET("/api/desk/clients")),
  client: (id: string) => sent(api.GET("/api/desk/clients/{id}", at(id))),
  clientAccesses: (id: string) => sent(api.GET("/api/desk/clients/{id}/accesses", at(id))),
  createClient: (body: T.ClientInput) => sent(api.POST("/api/desk/clients", { body })),
  changeClient: (id: string, body: T.ClientInput) => sent(api.PUT("/api/desk/clients/{id}", { ...at(id), body })),
  tags: (client: string) => sent(api.GET("/api/desk/clients/{id}/tags", at(client))),
  issueTag: (client: string, kind: T.TagKind, label: string) =>
    sent(api.POST("/api/desk/clients/{id}/tags", { ...at(client), body: { kind, label } })),
  revokeTag: (tag: string, reason: string) =>
    sent(api.POST("/api/desk/tags/{id}/revoke", { ...at(tag), body: { reason } })),
  /** The A4 page of a tag, opened by the browser itself. */
  sheetOf: (tag: string) => `/api/desk/tags/${encodeURIComponent(tag)}/sheet`,

  threads: () => sent(api.GET("/api/desk/threads")),
  thread: (id: string) => sent(api.GET("/api/desk/threads/{id}", at(id))),
  sendMessage: (body: { to: string[]; everybody: boolean; text: string; mandatory: boolean }) =>
    sent(api.POST("/api/desk/threads", { body })),
  answerThread: (id: string, body: { text: string; mandatory: boolean }) =>
    sent(api.POST("/api/desk/threads/{id}/messages", { ...at(id), body })),
  seeThread: (id: string) => sent(api.POST("/api/desk/threads/{id}/seen", at(id))),
  setAlert: (id: string, alert: boolean) =>
    sent(api.PUT("/api/desk/threads/{id}/alert", { ...at(id), body: { alert } })),
  withdrawMessage: (id: string) => sent(api.POST("/api/desk/messages/{id}/withdraw", at(id))),

  notices: () => sent(api.GET("/api/desk/notices")),
  setWishes: (body: T.Wishes) => sent(api.PUT("/api/desk/notices", { body })),
  addBrowser: (body: T.BrowserInput) => sent(api.POST("/api/desk/notices/browsers", { body })),
  dropBrowser: (id: string) => sent(api.DELETE("/api/desk/notices/browsers/{id}", at(id))),
  /** To oneself, or together with a caregiver. */
  tryNotices: (membership?: string) => sent(api.POST("/api/desk/notices/tests", { body: { membership: membership ?? null } })),
  noticeTest: (id: string) => sent(api.GET("/api/desk/notices/tests/{id}", at(id))),
  confirmTest: (id: string, n: number, by: "device" | "person") =>
    sent(api.POST("/api/desk/notices/tests/{id}/received", { ...at(id), body: { n, by } })),

  photo: (id: string) => sent(api.GET("/api/desk/caregivers/{id}/photo", at(id))),
  setPhoto: (id: string, picture: string | null) =>
    sent(api.PUT("/api/desk/caregivers/{id}/photo", { ...at(id), body: { picture } })),
  logo: () => sent(api.GET("/api/desk/logo")),
  setLogo: (picture: string | null) => sent(api.PUT("/api/desk/logo", { body: { picture } })),
  retention: () => sent(api.GET("/api/desk/retention")),
  retentionPreview: (name: T.DataClass, days: number) =>
    sent(api.GET("/api/desk/retention/preview", { params: { query: { class: name, days } } })),
  setRetention: (name: T.DataClass, days: number, reason: string) =>
    sent(api.PUT("/api/desk/retention", { body: { class: name, days, reason } })),
  settings: () => sent(api.GET("/api/desk/settings")),
  setSetting: (setting: T.SettingRow["setting"], value: number, reason: string) =>
    sent(api.PUT("/api/desk/settings", { body: { setting, value, reason } })),
  requests: () => sent(api.GET("/api/desk/requests")),
  decideRequest: (id: string, body: { accept: boolean; comment: string }) =>
    sent(api.POST("/api/desk/requests/{id}/decide", { ...at(id), body })),
  reopenRequest: (id: string) => sent(api.POST("/api/desk/requests/{id}/reopen", at(id))),
  callbacks: () => sent(api.GET("/api/desk/callbacks")),
  takeCallback: (id: string) => sent(api.POST("/api/desk/callbacks/{id}/take", at(id))),
  calledBack: (id: string) => sent(api.POST("/api/desk/callbacks/{id}/called", at(id))),
  reopenCallback: (id: string) => sent(api.POST("/api/desk/callbacks/{id}/reopen", at(id))),
  lineManager: (id: string) => sent(api.GET("/api/desk/caregivers/{id}/manager", at(id))),
  setLineManager: (id: string, account: string | null) =>
    sent(api.PUT("/api/desk/caregivers/{id}/manager", { ...at(id), body: { account } })),
  directory: () => sent(api.GET("/api/desk/directory")),
  addEntry: (body: { name: string; role: string; phone: string }) => sent(api.POST("/api/desk/directory", { body })),
  changeEntry: (id: string, body: { name: string; role: string; phone: string }) =>
    sent(api.PUT("/api/desk/directory/{id}", { ...at(id), body })),
  removeEntry: (id: string) => sent(api.DELETE("/api/desk/directory/{id}", at(id))),
  shareColleagues: (share_colleagues: boolean) => sent(api.PUT("/api/desk/colleagues", { body: { share_colleagues } })),
  emergencyNumbers: () => sent(api.GET("/api/desk/emergency-numbers")),
  setEmergencyNumbers: (numbers: T.EmergencyNumber[]) =>
    sent(api.PUT("/api/desk/emergency-numbers", { body: { numbers } })),
  planningChanges: () => sent(api.GET("/api/desk/planning-changes", { params: { query: {} } })),
  reports: (query: { day: T.Day; to: T.Day; membership?: string }) =>
    sent(api.GET("/api/desk/reports", { params: { query } })),
  travel: (query: { day: T.Day; to: T.Day; membership?: string }) =>
    sent(api.GET("/api/desk/travel", { params: { query } })),
  services: () => sent(api.GET("/api/desk/services")),
  createService: (body: T.ServiceInput) => sent(api.POST("/api/desk/services", { body })),
  changeService: (id: string, body: T.ServiceInput) => sent(api.PUT("/api/desk/services/{id}", { ...at(id), body })),
  visitTasks: (visit: string) => sent(api.GET("/api/desk/visits/{id}/tasks", at(visit))),
  planTasks: (visit: string, tasks: string[]) =>
    sent(api.PUT("/api/desk/visits/{id}/tasks", { ...at(visit), body: { tasks } })),
  receipts: (visit: string) => sent(api.GET("/api/desk/visits/{id}/receipts", at(visit))),
  /** The picture of a receipt, opened by the browser itself. */
  receiptOf: (id: string) => `/api/desk/receipts/${encodeURIComponent(id)}`,
  sectionRules: () => sent(api.GET("/api/desk/section-rules")),
  setSectionRules: (rules: T.SectionRule[]) => sent(api.PUT("/api/desk/section-rules", { body: { rules } })),

  phones: () => sent(api.GET("/api/desk/phones")),
  blockPhone: (id: string, mode: T.WipeMode, sim_number: string, note: string) =>
    sent(api.POST("/api/desk/phones/{id}/block", { ...at(id), body: { mode, sim_number, note } })),
  carrierBlocked: (id: string, done: boolean) =>
    sent(api.POST("/api/desk/phones/{id}/carrier-blocked", { ...at(id), body: { done } })),

  alarms: () => sent(api.GET("/api/desk/alarms")),
  alarm: (id: string) => sent(api.GET("/api/desk/alarms/{id}", at(id))),
  watched: () => sent(api.GET("/api/desk/alarms/watched")),
  alarmHistory: (month: string) => sent(api.GET("/api/desk/alarms/history", { params: { query: { month } } })),
  alarmFigures: (month: string) => sent(api.GET("/api/desk/alarms/figures", { params: { query: { month } } })),
  acknowledgeAlarm: (id: string) => sent(api.POST("/api/desk/alarms/{id}/acknowledge", at(id))),
  noteAlarm: (id: string, text: string) => sent(api.POST("/api/desk/alarms/{id}/note", { ...at(id), body: { text } })),
  resolveAlarm: (id: string, cause: T.AlarmCause, reason: string) =>
    sent(api.POST("/api/desk/alarms/{id}/resolve", { ...at(id), body: { cause, reason } })),
  testAlarms: () => sent(api.POST("/api/desk/alarms/test")),
  alarmSettings: () => sent(api.GET("/api/desk/alarms/settings")),
  setAlarmSettings: (body: T.AlarmSettings) => sent(api.PUT("/api/desk/alarms/settings", { body })),

  audit: (limit: number, before?: string) =>
    sent(api.GET("/api/desk/audit", { params: { query: before ? { limit, before } : { limit } } })),
};
