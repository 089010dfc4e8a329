import { phone } from "@releve/kit";
import type { AlarmSettings } from "../api/types";

/** A delay of the form: its field, its unit and its bounds. */
export const DELAYS = [
  { field: "pre_alarm_s", least: 0, most: 60 },
  { field: "sms_after_s", least: 5, most: 120 },
  { field: "ack_timeout_s", least: 30, most: 900 },
  { field: "server_grace_s", least: 60, most: 1_800 },
  { field: "overrun_min", least: 5, most: 120 },
  { field: "answer_min", least: 1, most: 60 },
] as const;
export type Delay = (typeof DELAYS)[number]["field"];

/** What is typed: every number as its text. */
export interface Typed {
  delays: Record<Delay, string>;
  sessions: boolean;
  asks: boolean;
  every_min: string;
  grace_min: string;
  still: boolean;
  after_s: string;
  still_pre_alarm_s: string;
  call_number: string;
  sms_number: string;
  mails: string;
  tiers: { name: string; mail: string; sms: string; call: string }[][];
}

export function typedOf(settings: AlarmSettings): Typed {
  const { rules } = settings;
  const delays = Object.fromEntries(DELAYS.map(({ field }) => [field, String(rules[field])])) as Record<Delay, string>;
  return {
    delays,
    sessions: rules.sessions,
    asks: rules.check_in != null,
    every_min: String(rules.check_in?.every_min ?? 60),
    grace_min: String(rules.check_in?.grace_min ?? 10),
    still: rules.immobility != null,
    after_s: String(rules.immobility?.after_s ?? 120),
    still_pre_alarm_s: String(rules.immobility?.pre_alarm_s ?? 60),
    call_number: phone(settings.call_number),
    sms_number: phone(settings.sms_number),
    mails: settings.mails.join(", "),
    tiers: settings.tiers.map((tier) => tier.contacts.map((one) => ({ ...one, sms: phone(one.sms), call: phone(one.call) }))),
  };
}

/** A whole number within bounds; null for anything else. */
export function number(text: string, least: number, most: number): number | null {
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}

/** What is to be saved, or the field that cannot be. `before` keeps what the form does not show. */
export function settingsOf(typed: Typed, before: AlarmSettings): AlarmSettings | { wrong: string } {
  const rules = { ...before.rules, sessions: typed.sessions };
  for (const { field, least, most } of DELAYS) {
    const value = number(typed.delays[field], least, most);
    if (value === null) return { wrong: field };
    rules[field] = value;
  }
  rules.check_in = null;
  if (typed.asks) {
    const [every_min, grace_min] = [number(typed.every_min, 5, 480), number(typed.grace_min, 1, 60)];
    if (every_min === null) return { wrong: "every_min" };
    if (grace_min === null) return { wrong: "grace_min" };
    rules.check_in = { every_min, grace_min };
  }
  rules.immobility = null;
  if (typed.still) {
    const [after_s, pre_alarm_s] = [number(typed.after_s, 30, 3_600), number(typed.still_pre_alarm_s, 10, 300)];
    if (after_s === null) return { wrong: "after_s" };
    if (pre_alarm_s === null) return { wrong: "immobility_pre_alarm_s" };
    rules.immobility = { after_s, pre_alarm_s };
  }
  const mails = typed.mails.split(/[\s,;]+/).filter(Boolean);
  const tiers = typed.tiers
    .map((contacts) => ({ contacts: contacts.filter((one) => one.name.trim() !== "" || one.mail || one.sms || one.call) }))
    .filter((tier) => tier.contacts.length > 0);
  return { rules, call_number: typed.call_number.trim(), sms_number: typed.sms_number.trim(), mails, tiers };
}
