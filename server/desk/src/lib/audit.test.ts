import { setLanguage } from "@releve/kit";
import { expect, test } from "vitest";
import type { AuditRow } from "../api/types";
import { about, detail } from "./audit";

const row = (rest: Partial<AuditRow>): AuditRow => ({
  id: "01",
  at: 0,
  who: "Claire Delmas",
  verb: "client.read",
  what: "client/01a2",
  whose: null,
  detail: "",
  ...rest,
});

test("B-19: a line of the log says whose data it is, what was seen, and never an id", () => {
  setLanguage("fr");
  expect(about(row({ whose: "Denise Cazals" }))).toBe("Denise Cazals");
  expect(about(row({ verb: "session.open", what: "session/01a2" }))).toBe("");
  expect(about(row({ verb: "setting.change", what: "setting/lock_required" }))).toBe("Code PIN obligatoire sur les téléphones");
  expect(about(row({ verb: "setting.change", what: "setting/retention.messages" }))).toBe("Messages");
  expect(detail(row({ detail: "admin health access" }))).toBe("direction · rubriques : Santé, Accès");
  expect(detail(row({ verb: "setting.change", detail: "4 > 6" }))).toBe("4 > 6");
});
