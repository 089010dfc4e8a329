import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import type { Message, MustRead } from "@releve/types";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go, parse, waitsForReading } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });

const words = (over: Partial<Message>): Message => ({
  id: "w1", from: "office", author: "Claire Delmas", text: "Nouveau protocole", mandatory: false,
  sent_at: NOW - 3_600_000, read_at: null, ...over,
});
const must: MustRead = { thread: "t1", message: words({ mandatory: true }), more: 1 };

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/", true);
});
afterEach(cleanup);

describe("a message that must be read (O-22)", () => {
  it("takes the place of other screens until it is read", async () => {
    phone.phone.must_read = must;
    go("#/planning", true);
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Message à lire" })).toBeTruthy();
    expect(screen.getByText("Nouveau protocole")).toBeTruthy();
    expect(screen.getByText("Encore 1 message ensuite")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "J'ai lu" }));
    expect(phone.acts).toEqual([{ do: "read_message", message: "w1" }]);
    expect(await screen.findByRole("heading", { level: 1, name: "Planning" })).toBeTruthy();
  });

  it("is a line, never in the way, where one clocks", async () => {
    phone.phone.must_read = must;
    show();
    expect((await screen.findByRole("link", { name: "Badger l'arrivée" })).getAttribute("href")).toBe("#/read/v1");
    expect(screen.getByRole("link", { name: "Lire maintenant" })).toBeTruthy();
    for (const hash of ["#/", "#/visit/v1", "#/read/v1", "#/manual?visit=v1", "#/notes/v1", "#/thread/t1", "#/enrol"]) {
      expect(waitsForReading(parse(hash).at), hash).toBe(false);
    }
  });
});

describe("a conversation with the office (O-23)", () => {
  it("shows where each message is, and asks for the mail once", async () => {
    phone.threads = [
      {
        id: "t1",
        alert: true,
        messages: [
          { message: words({}), state: null },
          { message: words({ id: "w2", from: "caregiver", author: "", text: "Merci" }), state: { is: "on_phone" } },
        ],
      },
    ];
    go("#/thread/t1", true);
    show();
    expect(await screen.findByText("sur le téléphone")).toBeTruthy();
    await waitFor(() => expect(phone.acts).toEqual([{ do: "read_message", message: "w1" }]));
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer" }));
    expect(screen.getByText("Écrivez quelques mots.")).toBeTruthy();
    await fireEvent.input(screen.getByLabelText("Votre réponse"), { target: { value: " À demain " } });
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer" }));
    await waitFor(() =>
      expect(phone.acts.at(-1)).toEqual({ do: "write_message", thread: "t1", text: "À demain", alert: true }),
    );
    await fireEvent.click(screen.getByLabelText("Alerter par email"));
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "alert_by_mail", thread: "t1", alert: false }));
  });

  it("says so when there is none, and begins one", async () => {
    go("#/messages", true);
    show();
    expect(await screen.findByText("Aucun message")).toBeTruthy();
    go("#/thread", true);
    await fireEvent.input(await screen.findByLabelText("Votre message à l'agence"), { target: { value: "Bonjour" } });
    await fireEvent.click(screen.getByLabelText("Alerter par email"));
    await fireEvent.click(screen.getByRole("button", { name: "Envoyer" }));
    await waitFor(() =>
      expect(phone.acts.at(-1)).toEqual({ do: "write_message", thread: null, text: "Bonjour", alert: false }),
    );
  });
});
