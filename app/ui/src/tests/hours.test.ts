import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import type { WorkedLine } from "@releve/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const at = (day: string, wall: string) => Date.parse(`2026-11-${day}T${wall}:00+01:00`);
const worked = (over: Partial<WorkedLine> = {}): WorkedLine => ({
  visit: "v9", client_label: "Mme Garrigues", service: "Ménage", starts_at: at("04", "08:00"), ends_at: at("04", "09:30"),
  state: "planned", cancel_reason: null, started: at("04", "08:02"), ended: at("04", "09:40"),
  hours: { planned: 90, badged: 98, retained: 90 }, travel_min: 12, replanned: null, contest: null, held: false,
  decisions: [
    {
      visit: "v9", decision: "accepted", starts_at: at("04", "08:02"), ends_at: at("04", "09:40"), reason: null, note: "",
      decided_by: "Claire Delmas", decided_at: at("05", "09:00"), undone_by: "Paul Escande", undone_at: at("06", "10:00"),
    },
    {
      visit: "v9", decision: "corrected", starts_at: at("04", "08:00"), ends_at: at("04", "09:30"), reason: "client_request",
      note: "Vu avec la famille.", decided_by: "Paul Escande", decided_at: at("06", "10:01"), undone_by: null, undone_at: null,
    },
  ],
  ...over,
});
const month = (...lines: WorkedLine[]) => {
  phone.hours.days = [{ day: "2026-11-04", visits: lines, hours: { planned: 90, badged: 98, retained: 90 }, travel_min: 12 }];
  phone.hours.hours = { planned: 90, badged: 98, retained: 90 };
  phone.hours.travel_min = 12;
};

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/hours", true);
});
afterEach(cleanup);

describe("my hours", () => {
  it("shows planned, badged and retained with every decision, its author, reason and time, and travel as work", async () => {
    month(worked());
    show();
    const line = within(await screen.findByRole("article", { name: /Mme Garrigues/ }));
    expect(line.getByText("Ménage · Badgé de 08:02 à 09:40")).toBeTruthy();
    expect(line.getByText(/Autres heures retenues/)).toBeTruthy();
    expect(line.getByText("demande de l'usager")).toBeTruthy();
    expect(line.getByText("Vu avec la famille.")).toBeTruthy();
    expect(line.getByText(/^Paul Escande, .*10:01/)).toBeTruthy();
    expect(line.getByText(/Repris par Paul Escande/)).toBeTruthy();
    expect(line.getByText("Trajet : 12 min")).toBeTruthy();
    const totals = within(screen.getByRole("region", { name: "Total du mois" }));
    expect(totals.getByText("1 h 42")).toBeTruthy();
  });

  it("asks the office once for the month when there is a network, and says what is missing when there is none", async () => {
    month(worked());
    const { unmount } = show();
    await waitFor(() => expect(phone.acts).toEqual([{ do: "fetch_hours", month: "2026-11-01" }]));
    phone.changed();
    await screen.findByRole("article", { name: /Mme Garrigues/ });
    expect(phone.acts).toHaveLength(1);
    unmount();
    phone.acts = [];
    phone.phone.online = false;
    phone.hours.missing_before = "2026-11-16";
    show();
    expect(await screen.findByText("Avant le lundi 16 novembre, rien n'est sur ce téléphone.")).toBeTruthy();
    expect(phone.acts).toEqual([]);
    phone.refuse = "offline";
    await fireEvent.click(screen.getByRole("button", { name: "Demander ce mois à l'agence" }));
    await waitFor(() => expect(phone.acts).toHaveLength(1));
    expect(await screen.findByText("Avant le lundi 16 novembre, rien n'est sur ce téléphone.")).toBeTruthy();
  });

  it("contests a visit that has left the phone, from its own times", async () => {
    month(worked());
    show();
    const link = await screen.findByRole("link", { name: "Contester ces heures\u00a0: Mme Garrigues" });
    expect(link.getAttribute("href")).toBe("#/request/contest?visit=v9&month=2026-11-01");
    go("#/request/contest?visit=v9&month=2026-11-01", true);
    await waitFor(() => expect((screen.getByLabelText("Fin réelle") as HTMLInputElement).value).toBe("09:30"));
    await fireEvent.input(screen.getByLabelText("Fin réelle"), { target: { value: "09:40" } });
    await fireEvent.input(screen.getByLabelText("Expliquez ce qui n'est pas juste"), { target: { value: "Je suis restée" } });
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer la demande" }));
    await waitFor(() =>
      expect(phone.acts.find((act) => act.do === "ask_office")).toMatchObject({
        do: "ask_office",
        asked: { kind: "contest", visit: "v9", starts_at: at("04", "08:00"), ends_at: at("04", "09:40"), text: "Je suis restée" },
      }),
    );
    expect(await screen.findByRole("heading", { level: 1, name: "Mes heures" })).toBeTruthy();
  });

  it("shows where a contest is and what the office answers; an open one is not asked twice", async () => {
    const request = {
      id: "q1", membership: "m1", asked_at: NOW, state: "sent" as const, decided_by: "", decided_at: null, comment: "",
      asked: { kind: "contest" as const, reason: null, starts_at: at("04", "08:00"), ends_at: at("04", "09:40"), visit: "v9", text: "Je suis restée" },
    };
    month(worked({ contest: { request, sent: { is: "received", at: NOW }, withdrawing: false } }));
    const { unmount } = show();
    expect(await screen.findByText("Contestée, sans réponse")).toBeTruthy();
    expect(screen.queryByRole("link", { name: /Contester/ })).toBeNull();
    unmount();
    const answered = { ...request, state: "accepted" as const, decided_by: "Claire Delmas", decided_at: NOW, comment: "Vous avez raison." };
    month(worked({ contest: { request: answered, sent: { is: "received", at: NOW }, withdrawing: false } }));
    show();
    expect(await screen.findByText("Contestation acceptée")).toBeTruthy();
    expect(screen.getByText("Vous avez raison.")).toBeTruthy();
  });

  it("tells an empty month from one that is not on the phone, and goes from month to month", async () => {
    phone.phone.online = false;
    const { unmount } = show();
    expect(await screen.findByText("Aucune intervention ce mois-ci")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Mois précédent" }));
    expect(location.hash).toBe("#/hours/2026-10");
    unmount();
    phone.hours.missing_before = "2026-11-01";
    show();
    expect(await screen.findByText("Rien de ce mois n'est sur ce téléphone")).toBeTruthy();
  });
});
