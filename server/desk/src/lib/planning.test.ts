import { expect, it } from "vitest";
import type { Visit, VisitRow } from "../api/types";
import { lanes, overlaps, plannedMinutes, weekOf } from "./planning";

const visit = (id: string, starts_at: number, ends_at: number, more: Partial<Visit> = {}): Visit => ({
  id,
  membership: "m",
  client: "c",
  client_label: "",
  place: "",
  service: "",
  starts_at,
  ends_at,
  state: "planned",
  instructions: "",
  ...more,
});
const row = (v: Visit): VisitRow => ({ visit: v, caregiver_name: "", client_name: "", status: "planned", cancel_reason: null, tasks: [], rev: 1 });

it("warns of an overlap before saving, not of neighbours, of itself, or of cancelled visits", () => {
  const rows = [
    row(visit("a", 0, 10)),
    row(visit("b", 10, 20)),
    row(visit("c", 5, 15, { state: "cancelled" })),
    row(visit("d", 5, 15, { membership: "other" })),
  ];
  expect(overlaps(rows, "m", 9, 11, null).map((r) => r.visit.id)).toEqual(["a", "b"]);
  expect(overlaps(rows, "m", 10, 20, "b")).toEqual([]);
});

it("adds up what is to take place", () => {
  const hour = 3_600_000;
  expect(plannedMinutes([visit("a", 0, hour), visit("b", 0, hour, { state: "cancelled" })])).toBe(60);
});

it("lists a week from Monday and lays overlapping visits side by side", () => {
  expect(weekOf("2026-11-23").at(-1)).toBe("2026-11-29");
  const laid = lanes([visit("a", 0, 10), visit("b", 5, 15), visit("c", 10, 20)]);
  expect(laid.map((l) => l.map((v) => v.id))).toEqual([["a", "c"], ["b"]]);
});
