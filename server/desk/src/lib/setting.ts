// A threshold as people read it: its unit ends its code.
import type { SettingRow } from "../api/types";
import { coded, w } from "../words";

export type Setting = SettingRow["setting"];

const UNITS = ["min", "s", "ms", "days", "digits"] as const;

/** `min`, `s`, `ms`, `days`, `digits`; empty for a yes or no. */
export function unitOf(setting: Setting): (typeof UNITS)[number] | "" {
  const end = setting.split("_").at(-1);
  return UNITS.find((unit) => unit === end) ?? "";
}

/** `10 s`, `7 jours`, `Oui`. */
export function spelt(setting: Setting, value: number): string {
  switch (unitOf(setting)) {
    case "min":
      return w().unit_min(value);
    case "s":
      return w().unit_s(value);
    case "ms":
      return w().unit_ms(value);
    case "days":
      return w().unit_days(value);
    case "digits":
      return w().unit_digits(value);
    case "":
      return value === 0 ? w().setting_no : w().setting_yes;
  }
}

/** The typed value, when it is a whole number within the bounds. */
export function within(row: SettingRow, typed: string): number | null {
  const value = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : null;
  return value !== null && value >= row.least && value <= row.most ? value : null;
}

const GROUPS: Record<"hours" | "phone", readonly Setting[]> = {
  hours: ["tolerance_min"],
  phone: [
    "end_reminder_min",
    "same_callback_min",
    "lease_days",
    "share_colleagues",
    "lock_required",
    "lock_digits",
    "lock_after_min",
  ],
};

/** The list in groups; one of a newer server stands with the alarms. */
export function grouped(rows: readonly SettingRow[]): { group: "hours" | "phone" | "alarm"; rows: SettingRow[] }[] {
  const of = (group: "hours" | "phone") => rows.filter((row) => GROUPS[group].includes(row.setting));
  const rest = rows.filter((row) => !GROUPS.hours.includes(row.setting) && !GROUPS.phone.includes(row.setting));
  return [
    { group: "hours", rows: of("hours") },
    { group: "phone", rows: of("phone") },
    { group: "alarm", rows: rest },
  ];
}

export const nameOf = (setting: Setting): string => coded("setting", setting);
