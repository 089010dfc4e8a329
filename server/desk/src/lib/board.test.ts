import { describe, expect, it } from "vitest";
import type { BoardRow, Clocked } from "../api/types";
import { anomaliesOf, asFilter, ASSURANCES, byAttention, byDay, canAccept, canCorrect, countsAt, inTolerance, lastMonths, worst } from "./board";

const stamp = (kind: "start" | "end", at: number, more: Partial<Clocked> = {}): Clocked => ({
  id: `${kind}${at}`,
  visit: "v",
  kind,
  method: "qr",
  assurance: "qr",
  reason: null,
  voids: null,
  measured: { at, error_ms: 200, quality: "exact" },
  declared_at: null,
  anomalies: [],
  ...more,
});

const row = (more: Partial<BoardRow> = {}): BoardRow => ({
  visit: {
    id: "v",
    membership: "m",
    client: "c",
    client_label: "Mme D.",
    place: "Lyon",
    service: "Repas",
    starts_at: 1000,
    ends_at: 2000,
    state: "planned",
    instructions: "",
  },
  caregiver_name: "Amina",
  client_name: "Mme D.",
  start: stamp("start", 1000),
  end: stamp("end", 2000),
  notes: null,
  retained: null,
  hours: { planned: 0, badged: 0, retained: 0 },
  difference_min: 0,
  status: "done",
  anomalies: [],
  phone: null,
  cancel_reason: null,
  rev: 1,
  ...more,
});
const retained: BoardRow["retained"] = {
  visit: "v",
  decision: "accepted",
  starts_at: 0,
  ends_at: 1,
  reason: null,
  note: "",
  decided_by: "x",
  decided_at: 1,
};

describe("the control board (O-34)", () => {
  it("accepts in bulk only what is inside the tolerance and not yet decided", () => {
    const rows = [row(), row({ status: "to_check" }), row({ end: null }), row({ retained })];
    expect(inTolerance(rows)).toHaveLength(1);
  });

  it("accepts a row with two stamps only, and never a cancelled visit", () => {
    expect(canAccept(row({ status: "to_check" }))).toBe(true);
    expect(canAccept(row({ start: null }))).toBe(false);
    expect(canAccept(row({ visit: { ...row().visit, state: "cancelled" } }))).toBe(false);
  });

  it("corrects what is over, and what was decided", () => {
    const open = row({ start: null, end: null });
    expect(canCorrect(open, 1500)).toBe(false);
    expect(canCorrect(open, 2000)).toBe(true);
    expect(canCorrect(row({ retained }), 0)).toBe(true);
  });

  it("counts the declared time of a forgotten stamp", () => {
    expect(countsAt(stamp("start", 9, { declared_at: 5 }))).toBe(5);
    expect(countsAt(stamp("start", 9))).toBe(9);
  });

  it("says the worst assurance of both stamps, an unknown one last", () => {
    expect(worst(["sun", "qr"], ASSURANCES)).toBe("qr");
    expect(worst(["sun", "of_tomorrow", "manual"], ASSURANCES)).toBe("of_tomorrow");
    expect(worst([], ASSURANCES)).toBeNull();
  });

  it("tells each anomaly once", () => {
    const both = row({ anomalies: ["manual"], start: stamp("start", 1, { anomalies: ["manual", "wall_wrong"] }) });
    expect(anomaliesOf(both)).toEqual(["manual", "wall_wrong"]);
  });

  it("puts what somebody should look at first, else keeps the order of time", () => {
    const list = ["done", "accepted", "to_check", "late", "done"] as const;
    const rows = list.map((status, n) => row({ status, rev: n }));
    expect(byAttention(rows).map((r) => r.rev)).toEqual([3, 2, 0, 4, 1]);
  });

  it("groups by day and reads a filter from an address with care", () => {
    expect(byDay([row(), row()], () => "2026-11-23").map(([d, r]) => [d, r.length])).toEqual([["2026-11-23", 2]]);
    expect([asFilter("to_check"), asFilter("<script>"), asFilter(undefined)]).toEqual(["to_check", "all", "all"]);
  });
});

it("lists months back over the new year", () => {
  expect(lastMonths("2027-01-05", 3)).toEqual(["2027-01", "2026-12", "2026-11"]);
});
