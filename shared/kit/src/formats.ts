import { parseDate, parseDateTime, toZoned } from "@internationalized/date";
import type { Language } from "./i18n/language.svelte.ts";

/** Milliseconds since the Unix epoch. */
type Moment = number;
/** A calendar day, `2026-11-23`. */
type Day = string;

const TAGS: Record<Language, string> = { fr: "fr-FR", en: "en-GB" };

/** Spells moments, days, durations and sums as people read them, in one zone and language. */
export class Formats {
  readonly #tag: string;
  readonly #known = new Map<string, Intl.DateTimeFormat>();

  constructor(
    readonly language: Language,
    /** IANA zone of the organisation; every moment is shown in it. */
    readonly zone: string,
  ) {
    this.#tag = TAGS[language];
  }

  /** `08:03` */
  time(at: Moment): string {
    return this.#in(this.zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
  }

  /** `lun. 23 nov.` */
  dayShort(day: Day): string {
    return this.#day(day, { weekday: "short", day: "numeric", month: "short" });
  }

  /** `lundi 23 novembre` */
  dayLong(day: Day): string {
    return this.#day(day, { weekday: "long", day: "numeric", month: "long" });
  }

  /** `lundi 23 novembre 2026` */
  dayFull(day: Day): string {
    return this.#day(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  }

  /** `novembre 2026`, from any day of the month. */
  month(day: Day): string {
    return this.#day(day, { month: "long", year: "numeric" });
  }

  /** `lun. 23 nov. 08:03` */
  dateTime(at: Moment): string {
    return `${this.dayShort(this.dayOf(at))} ${this.time(at)}`;
  }

  /** `08:03` on `today`, else `lun. 23 nov. 08:03`. */
  dateTimeNear(at: Moment, today: Day): string {
    return this.dayOf(at) === today ? this.time(at) : this.dateTime(at);
  }

  /** `08:00 – 09:30` */
  period(from: Moment, to: Moment): string {
    return `${this.time(from)} – ${this.time(to)}`;
  }

  /** Minutes as `1 h 30`, `45 min`, `−0 h 10` with a sign when negative. */
  duration(minutes: number): string {
    const sign = minutes < 0 ? "−" : "";
    const whole = Math.abs(Math.round(minutes));
    const hours = Math.floor(whole / 60);
    const rest = whole % 60;
    if (hours === 0) return `${sign}${rest} min`;
    return rest === 0
      ? `${sign}${hours} h`
      : `${sign}${hours} h ${String(rest).padStart(2, "0")}`;
  }

  /** `dans 12 min`, `il y a 3 h`: the largest whole unit. */
  relative(at: Moment, now: Moment): string {
    const minutes = Math.round((at - now) / 60_000);
    const format = new Intl.RelativeTimeFormat(this.#tag, { numeric: "always", style: "short" });
    if (Math.abs(minutes) < 60) return format.format(minutes, "minute");
    const hours = Math.round(minutes / 60);
    if (Math.abs(hours) < 48) return format.format(hours, "hour");
    return format.format(Math.round(hours / 24), "day");
  }

  /** Hundreds of metres as `3,2 km`. */
  distance(hectometres: number): string {
    return new Intl.NumberFormat(this.#tag, {
      style: "unit",
      unit: "kilometer",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }).format(hectometres / 10);
  }

  /** Cents as `12,50 €`. */
  euros(cents: number): string {
    return new Intl.NumberFormat(this.#tag, { style: "currency", currency: "EUR" }).format(cents / 100);
  }

  /** `3,2`, without unit: for a field that a person fills in. */
  decimal(value: number, digits: number): string {
    return new Intl.NumberFormat(this.#tag, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    }).format(value);
  }

  /** `1 234` */
  number(value: number): string {
    return new Intl.NumberFormat(this.#tag).format(value);
  }

  /** The calendar day of a moment, in the zone. */
  dayOf(at: Moment): Day {
    // By a format that is kept: a library's way makes several at each call.
    const parts = this.#in(this.zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(at);
    const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
    return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
  }

  /** The moment of a wall time (`08:03`) on a day, in the zone; null for what is no time. */
  momentAt(day: Day, wall: string): Moment | null {
    try {
      return toZoned(parseDateTime(`${day}T${wall}`), this.zone).toDate().getTime();
    } catch {
      return null;
    }
  }

  #day(day: Day, options: Intl.DateTimeFormatOptions): string {
    const noon = Date.parse(`${day}T12:00:00Z`);
    const format = this.#in("UTC", options);
    const first = this.language === "fr" && day.endsWith("-01") && options.day !== undefined;
    if (!first) return format.format(noon);
    return format
      .formatToParts(noon)
      .map((part) => (part.type === "day" ? "1ᵉʳ" : part.value))
      .join("");
  }

  #in(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = zone + JSON.stringify(options);
    let format = this.#known.get(key);
    if (!format) {
      format = new Intl.DateTimeFormat(this.#tag, { ...options, timeZone: zone });
      this.#known.set(key, format);
    }
    return format;
  }
}

const made = new Map<string, Formats>();

/** The formats of a language and zone, made once. */
export function formats(language: Language, zone: string): Formats {
  const key = `${language} ${zone}`;
  let found = made.get(key);
  if (!found) {
    found = new Formats(language, zone);
    made.set(key, found);
  }
  return found;
}

/** The day `days` later (earlier when negative). */
export function dayPlus(day: Day, days: number): Day {
  return parseDate(day).add({ days }).toString();
}

/** Monday of the week of a day. */
export function mondayOf(day: Day): Day {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return dayPlus(day, -((weekday + 6) % 7));
}

/** The country codes whose national numbers are a 0 and nine digits, in pairs. */
const FRENCH = ["+33", "+262", "+590", "+594", "+596"];

/** `06 12 34 56 78` for a French number, `+32 475 12 34 56` as it is for another. */
export function phone(text: string): string {
  const digits = text.replaceAll(/[\s.-]/g, "");
  const code = FRENCH.find((c) => digits.startsWith(c) && digits.length === c.length + 9);
  const national = code ? `0${digits.slice(code.length)}` : digits;
  if (!/^0[1-9]\d{8}$/.test(national)) return text;
  return national.match(/\d\d/g)?.join(" ") ?? text;
}

/** Reads `3,2` or `3.2`, or null when it is no positive decimal number. */
export function readDecimal(text: string): number | null {
  const trimmed = text.trim().replace(",", ".");
  return /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : null;
}

/** Reads a wall time as people type it (`8:03`, `8h03`, `0803`, `8`): `08:03`, or empty when it is none. */
export function readTime(text: string): string {
  const found = /^(\d{1,2})(?:\s*[:hH.]?\s*(\d{2})|\s*[hH])?$/.exec(text.trim());
  const [hour, minute] = [Number(found?.[1] ?? NaN), Number(found?.[2] ?? 0)];
  if (!(hour <= 23 && minute <= 59)) return "";
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** `DG` for Denise Garrigues. */
export function initials(first: string, last: string): string {
  return [first, last]
    .map((name) => [...name.trim()][0] ?? "")
    .join("")
    .toUpperCase();
}
