// The desk's HTTP contract, by the names of the server's answers.

export type Ms = number;
export type Day = string;
export type Code<T extends string> = T | (string & {});

export interface Me {
  account_id: string;
  name: string;
  role: Code<"supervisor" | "admin">;
  organisation: { id: string; name: string; zone: string; phone: string };
  server_time: Ms;
}

export type PhoneState = Code<"active" | "blocked" | "wipe_pending" | "wiped" | "signed_out">;
export interface PhoneRow {
  id: string;
  person_id: string;
  person_name: string;
  name: string;
  platform: string;
  version: string;
  state: PhoneState;
  enrolled_at: Ms;
  last_seen_at: Ms | null;
  last_sync_at: Ms | null;
  waiting: number;
  sim_number: string | null;
  carrier_blocked: boolean;
}
export interface Enrolment {
  id: string;
  link: string;
  qr_svg: string;
  expires_at: Ms;
}
export interface EnrolmentState {
  state: Code<"waiting" | "used" | "expired">;
  device_id: string | null;
}
export type WipeMode = Code<"after_sending" | "now">;

export type Transmission = Code<"not_sent" | "pending" | "transmitted" | "error">;
export interface CaregiverRow {
  id: string;
  person_id: string;
  first_name: string;
  last_name: string;
  phone: string;
  role: string;
  state: Code<"active" | "ended">;
  transmit: boolean;
  transmission: Transmission;
  transmission_at: Ms | null;
  upcoming_visits: number;
  phone_id: string | null;
  rev: number;
}
export interface CaregiverInput {
  first_name: string;
  last_name: string;
  phone: string;
  role: string;
}

export type Title = Code<"mrs" | "mr" | "none">;
export interface ClientRow {
  id: string;
  title: Title;
  first_name: string;
  last_name: string;
  street: string;
  postal_code: string;
  commune: string;
  phone: string;
  tags_active: number;
  next_visit_at: Ms | null;
}
export type SectionKind = Code<"access" | "habits" | "health" | "home" | "contacts" | "other">;
export interface Section {
  kind: SectionKind;
  text: string;
}
export interface ClientInput {
  title: Title;
  first_name: string;
  last_name: string;
  street: string;
  address_more: string;
  postal_code: string;
  commune: string;
  phone: string;
  door_code: string;
  sections: Section[];
}
export interface Client extends ClientInput {
  id: string;
  rev: number;
}

export type TagKind = Code<"qr" | "nfc_static" | "ntag424">;
export interface TagRow {
  id: string;
  kind: TagKind;
  state: Code<"active" | "revoked">;
  label: string;
  issued_at: Ms;
  revoked_at: Ms | null;
  last_used_at: Ms | null;
  link: string;
}

export interface Visit {
  id: string;
  membership: string;
  client: string;
  client_label: string;
  place: string;
  service: string;
  starts_at: Ms;
  ends_at: Ms;
  state: Code<"planned" | "cancelled" | "unplanned">;
  instructions: string;
}
export interface VisitInput {
  membership: string;
  client: string;
  service: string;
  starts_at: Ms;
  ends_at: Ms;
  instructions: string;
}

export type Method = Code<"nfc" | "qr" | "manual">;
export type Assurance = Code<"sun" | "nfc_static" | "qr" | "manual">;
export type Quality = Code<"exact" | "bracketed" | "claimed">;
export interface Measured {
  at: Ms;
  error_ms: number | null;
  quality: Quality;
}
export interface Clocked {
  id: string;
  visit: string;
  kind: Code<"start" | "end" | "void">;
  method: Method;
  assurance: Assurance;
  reason: string | null;
  voids: string | null;
  measured: Measured;
  declared_at: Ms | null;
  anomalies: string[];
}
export interface RetainedPeriod {
  visit: string;
  decision: Code<"accepted" | "corrected">;
  starts_at: Ms;
  ends_at: Ms;
  reason: string | null;
  note: string;
  decided_by: string;
  decided_at: Ms;
}
export interface VisitNotes {
  distance_hm: number | null;
  expenses_cents: number | null;
  comment: string;
}
export interface Hours {
  planned: number;
  badged: number;
  retained: number;
}
export type BoardStatus = Code<
  | "planned"
  | "in_progress"
  | "to_check"
  | "done"
  | "accepted"
  | "corrected"
  | "cancelled"
  | "late"
  | "silent"
>;
export interface BoardPhone {
  last_seen_at: Ms | null;
  last_sync_at: Ms | null;
  waiting: number;
  state: PhoneState;
}
export interface BoardRow {
  visit: Visit;
  caregiver_name: string;
  client_name: string;
  start: Clocked | null;
  end: Clocked | null;
  notes: VisitNotes | null;
  retained: RetainedPeriod | null;
  hours: Hours;
  difference_min: number | null;
  status: BoardStatus;
  anomalies: string[];
  phone: BoardPhone | null;
  cancel_reason: string | null;
  rev: number;
}
export interface Board {
  day: Day;
  to: Day;
  rows: BoardRow[];
  totals: Hours;
}
export interface ProofStamp {
  clocked: Clocked;
  raw: string;
  device: string;
  seq: number;
  received_at: Ms;
  wall: Ms | null;
  note: string | null;
}
export interface Proof {
  stamps: ProofStamp[];
  retained: RetainedPeriod[];
}
export interface Correction {
  starts_at: Ms;
  ends_at: Ms;
  reason: string;
  note: string;
  rev: number;
}
export interface BulkAnswer {
  accepted: string[];
  refused: { visit: string; refusal: string }[];
}
export interface VisitRow {
  visit: Visit;
  caregiver_name: string;
  client_name: string;
  status: BoardStatus;
  cancel_reason: string | null;
  rev: number;
}
export interface TagIssued {
  id: string;
  link: string;
  qr_svg: string;
  ntag424: { url_template: string; master_key: string; meta_read_key: string; file_read_key: string } | null;
}
export interface AuditRow {
  id: string;
  at: Ms;
  who: string;
  verb: string;
  what: string;
  detail: string;
}
