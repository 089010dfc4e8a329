import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import type { CallbackLine } from "@releve/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go, parse, waitsForReading } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const asked = (over: Partial<CallbackLine>): CallbackLine => ({
  id: "k1", state: "requested", asked_at: NOW - 60_000, by: "", done_at: null, sent: { is: "on_phone" }, ...over,
});

beforeEach(() => {
  phone = new FakePhone();
  phone.emergency = [
    { kind: "samu", label: "SAMU", phone: "15" },
    { kind: "text", label: "Urgences par SMS", phone: "114" },
    { kind: "on_call", label: "Astreinte", phone: "+33639981020" },
  ];
  setLanguage("fr");
  go("#/communicate", true);
});
afterEach(cleanup);

describe("emergency numbers (O-24)", () => {
  it("call at one press, and 114 is written to", async () => {
    show();
    const href = async (name: string) => (await screen.findByRole("link", { name })).getAttribute("href");
    expect(await href("Appeler SAMU 15")).toBe("tel:15");
    expect(await href("Écrire un SMS à Urgences par SMS 114")).toBe("sms:114");
    expect(await href("Appeler Astreinte 06 39 98 10 20")).toBe("tel:+33639981020");
  });

  it("show over a lease that is over, and no message takes their place", async () => {
    phone.phone.state = "lease_over";
    phone.phone.must_read = {
      thread: "t1",
      message: {
        id: "w1", from: "office", author: "Claire", text: "Protocole", mandatory: true, sent_at: NOW, read_at: null,
      },
      more: 0,
    };
    show();
    expect(await screen.findByRole("link", { name: "Appeler SAMU 15" })).toBeTruthy();
    expect(waitsForReading(parse("#/communicate").at)).toBe(false);
  });

  it("say so when the office has chosen none", async () => {
    phone.emergency = [];
    show();
    expect(await screen.findByText("L'agence n'a choisi aucun numéro d'urgence.")).toBeTruthy();
  });
});

describe("call me back (O-25)", () => {
  it("asks at one press and shows where the request is", async () => {
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Rappelez-moi" }));
    await waitFor(() => expect(phone.acts).toEqual([{ do: "call_me" }]));
    expect(await screen.findAllByText("Demande enregistrée")).not.toHaveLength(0);
    phone.callbacks = [asked({})];
    phone.changed();
    expect(await screen.findByText("Demandé")).toBeTruthy();
    expect(screen.getByText("sur le téléphone")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Rappelez-moi" }));
    expect(await screen.findAllByText(/une seule suffit/)).not.toHaveLength(0);
    phone.callbacks = [asked({ state: "taken", by: "Claire Delmas", done_at: NOW })];
    phone.changed();
    expect(await screen.findByText("Claire Delmas va vous rappeler")).toBeTruthy();
  });
});

describe("the directory (O-26, O-28)", () => {
  it("finds somebody and calls at one press", async () => {
    phone.people = [
      { id: "1", name: "Bruno Diallo", role: "Auxiliaire de vie", phone: "+33639981021", colleague: true },
      { id: "2", name: "Dr Roux", role: "Médecin", phone: "+33563540102", colleague: false },
    ];
    go("#/directory", true);
    show();
    const roux = await screen.findByRole("link", { name: /Appeler Dr Roux.*05 63 54 01 02/ });
    expect(roux.getAttribute("href")).toBe("tel:+33563540102");
    expect(screen.getByText("Collègue chez les mêmes usagers")).toBeTruthy();
    await fireEvent.input(screen.getByLabelText("Chercher un nom ou un métier"), { target: { value: "medecin" } });
    await waitFor(() => expect(screen.queryByText("Bruno Diallo")).toBeNull());
    expect(screen.getByText("Dr Roux")).toBeTruthy();
  });

  it("says so when it is empty", async () => {
    go("#/directory", true);
    show();
    expect(await screen.findByText("L'annuaire est vide")).toBeTruthy();
  });
});
