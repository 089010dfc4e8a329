import type { AuditRow } from "../api/types";
import { coded, w } from "../words";
import { f } from "./session.svelte";
import { isDay } from "./zone";

/** The role of a reader, then what was seen: sections of a sheet, or the days of reports. */
export function seen(row: AuditRow): string {
  const [first = "", ...rest] = row.detail.split(" ").filter(Boolean);
  const [from, to] = rest;
  const what =
    from && to && isDay(from) && isDay(to)
      ? w().accesses_days(f().dayShort(from), f().dayShort(to))
      : rest.length > 0
        ? w().accesses_sections(rest.map((kind) => coded("section", kind)).join(", "))
        : "";
  return [coded("accesses_role", first, ""), what].filter(Boolean).join(" · ");
}

/** What an entry is about: whose it is, or the threshold that was set; empty when its verb says all. */
export function about(row: AuditRow): string {
  const [kind = "", id = ""] = row.what.split("/");
  if (kind !== "setting") return row.whose ?? "";
  const [, period] = id.split("retention.");
  return period ? coded("retention_class", period) : coded("setting", id);
}

/** The rest that is known of it. */
export function detail(row: AuditRow): string {
  return row.verb.endsWith(".read") ? seen(row) : row.detail;
}
