import type {
  Act, ActLine, AlarmView, Ask, CallbackLine, CardView, Client, DeviceView, DirectoryLine, EmergencyNumber, HoursView, LockView, Measured, NoticeTest, Period, PhoneView, PlanningChange,
  Reading, ReceiptLine, Reply, RequestLine, RetainedPeriod, StampLine, TasksView, ThreadView, TravelLine, View, VisitLine,
  VisitNotes,
} from "@releve/types";
import { RefusalError, type Bridge } from "../bridge/index.ts";

/** Monday 23 November 2026, 07:48 in Paris. */
export const NOW = Date.parse("2026-11-23T06:48:00Z");
const at = (wall: string) => Date.parse(`2026-11-23T${wall}:00+01:00`);

export const measured = (moment: number, quality: Measured["quality"] = "exact"): Measured => ({
  at: moment,
  error_ms: 40,
  quality,
});

export const garrigues: Client = {
  id: "c1", title: "mrs", first_name: "Denise", last_name: "Garrigues", street: "14 rue des Lices",
  address_more: "2ᵉ étage", postal_code: "81000", commune: "Albi", phone: "+33563123456", door_code: "45A7",
  sections: [
    { kind: "access", text: "Sonner deux fois", title: "" },
    { kind: "health", text: "Allergique à la pénicilline", title: "" },
  ],
  at: null,
};

function line(id: string, wall: [string, string], client: Client | null, label: string): VisitLine {
  return {
    visit: {
      id, membership: "m1", client: client?.id ?? "c9", client_label: label, place: "Albi", service: "Aide à la toilette",
      starts_at: at(wall[0]), ends_at: at(wall[1]), state: "planned", instructions: "",
    },
    client,
    progress: { start: null, end: null },
    button: "start",
  };
}

/** An alarm that could use all its ways, and is not given. */
export const quiet = (): AlarmView => ({
  ready: true, look: { is: "quiet" },
  means: { call: "yes", text: "maybe", data: "no", place: "yes", place_age_ms: 720_000, notices: "yes", still: null },
  call_number: "+33563999999", long_press_ms: 2_000, code: false, session: null,
  test: { at: null, whole: false, by: null, due: true },
});

/** No PIN, and none asked for. */
export const open = (): LockView => ({
  set: false, locked: false, required: false, must_set: false, digits: 4, after_min: 5, locks_in_ms: null, wait_ms: 0,
  tries_left: 10, biometry: "none", by_presence: false,
});

/** A phone in memory, only as clever as the stories of this folder need. Never shipped. */
export class FakePhone implements Bridge {
  phone: PhoneView = {
    state: "ready", first_name: "Amina", last_name: "Belkacem", organisation: "Aide 81", office_phone: "+33563000000",
    zone: "Europe/Paris", server: "https://releve.example", now: measured(NOW), wall_error_ms: null, online: true,
    trouble: null, synced_at: NOW - 60_000, syncing: false, waiting: 0, to_correct: 0, in_progress: null, changes: 0, ring: 0, unread: 0, must_read: null,
    alarm: quiet(), notices: "never", lock: open(), lease_until: NOW + 3 * 86_400_000, version: "0.1.0",
  };
  visits: VisitLine[] = [
    line("v1", ["08:00", "09:30"], garrigues, "Mme Garrigues"),
    line("v2", ["10:00", "11:00"], null, "M. Ferrer"),
  ];
  outbox: ActLine[] = [];
  threads: ThreadView[] = [];
  emergency: EmergencyNumber[] = [];
  callbacks: CallbackLine[] = [];
  people: DirectoryLine[] = [];
  requests: RequestLine[] = [];
  noticeTests: NoticeTest[] = [];
  testWaits = false;
  card: CardView | null = null;
  device: DeviceView = {
    platform: "linux", nfc: "unknown", notices: "no", call: "no", text: "no", place: "no", biometry: "none",
    managed: { ready: false, wants_code: false, server: "", phone_name: "", kiosk: false },
  };
  hours: HoursView = {
    month: "2026-11-01", before: "2026-10-01", after: "2026-12-01", today: "2026-11-23", told_at: null, missing_before: null,
    missing_after: null, days: [], hours: { planned: 0, badged: 0, retained: 0 }, travel_min: 0, undecided: 0, contested: 0,
  };
  periods: Period[] = [
    { class: "messages", days: 365 },
    { class: "hours", days: 1827 },
    { class: "positions", days: 60 },
    { class: "of_tomorrow", days: 1 },
  ];
  stamps: StampLine[] = [];
  retained: RetainedPeriod | null = null;
  notes: VisitNotes = { distance_hm: null, expenses_cents: null, comment: "", distance_note: "", report: "" };
  changed_visits: PlanningChange[] = [];
  tasks: TasksView | null = null;
  travel: TravelLine | null = null;
  receipts: ReceiptLine[] = [];
  acts: Act[] = [];
  /** The next act is refused with this. */
  refuse: string | null = null;
  /** Acts are done once this is over. */
  slow: Promise<void> | null = null;
  /** Looking is refused with this. */
  refuseAsk: string | null = null;
  picture: Reading | string = { method: "qr", text: "https://r.example/b/AAA" };
  tag: ((reading: Reading) => void) | null = null;
  nfc = true;
  #listeners = new Set<() => void>();

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  changes(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  async act(act: Act): Promise<Reply> {
    this.acts.push(act);
    await this.slow;
    if (this.refuse) {
      const code = this.refuse;
      this.refuse = null;
      throw new RefusalError(code);
    }
    if (act.do === "badge" || act.do === "clock_by_hand") {
      const target = this.visits.find((one) => one.visit.id === (act.visit ?? "v1")) ?? this.visits[0]!;
      const kind = act.do === "clock_by_hand" ? act.kind : target.button === "end" ? "end" : "start";
      target.button = kind === "start" ? "end" : null;
      this.phone.in_progress =
        kind === "start"
          ? { visit: target.visit.id, client_label: "Mme Garrigues", since: at("08:03"), ends_at: at("09:30"), remind_at: at("09:25") }
          : null;
      this.phone.waiting += 1;
      this.changed();
      return {
        is: "clocked", event: `e${this.acts.length}`, visit: target.visit.id, kind, client_label: "Mme Garrigues",
        measured: measured(at(kind === "start" ? "08:03" : "09:31")), assurance: "qr", undo_ms: 30_000,
      };
    }
    if (act.do === "undo") this.phone.in_progress = null;
    if (act.do === "write_notes") this.notes = act.notes;
    if (act.do === "saw_change") {
      this.changed_visits = this.changed_visits.filter((one) => one.visit !== act.visit);
      this.phone.changes = this.changed_visits.length;
    }
    if (act.do === "rang") this.phone.ring = 0;
    if (act.do === "read_message") this.phone.must_read = null;
    if (act.do === "alarm") {
      this.phone.alarm.look =
        act.press === "held"
          ? { is: "quiet" }
          : { is: "counting", alarm: "a1", left_ms: 10_000, all_ms: 10_000, test: act.press === "test", unanswered: false, still: false };
    }
    if (act.do === "cancel_alarm") {
      if (this.phone.alarm.code && act.code !== "1234") throw new RefusalError("wrong_credentials");
      const look = this.phone.alarm.look;
      this.phone.alarm.look = look.is === "given" ? { ...look, fine: true } : { is: "quiet" };
    }
    if (act.do === "alarm_seen") this.phone.alarm.look = { is: "quiet" };
    const session = this.phone.alarm.session;
    if (act.do === "alarm_fine" && session) {
      const ends_at = session.ends_at === null ? null : session.ends_at + (act.stay_min ?? 0) * 60_000;
      this.phone.alarm.session = { ...session, asks: false, ends_at };
    }
    if (act.do === "start_lone_work") {
      const { place, every_min } = act;
      this.phone.alarm.session = {
        id: "s1", visit: null, place, every_min, ends_at: NOW + act.minutes * 60_000, asks: false, left_ms: 60_000,
      };
    }
    if (act.do === "end_lone_work") this.phone.alarm.session = null;
    if (act.do === "unlock" || act.do === "unlock_by_presence") {
      this.phone.state = "ready";
      this.phone.lock.locked = false;
    }
    if (act.do === "set_pin") this.phone.lock = { ...this.phone.lock, set: true, must_set: false };
    if (act.do === "drop_pin") this.phone.lock.set = false;
    if (act.do === "allow_presence") this.phone.lock.by_presence = act.pin !== null;
    if (act.do === "lock_now") {
      this.phone.state = "locked";
      this.phone.lock.locked = true;
    }
    if (act.do === "enrol" || act.do === "enrol_managed") this.phone.state = "ready";
    this.changed();
    return { is: "done" };
  }

  async ask(ask: Ask): Promise<View> {
    // Another value each time, as from a real bridge.
    if (ask.ask === "phone") return { view: "phone", ...structuredClone(this.phone) };
    if (this.refuseAsk) throw new RefusalError(this.refuseAsk);
    switch (ask.ask) {
      case "day": {
        const day = ask.day ?? "2026-11-23";
        const visits = day === "2026-11-23" ? this.visits : [];
        const travel = this.travel && visits.length > 0 ? [this.travel] : [];
        const next = this.phone.in_progress?.visit ?? visits.find((one) => one.button === "start")?.visit.id ?? null;
        return {
          view: "day", day, today: "2026-11-23", from: "2026-11-16", to: "2026-12-21", visits, next,
          hours: { planned: 150, badged: 0, retained: 0 }, travel, travel_min: travel[0]?.computed.minutes ?? 0,
        };
      }
      case "visit": {
        const found = this.visits.find((one) => one.visit.id === ask.id);
        if (!found) throw new RefusalError("not_found");
        return {
          view: "visit", line: found, stamps: this.stamps, notes: this.notes, notes_open: !this.retained,
          retained: this.retained,
          hours: { planned: 90, badged: 0, retained: 0 }, tasks: this.tasks, travel: this.travel,
          receipts: this.receipts, change: this.changed_visits.find((one) => one.visit === ask.id) ?? null,
        };
      }
      case "week": {
        const days = [];
        for (let n = 0; n < 7; n += 1) {
          const day = new Date(Date.parse(`${ask.day ?? "2026-11-23"}T12:00:00Z`) + n * 86_400_000);
          const view = await this.ask({ ask: "day", day: day.toISOString().slice(0, 10) });
          if (view.view === "day") days.push(view);
        }
        return { view: "week", days };
      }
      case "changes":
        return { view: "changes", changes: this.changed_visits };
      case "clients":
        return { view: "clients", clients: [garrigues] };
      case "find_clients": {
        const clients = [garrigues].filter((c) => c.last_name.toLowerCase().startsWith(ask.text.toLowerCase()));
        return { view: "found", clients, more: 0, held: 1 };
      }
      case "client":
        return { view: "client", client: garrigues, visits: this.visits.slice(0, 1) };
      case "threads":
        return {
          view: "threads",
          threads: this.threads.flatMap((thread) => {
            const last = thread.messages.at(-1);
            const unread = thread.messages.filter((m) => m.message.from === "office" && m.message.read_at === null);
            return last ? [{ id: thread.id, last, unread: unread.length, mandatory: false }] : [];
          }),
        };
      case "thread": {
        const found = this.threads.find((thread) => thread.id === ask.id);
        if (!found) throw new RefusalError("not_found");
        return { view: "thread", ...found };
      }
      case "contacts":
        return { view: "contacts", emergency: this.emergency, callbacks: this.callbacks };
      case "directory":
        return { view: "directory", people: this.people };
      case "card":
        if (!this.card) throw new RefusalError("not_found");
        return { view: "card", ...this.card };
      case "notice_tests":
        return { view: "notice_tests", tests: this.noticeTests, waiting: this.testWaits };
      case "requests":
        return { view: "requests", requests: this.requests };
      case "device":
        return { view: "device", ...structuredClone(this.device) };
      case "hours":
        return { view: "hours", ...structuredClone(this.hours), month: ask.month ?? this.hours.month };
      case "outbox":
        return { view: "outbox", acts: this.outbox };
      case "privacy":
        return { view: "privacy", positions: [], visits_held: 12, clients_held: 1, stamps_held: 0, lease_until: null, periods: this.periods };
    }
  }

  readTag(signal: AbortSignal): Promise<Reading> {
    if (!this.nfc) return Promise.reject(new RefusalError("no_nfc"));
    return new Promise((resolve, reject) => {
      this.tag = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  async readPicture(): Promise<Reading> {
    if (typeof this.picture === "string") throw new RefusalError(this.picture);
    return this.picture;
  }
}
