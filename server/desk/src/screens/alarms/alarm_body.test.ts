import { setLanguage } from "@releve/kit";
import { flushSync, mount, tick, unmount } from "svelte";
import { expect, test, vi } from "vitest";
import { desk } from "../../api/client";
import type { AlarmSheet } from "../../api/types";
import AlarmBody from "./AlarmBody.svelte";

const NOW = Date.UTC(2026, 10, 26, 8, 0);

const sheet = (starts_at: number) =>
  ({
    id: "a", phase: "notifying", kind: "panic", name: "Amina Benali", phone: "+33639981076", marks: [],
    pressed_at: NOW - 10_000, raised_at: NOW, acknowledged_by: null, acknowledged_at: null, fine_at: null,
    theoretical: null, positions: [], said: "", end: null, trail: [], deliveries: [],
    near: [{ caregiver: "c", name: "Bruno Costes", phone: "+33639981147", starts_at, ends_at: NOW }],
  }) as unknown as AlarmSheet;

async function shown(starts_at: number) {
  vi.spyOn(desk, "alarm").mockResolvedValue(sheet(starts_at));
  const part = mount(AlarmBody, { target: document.body, props: { id: "a", onclose: null } });
  await vi.waitFor(() => {
    flushSync();
    expect(document.body.textContent).toContain("Je m'en occupe");
  });
  await tick();
  const text = document.body.textContent ?? "";
  await unmount(part);
  return text;
}

test("O-33: a part of an alarm that cannot be drawn hides neither the answer nor the telephone", async () => {
  setLanguage("fr");
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  expect(await shown(NOW)).toContain("Bruno Costes");
  expect(reported).not.toHaveBeenCalled();
  // A moment that is none: whatever is wrong there, she is answered.
  const broken = await shown(Number.NaN);
  expect(broken).toContain("Une erreur de l'application");
  expect(broken).toContain("06 39 98 10 76");
  expect(reported).toHaveBeenCalledOnce();
});
