import { setLanguage } from "@releve/kit";
import type { PlanningChange, TravelLine } from "@releve/types";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import App from "../App.svelte";
import { go, parse } from "../state/route.svelte.ts";
import { FakePhone, garrigues, measured, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const at = (wall: string) => Date.parse(`2026-11-23T${wall}:00+01:00`);

const moved: PlanningChange = {
  visit: "v2", n: 3, new_address: false, changed_at: NOW - 120_000,
  before: { client: "c9", client_label: "M. Ferrer", place: "Albi", starts_at: at("10:00"), ends_at: at("11:00"), cancelled: false },
  after: { client: "c9", client_label: "M. Ferrer", place: "Albi", starts_at: at("14:30"), ends_at: at("15:30"), cancelled: false },
};

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/", true);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("a change of the planning (O-10)", () => {
  beforeEach(() => {
    phone.changed_visits = [moved];
    phone.phone.changes = 1;
  });

  it("shows before and after in words, and goes once it is seen", async () => {
    show();
    expect(await screen.findByRole("heading", { name: "Horaire changé" })).toBeTruthy();
    expect(screen.getByText("10:00 – 11:00 · M. Ferrer · Albi")).toBeTruthy();
    expect(screen.getByText("14:30 – 15:30 · M. Ferrer · Albi")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "J'ai vu" }));
    expect(phone.acts).toContainEqual({ do: "saw_change", visit: "v2", n: 3 });
    await waitFor(() => expect(screen.queryByRole("heading", { name: "Horaire changé" })).toBeNull());
  });

  it("rings once, in working time, and says so", async () => {
    phone.phone.ring = 1;
    show();
    await waitFor(() => expect(phone.acts).toEqual([{ do: "rang" }]));
    phone.changed();
    await new Promise((done) => setTimeout(done, 20));
    expect(phone.acts.filter((act) => act.do === "rang")).toHaveLength(1);
  });

  it("names every kind of change", async () => {
    const cancelled = { ...moved, visit: "v3", after: { ...moved.before!, cancelled: true } };
    const gone = { ...moved, visit: "v4", after: null };
    const added = { ...moved, visit: "v5", before: null };
    const placed = { ...moved, visit: "v6", after: moved.before, new_address: true };
    phone.changed_visits = [cancelled, gone, added, placed];
    show();
    for (const name of ["Intervention annulée", "Ne vous est plus confiée", "Nouvelle intervention", "Adresse changée"]) {
      expect(await screen.findByRole("heading", { name }), name).toBeTruthy();
    }
    expect(screen.getByText("Nouvelle adresse : voir la fiche.", { normalizer: (s) => s.replaceAll("\u00a0", " ") })).toBeTruthy();
  });
});

describe("the week (O-08)", () => {
  it("shows seven days and how old they are", async () => {
    go("#/week/2026-11-25", true);
    show();
    expect(await screen.findByRole("heading", { name: /lundi 23 novembre/i })).toBeTruthy();
    expect(screen.getAllByRole("heading", { level: 3 })).toHaveLength(7);
    expect(screen.getByText(/Reçu de l'agence/)).toBeTruthy();
    expect(parse("#/week/nonsense")).toEqual({ at: "week", day: null });
  });
});

describe("tasks (O-39, O-40)", () => {
  const line = (label: string, planned: boolean, state = "open") => ({ label, planned, state, reason: null, why: "" });
  beforeEach(() => {
    phone.tasks = { lines: [line("Toilette", true), line("Habillage", true)], offered: ["Courses", "Repas"], open: true };
    vi.spyOn(history, "back").mockImplementation(() => {});
    go("#/tasks/v1", true);
  });
  afterEach(() => vi.mocked(history.back).mockRestore());

  it("ticks, adds from the list and saves all of it", async () => {
    show();
    const toilette = await screen.findByRole("group", { name: "Toilette" });
    await fireEvent.click(within(toilette).getByRole("radio", { name: "Faite" }));
    const habillage = screen.getByRole("group", { name: "Habillage" });
    await fireEvent.click(within(habillage).getByRole("radio", { name: "Pas faite" }));
    const add = screen.getByRole("button", { name: "Ajouter les tâches sélectionnées" });
    expect((add as HTMLButtonElement).disabled).toBe(true);
    await fireEvent.click(screen.getByRole("checkbox", { name: "Courses" }));
    await fireEvent.click(add);
    expect(screen.getByText("Ajoutée")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer" }));
    expect(phone.acts).toEqual([]);
    expect((await screen.findAllByText("Dites pourquoi elle n'est pas faite.")).length).toBeGreaterThan(0);
    await fireEvent.click(screen.getByRole("radio", { name: "La personne n'a pas voulu" }));
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer" }));
    await waitFor(() => expect(phone.acts).toHaveLength(1));
    expect(phone.acts[0]).toEqual({
      do: "write_tasks",
      visit: "v1",
      tasks: [
        line("Toilette", true, "done"),
        { ...line("Habillage", true, "not_done"), reason: "refused" },
        line("Courses", false, "done"),
      ],
    });
  });

  it("is left by its saving once, not again by her who has gone on meanwhile", async () => {
    let saved = () => {};
    phone.slow = new Promise((done) => (saved = done));
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Enregistrer" }));
    go("#/planning");
    saved();
    await new Promise((done) => setTimeout(done, 20));
    expect(history.back).not.toHaveBeenCalled();

    cleanup();
    go("#/tasks/v1");
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Enregistrer" }));
    await waitFor(() => expect(history.back).toHaveBeenCalledOnce());
  });

  it("is reached from the visit once its start is badged", async () => {
    go("#/visit/v1", true);
    show();
    expect(await screen.findByRole("link", { name: /Gérer les tâches/ })).toBeTruthy();
    expect(screen.getByText("0 sur 2 faites")).toBeTruthy();
    cleanup();
    phone.tasks = null;
    show();
    expect(await screen.findByRole("heading", { name: "Mme Denise Garrigues" })).toBeTruthy();
    expect(screen.queryByRole("link", { name: /Gérer les tâches/ })).toBeNull();
  });
});

describe("kilometres, report and receipts (O-35, O-36)", () => {
  it("writes a word on the kilometres and a report", async () => {
    go("#/notes/v1/report", true);
    show();
    const report = await screen.findByLabelText(/Compte-rendu de fin/);
    await waitFor(() => expect(document.activeElement).toBe(report));
    await fireEvent.input(report, { target: { value: "A bien mangé." } });
    await fireEvent.input(screen.getByLabelText(/Commentaire sur les kilomètres/), { target: { value: "Pharmacie" } });
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer" }));
    await waitFor(() => expect(phone.notes.report).toBe("A bien mangé."));
    expect(phone.notes.distance_note).toBe("Pharmacie");
  });

  it("keeps a photo, says where it is, and takes it back", async () => {
    phone.visits[0]!.progress.start = { measured: measured(at("08:03")) } as never;
    phone.receipts = [{ id: "r1", state: { is: "on_phone" }, sent_percent: 40 }];
    go("#/visit/v1", true);
    show();
    expect(await screen.findByText(/40\s%/)).toBeTruthy();
    const bytes = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2]);
    const file = new File([bytes], "ticket.jpg", { type: "image/jpeg" });
    await fireEvent.change(screen.getByLabelText(/Photographier un justificatif/), { target: { files: [file] } });
    await waitFor(() =>
      expect(phone.acts).toEqual([{ do: "add_receipt", visit: "v1", picture: btoa(String.fromCharCode(...bytes)) }]),
    );
    await fireEvent.click(screen.getByRole("button", { name: "Retirer le justificatif 1" }));
    expect(phone.acts[1]).toEqual({ do: "drop_receipt", visit: "v1", receipt: "r1" });
  });
});

describe("travel (B-21)", () => {
  const way: TravelLine = {
    visit: "v2", from: "v1", from_label: "Mme Garrigues", computed: { distance_hm: 31, minutes: 7 }, corrected: null, note: "",
  };
  beforeEach(() => {
    phone.travel = way;
  });

  it("is shown between two visits and counted as work", async () => {
    go("#/planning", true);
    show();
    expect(await screen.findByRole("link", { name: /Trajet · 3,1\s?km · 7 min/ })).toBeTruthy();
    expect(screen.getByText(/7 minutes de trajet, comptés comme du travail/)).toBeTruthy();
  });

  it("is corrected by the worker", async () => {
    go("#/travel/v2", true);
    show();
    const km = await screen.findByLabelText(/Kilomètres/);
    expect((km as HTMLInputElement).value).toBe("3,1");
    await fireEvent.input(km, { target: { value: "4,6" } });
    await fireEvent.input(screen.getByLabelText(/Minutes/), { target: { value: "beaucoup" } });
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer" }));
    expect(phone.acts).toEqual([]);
    await fireEvent.input(screen.getByLabelText(/Minutes/), { target: { value: "12" } });
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer" }));
    await waitFor(() => expect(phone.acts).toHaveLength(1));
    expect(phone.acts[0]).toEqual({
      do: "correct_travel", visit: "v2",
      correction: { from: "v1", leg: { distance_hm: 46, minutes: 12 }, note: "" },
    });
  });
});

describe("alerts (O-15, O-42)", () => {
  it("says honestly what this system allows, and asks when it can", async () => {
    vi.stubGlobal("Notification", undefined);
    go("#/me", true);
    show();
    expect(await screen.findByText(/ce système n'en offre pas/)).toBeTruthy();
    expect(screen.getByText("oui, l'application à l'écran")).toBeTruthy();
    for (const [notices, words] of [
      ["exact", "oui, même application fermée"], ["about", /n'est pas garantie \(Android 12/],
      ["while_open", "oui, tant que l'application est ouverte"],
    ] as const) {
      cleanup();
      phone.phone.notices = notices;
      show();
      expect(await screen.findByText(words), notices).toBeTruthy();
      expect(screen.queryByRole("button", { name: "Permettre les notifications" })).toBeNull();
    }
    cleanup();
    phone.phone.notices = "never";
    const asked = vi.fn(async () => "granted");
    vi.stubGlobal("Notification", Object.assign(class {}, { permission: "default", requestPermission: asked }));
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Permettre les notifications" }));
    expect(asked).toHaveBeenCalledOnce();
  });

  it("reminds once, five minutes before the end", async () => {
    phone.phone.in_progress = {
      visit: "v1", client_label: "Mme Garrigues", since: at("07:00"), ends_at: NOW + 300_050, remind_at: NOW + 50,
    };
    show();
    await waitFor(() => expect(document.body.textContent).toContain("L'intervention se termine bientôt"));
  });

  it("leaves the reminder to the system where that rings with the app closed: once, never twice (O-42)", async () => {
    const buzz = vi.fn();
    vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { vibrate: buzz }));
    const cases = [["exact", 0, "07:57"], ["about", 0, "08:03"], ["while_open", 1, "08:13"], ["never", 1, "08:23"]] as const;
    for (const [notices, rings, ends] of cases) {
      cleanup();
      buzz.mockClear();
      phone = new FakePhone();
      phone.phone.notices = notices;
      phone.phone.in_progress = {
        visit: `v-${notices}`, client_label: "Mme Garrigues", since: at("07:00"), ends_at: at(ends), remind_at: NOW + 60,
      };
      show();
      await waitFor(() => expect(document.body.textContent).toContain(`Fin prévue à ${ends}`));
      expect(buzz, notices).toHaveBeenCalledTimes(rings);
      const plans = phone.acts.filter((act) => act.do === "plan_notices");
      expect(plans, notices).toHaveLength(notices === "never" ? 0 : 1);
      for (const plan of plans) {
        expect(plan.notices.map((one) => one.key), notices).toEqual([`end:v-${notices}`]);
        expect(JSON.stringify(plan), "no name on a locked screen").not.toContain("Garrigues");
      }
    }
  });

  it("plans it with the system at the badge-in, and cancels it at the badge-out and when it moves (O-42)", async () => {
    phone.phone.notices = "about";
    const planned = () => phone.acts.filter((act) => act.do === "plan_notices").at(-1);
    show();
    await waitFor(() => expect(planned()).toEqual({ do: "plan_notices", notices: [] }));
    const running = { visit: "v1", client_label: "Mme Garrigues", since: NOW, ends_at: NOW + 3_600_000 };
    phone.phone.in_progress = { ...running, remind_at: NOW + 3_300_000 };
    phone.changed();
    await waitFor(() => expect(planned()?.notices).toHaveLength(1));
    expect(planned()?.notices[0]).toMatchObject({ key: "end:v1", in_ms: 3_300_000 });
    const before = phone.acts.length;
    phone.phone.now = measured(NOW + 2_000);
    phone.changed();
    await new Promise((done) => setTimeout(done, 30));
    expect(phone.acts.length, "the same notice is not planned anew").toBe(before);
    phone.phone.in_progress = { ...running, ends_at: NOW + 1_800_000, remind_at: NOW + 1_500_000 };
    phone.changed();
    await waitFor(() => expect(planned()?.notices[0]?.in_ms).toBe(1_498_000));
    const planned_once = phone.acts.length;
    phone.phone.now = measured(NOW + 1_500_000 + 600_000);
    phone.changed();
    await new Promise((done) => setTimeout(done, 30));
    expect(phone.acts.length, "a system that is ten minutes late keeps it").toBe(planned_once);
    phone.phone.in_progress = null;
    phone.changed();
    await waitFor(() => expect(planned()).toEqual({ do: "plan_notices", notices: [] }));
  });
});

describe("a forgotten badge (O-18)", () => {
  it("is one touch away once the hour is past, with its reason chosen", async () => {
    phone.phone.now = measured(at("08:30"));
    go("#/visit/v1", true);
    show();
    const way = await screen.findByRole("link", { name: "J'ai oublié de badger" });
    expect(parse(way.getAttribute("href") ?? "")).toMatchObject({ at: "manual", visit: "v1", forgotten: true });
    go(way.getAttribute("href") ?? "", true);
    const reason = await screen.findByRole("radio", { name: "J'ai oublié de pointer" });
    expect((reason as HTMLInputElement).checked).toBe(true);
    expect(screen.getByLabelText(/Heure d'arrivée/)).toBeTruthy();
  });
});

it("shows the heading of a section of the agency's own (O-12)", async () => {
  garrigues.sections.push({ kind: "own_1", text: "Sa fille passe le soir", title: "Aidants" });
  go("#/client/c1", true);
  show();
  const more = await screen.findByRole("button", { name: "Autres informations" });
  await fireEvent.click(more);
  expect(await screen.findByRole("heading", { name: "Aidants" })).toBeTruthy();
  garrigues.sections.pop();
});
