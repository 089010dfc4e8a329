import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import type { OfficeRequest } from "@releve/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const midnight = (day: string) => Date.parse(`${day}T00:00:00+01:00`);
const absence = (over: Partial<OfficeRequest>): OfficeRequest => ({
  id: "q1", membership: "m1", asked_at: NOW, state: "sent", decided_by: "", decided_at: null, comment: "",
  asked: {
    kind: "absence", reason: "leave", starts_at: midnight("2026-12-21"), ends_at: midnight("2026-12-24"), visit: null, text: "",
  },
  ...over,
});

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/requests", true);
});
afterEach(cleanup);

describe("requests to the office (O-29)", () => {
  it("asks for whole days, and says what is missing", async () => {
    go("#/request/absence", true);
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Envoyer la demande" }));
    expect(screen.getByText("Choisissez une raison.")).toBeTruthy();
    await fireEvent.click(screen.getByLabelText("Congés payés"));
    await fireEvent.input(screen.getByLabelText("Du"), { target: { value: "2026-12-21" } });
    await fireEvent.input(screen.getByLabelText("Au (inclus)"), { target: { value: "2026-12-20" } });
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer la demande" }));
    expect(screen.getByText("La fin doit être après le début.")).toBeTruthy();
    expect(phone.acts).toEqual([]);
    await fireEvent.input(screen.getByLabelText("Au (inclus)"), { target: { value: "2026-12-23" } });
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer la demande" }));
    await waitFor(() => expect(phone.acts).toEqual([{ do: "ask_office", asked: absence({}).asked }]));
    expect(await screen.findByRole("heading", { level: 1, name: "Mes demandes" })).toBeTruthy();
  });

  it("contests the hours of a visit with words", async () => {
    phone.retained = {
      visit: "v1", decision: "corrected", starts_at: NOW, ends_at: NOW + 3_600_000, reason: "other", note: "Départ oublié",
      decided_by: "Claire Delmas", decided_at: NOW,
    };
    go("#/visit/v1", true);
    show();
    const contest = await screen.findByRole("link", { name: "Contester ces heures" });
    expect(contest.getAttribute("href")).toBe("#/request/contest?visit=v1");
    go("#/request/contest?visit=v1", true);
    await waitFor(() => expect((screen.getByLabelText("Début réel") as HTMLInputElement).value).toBe("08:00"));
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer la demande" }));
    expect(screen.getByText("Expliquez en quelques mots.")).toBeTruthy();
    await fireEvent.input(screen.getByLabelText("Expliquez ce qui n'est pas juste"), { target: { value: "Partie à 9 h 45" } });
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer la demande" }));
    await waitFor(() =>
      expect(phone.acts.at(-1)).toMatchObject({ do: "ask_office", asked: { kind: "contest", visit: "v1", text: "Partie à 9 h 45" } }),
    );
  });

  it("shows the answer and its words, and takes back what is open", async () => {
    phone.requests = [
      { request: absence({}), sent: { is: "received", at: NOW }, withdrawing: false },
      {
        request: absence({ id: "q2", state: "refused", decided_by: "Claire Delmas", decided_at: NOW, comment: "Trop d'absents" }),
        sent: { is: "received", at: NOW },
        withdrawing: false,
      },
    ];
    show();
    expect(await screen.findByText("Envoyée")).toBeTruthy();
    expect(screen.getByText("Refusée")).toBeTruthy();
    expect(screen.getByText("Trop d'absents")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: /Retirer la demande/ }));
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "withdraw_request", request: "q1" }));
  });
});
