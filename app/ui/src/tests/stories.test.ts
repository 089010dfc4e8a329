import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { dismiss, forgetFailures } from "../state/clocking.svelte.ts";
import { go } from "../state/route.svelte.ts";
import { FakePhone, garrigues, measured, NOW } from "./fake.ts";

let phone: FakePhone;

const button = (name: RegExp | string) => screen.findByRole("button", { name });
const link = (name: RegExp | string) => screen.findByRole("link", { name });
const show = () => render(App, { bridge: phone });
const reading = { method: "nfc", text: "https://r.example/b/AAA" };

async function tap() {
  await waitFor(() => expect(phone.tag).not.toBeNull());
  phone.tag?.(reading);
}

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/", true);
});
afterEach(() => {
  cleanup();
  dismiss();
  forgetFailures();
});

describe("today", () => {
  it("shows the next visit first: time, name, address, door code, and what the button will do (interface 1.1.1)", async () => {
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "lundi 23 novembre" })).toBeTruthy();
    expect(await screen.findByRole("heading", { name: "Mme Denise Garrigues" })).toBeTruthy();
    expect(screen.getByText("14 rue des Lices, 81000 Albi · 2ᵉ étage")).toBeTruthy();
    expect(screen.getByText("Code 45A7")).toBeTruthy();
    expect(screen.getByText(/jusqu'à 09:30 · dans 12/)).toBeTruthy();
    expect((await link("Badger l'arrivée")).getAttribute("href")).toBe("#/read/v1");
    expect(screen.getByText("M. Ferrer")).toBeTruthy();
  });

  it("tells an empty day from a planning that has not come, and from a failure", async () => {
    phone.visits = [];
    show();
    expect(await screen.findByText("Aucune intervention aujourd'hui")).toBeTruthy();
    cleanup();
    phone.phone.synced_at = null;
    show();
    expect(await screen.findByText("Le planning n'est pas encore arrivé")).toBeTruthy();
    cleanup();
    phone.refuseAsk = "storage_broken";
    show();
    expect((await screen.findByRole("alert")).textContent).toContain("ne peuvent pas être ouvertes");
  });

  it("says that it is offline in a quiet line, not in a window", async () => {
    phone.phone.online = false;
    phone.phone.trouble = "offline";
    phone.phone.waiting = 2;
    show();
    expect((await link(/Hors ligne · 2 envois sur le téléphone/)).getAttribute("href")).toBe("#/outbox");
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("a tap", () => {
  it("on the first screen starts the visit: colour and words, then the banner on every screen (O-14, O-20)", async () => {
    show();
    await tap();
    const answer = await screen.findByRole("dialog", { name: "Arrivée 08:03" });
    expect(answer.className).toContain("go");
    expect(answer.textContent).toContain("chez Mme Garrigues");
    expect(answer.textContent).toContain("Enregistré sur le téléphone");
    expect(document.querySelector("[data-live=assertive]")?.textContent).toContain("Arrivée 08:03 chez Mme Garrigues");
    await fireEvent.click(await button("Continuer"));
    for (const at of ["#/planning", "#/clients", "#/me", "#/outbox", "#/privacy", "#/visit/v2"]) {
      go(at, true);
      const banner = await link(/En cours depuis 08:03 · Mme Garrigues/);
      expect(banner.getAttribute("href"), at).toBe("#/visit/v1");
    }
    expect(phone.acts).toEqual([{ do: "badge", reading, visit: null, unplanned: false }]);
  });

  it("ends it with another colour and word", async () => {
    phone.visits[0]!.button = "end";
    phone.phone.in_progress = { visit: "v1", client_label: "Mme Garrigues", since: NOW, ends_at: NOW + 3_600_000, remind_at: null };
    show();
    expect((await link("Badger le départ")).className).toContain("leave");
    await tap();
    const answer = await screen.findByRole("dialog", { name: "Départ 09:31" });
    expect(answer.className).toContain("leave");
    expect(within(answer).getByRole("button", { name: "Kilomètres, frais, compte-rendu" })).toBeTruthy();
  });

  it("can be undone while the seconds run", async () => {
    show();
    await tap();
    await fireEvent.click(await button(/^Annuler \((30|29) s\)$/));
    expect(await screen.findByRole("dialog", { name: /Pointage annulé/ })).toBeTruthy();
    expect(phone.acts.at(-1)).toEqual({ do: "undo", event: "e1" });
  });

  it("with another client's tag is refused with its sentence and goes on as an unplanned visit", async () => {
    go("#/visit/v1", true);
    phone.refuse = "wrong_client";
    show();
    await tap();
    const answer = await screen.findByRole("dialog", { name: /Refusé/ });
    expect(answer.className).toContain("stop");
    expect(answer.textContent).toContain("celui d'un autre usager");
    await fireEvent.click(within(answer).getByRole("button", { name: "Visite non planifiée" }));
    await screen.findByRole("dialog", { name: /Arrivée/ });
    expect(phone.acts.at(-1)).toEqual({ do: "badge", reading, visit: "v1", unplanned: true });
  });
});

describe("an answer", () => {
  it("is left with the page under it", async () => {
    go("#/read/v1", true);
    phone.refuse = "tag_foreign";
    show();
    await tap();
    await screen.findByRole("dialog", { name: /Refusé/ });
    go("#/planning", true);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});

describe("by hand", () => {
  it("wants a reason before it writes anything (O-16)", async () => {
    go("#/manual?visit=v1&kind=start", true);
    show();
    await fireEvent.click(await button("Enregistrer l'arrivée"));
    expect(await screen.findByText("Choisissez une raison.")).toBeTruthy();
    await fireEvent.click(screen.getByLabelText("Autre raison"));
    await fireEvent.click(await button("Enregistrer l'arrivée"));
    expect(await screen.findByText("Expliquez la raison en quelques mots.")).toBeTruthy();
    expect(phone.acts).toEqual([]);
    await fireEvent.click(screen.getByLabelText("Le badge n'est plus là"));
    await fireEvent.click(await button("Enregistrer l'arrivée"));
    await screen.findByRole("dialog", { name: /Arrivée 08:03/ });
    expect(phone.acts[0]).toEqual({
      do: "clock_by_hand", visit: "v1", client: null, kind: "start", reason: "tag_missing", note: "", declared_at: null,
    });
  });

  it("offers the forgotten arrival when there is no start to end (O-18)", async () => {
    go("#/manual?visit=v1&kind=end", true);
    phone.refuse = "not_started";
    show();
    await fireEvent.click(await screen.findByLabelText("Le badge ne se lit pas"));
    await fireEvent.click(await button("Enregistrer le départ"));
    await fireEvent.click(await button("Indiquer d'abord l'arrivée oubliée"));
    const time = await screen.findByLabelText("Heure d'arrivée");
    await fireEvent.input(time, { target: { value: "07:30" } });
    await fireEvent.click(await button("Enregistrer l'arrivée"));
    await screen.findByRole("dialog", { name: /Arrivée/ });
    expect(phone.acts.at(-1)).toMatchObject({ kind: "start", reason: "forgotten", declared_at: Date.parse("2026-11-23T06:30:00Z") });
  });

  it("refuses a time in the future beside its field", async () => {
    go("#/manual?visit=v1&kind=start", true);
    show();
    await fireEvent.click(await screen.findByLabelText("J'ai oublié de pointer"));
    await fireEvent.input(await screen.findByLabelText("Heure d'arrivée"), { target: { value: "23:00" } });
    await fireEvent.click(await button("Enregistrer l'arrivée"));
    expect((await screen.findByLabelText("Heure d'arrivée")).getAttribute("aria-invalid")).toBe("true");
    expect(phone.acts).toEqual([]);
  });
});

describe("a badge that cannot be read", () => {
  it("looks for a reader again each time the reading screen is opened, and after sleep", async () => {
    phone.nfc = false;
    go("#/read/v1", true);
    show();
    expect(await screen.findByText(/ne lit pas les badges sans contact/)).toBeTruthy();
    go("#/", true);
    await link("Badger l'arrivée");
    phone.nfc = true;
    expect(phone.tag).toBeNull();
    go("#/read/v1", true);
    await tap();
    expect(await screen.findByRole("dialog", { name: "Arrivée 08:03" })).toBeTruthy();
    cleanup();

    phone = new FakePhone();
    phone.nfc = false;
    go("#/read/v1", true);
    show();
    expect(await screen.findByText(/ne lit pas les badges sans contact/)).toBeTruthy();
    phone.nfc = true;
    document.dispatchEvent(new Event("visibilitychange"));
    await tap();
    expect(await screen.findByRole("dialog", { name: "Arrivée 08:03" })).toBeTruthy();
  });

  it("puts the hand first after three pictures in vain, and has it at hand before (O-16)", async () => {
    go("#/read/v1", true);
    phone.nfc = false;
    phone.picture = "unreadable";
    show();
    expect(await link("Pointer à la main")).toBeTruthy();
    for (const _ of [1, 2, 3]) {
      const field = document.querySelector<HTMLInputElement>("input[type=file]")!;
      Object.defineProperty(field, "files", { value: [new File(["x"], "x.png", { type: "image/png" })], configurable: true });
      await fireEvent.change(field);
      expect((await screen.findByRole("alert")).textContent).toContain("Rien n'a pu être lu");
    }
    const first = await link(/^Le badge ne se lit pas/);
    expect(first.className).toContain("main");
    expect(screen.getByText(/ne lit pas les badges sans contact : lisez le code QR/)).toBeTruthy();
  });
});

describe("during the visit", () => {
  it("kilometres, expenses and a comment are kept, and nonsense is refused beside its field (O-19)", async () => {
    go("#/notes/v1/km", true);
    show();
    const km = await screen.findByLabelText(/Kilomètres/);
    await fireEvent.input(km, { target: { value: "trois" } });
    await fireEvent.click(await button("Enregistrer"));
    expect(km.getAttribute("aria-invalid")).toBe("true");
    await fireEvent.input(km, { target: { value: "3,2" } });
    await fireEvent.input(screen.getByLabelText(/Frais/), { target: { value: "12,5" } });
    await fireEvent.input(screen.getByLabelText(/Remarque/), { target: { value: "Tout va bien" } });
    await fireEvent.click(await button("Enregistrer"));
    await waitFor(() => expect(phone.notes).toEqual({
      distance_hm: 32, expenses_cents: 1250, comment: "Tout va bien", distance_note: "", report: "",
    }));
  });
});

describe("a visit's sheet", () => {
  const stamp = {
    id: "e1", visit: "v1", kind: "start", method: "manual", assurance: "manual", reason: "tag_missing", voids: null,
    measured: measured(NOW - 5_000), declared_at: null, anomalies: ["manual", "unplanned"],
  };

  it("shows each stamp with its state, its doubts, and a way to undo it in time (O-09, B-02)", async () => {
    phone.stamps = [{ clocked: stamp, state: { is: "on_phone" }, undo_ms: 25_000 }];
    go("#/visit/v1", true);
    show();
    expect(await screen.findByText("07:47")).toBeTruthy();
    expect(screen.getByText(/à la main · Le badge n'est plus là · non planifié/)).toBeTruthy();
    expect(screen.getByText("sur le téléphone")).toBeTruthy();
    await fireEvent.click(await button(/^Annuler \(2[45] s\)$/));
    await waitFor(() => expect(phone.acts).toEqual([{ do: "undo", event: "e1" }]));
  });

  it("shows what the office decided, who did and why, beside what was badged", async () => {
    phone.retained = {
      visit: "v1", decision: "corrected", starts_at: NOW, ends_at: NOW + 5_400_000, reason: "no_departure",
      note: "Départ oublié, vu avec vous", decided_by: "Claire Delmas", decided_at: NOW + 86_400_000,
    };
    go("#/visit/v1", true);
    show();
    expect(await screen.findByText(/Décision de l'agence : 07:48 – 09:18/)).toBeTruthy();
    expect(screen.getByText(/par Claire Delmas, mar. 24 nov. 07:48/)).toBeTruthy();
    expect(screen.getByText("Départ oublié, vu avec vous")).toBeTruthy();
  });
});

describe("a client's sheet", () => {
  it("is reached from the list and from a visit, and gives more when asked (O-11, O-12)", async () => {
    go("#/clients", true);
    show();
    expect((await link(/Mme Denise Garrigues/)).getAttribute("href")).toBe("#/client/c1");
    go("#/visit/v1", true);
    expect((await link("Fiche de l'usager")).getAttribute("href")).toBe("#/client/c1");
    go("#/client/c1", true);
    const more = await button("Autres informations");
    expect(screen.getByText("Sonner deux fois")).toBeTruthy();
    expect(more.getAttribute("aria-expanded")).toBe("false");
    await fireEvent.click(more);
    expect(more.getAttribute("aria-expanded")).toBe("true");
    expect(screen.getByText("Allergique à la pénicilline")).toBeTruthy();
    expect((await link("Pointer à la main")).getAttribute("href")).toBe("#/manual?client=c1");
  });
});

describe("finding a client", () => {
  it("asks the phone at each letter, keeps the field, and tells how many there are (O-11)", async () => {
    go("#/clients", true);
    show();
    const field: HTMLInputElement = await screen.findByLabelText("Chercher un usager");
    await fireEvent.input(field, { target: { value: "gar" } });
    expect(await screen.findByText("1 usager trouvé")).toBeTruthy();
    await fireEvent.input(field, { target: { value: "zzz" } });
    expect(await screen.findByText("Aucun usager de ce nom")).toBeTruthy();
    expect(screen.queryByText(/Garrigues/)).toBeNull();
    expect(field.isConnected, "the same field").toBe(true);
    await fireEvent.input(field, { target: { value: "" } });
    expect(await link(/Mme Denise Garrigues/)).toBeTruthy();
  });
});

describe("the planning", () => {
  it("stays readable offline with the time it was received, and says what it does not hold (O-08)", async () => {
    phone.phone.online = false;
    go("#/planning/2026-11-23", true);
    show();
    expect(await screen.findByText("M. Ferrer")).toBeTruthy();
    expect(screen.getByText("Reçu de l'agence 07:47")).toBeTruthy();
    go("#/planning/2026-11-24", true);
    expect(await screen.findByText("Rien de prévu ce jour")).toBeTruthy();
    go("#/planning/2027-03-01", true);
    expect(await screen.findByText("Ce jour n'est pas sur le téléphone")).toBeTruthy();
  });
});

describe("the outbox", () => {
  it("says for each act where it is, and never claims more (B-02)", async () => {
    const act = { visit: "v1", client_label: "Mme Garrigues", method: "qr", at: measured(NOW) } as const;
    phone.outbox = [
      { ...act, id: "1", what: "end", state: { is: "on_phone" } },
      { ...act, id: "2", what: "start", state: { is: "received", at: Date.parse("2026-11-23T08:04:00Z") } },
      { ...act, id: "3", what: "notes", state: { is: "refused", at: NOW, code: "proof_broken" } },
    ];
    go("#/outbox", true);
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "À envoyer (1)" })).toBeTruthy();
    expect(screen.getByText("sur le téléphone")).toBeTruthy();
    expect(screen.getByText("reçu par l'agence 09:04")).toBeTruthy();
    expect(screen.getByText("à corriger")).toBeTruthy();
    expect(screen.getByText(/chaîne de preuve/)).toBeTruthy();
    expect(screen.queryByText("Tout est reçu par l'agence")).toBeNull();
    phone.outbox = phone.outbox.slice(1, 2);
    phone.changed();
    expect(await screen.findByText("Tout est reçu par l'agence")).toBeTruthy();
  });
});

describe("what the employer sees", () => {
  it("lists every position, and says when there is none (B-05)", async () => {
    go("#/privacy", true);
    show();
    expect(await screen.findByText("Aucune position n'a été lue.")).toBeTruthy();
    expect(screen.getByText("12 interventions")).toBeTruthy();
  });

  it("says of each thing how long it is kept, from when, and until which day (B-19)", async () => {
    go("#/privacy", true);
    show();
    const of = async (what: string) => (await screen.findByText(what)).closest("li")?.textContent;
    expect(await of("Vos messages")).toContain("1 an après l'envoi");
    expect(await of("Vos interventions, pointages et heures")).toContain("5 ans après l'intervention");
    expect(await of("Vos positions lues pendant une alarme")).toContain("60 jours après la lecture");
    expect(await of("Vos messages")).toMatch(/Ce qui date d'aujourd'hui part le .* 2027\./);
    expect(await of("of_tomorrow")).toContain("1 jour");
  });
});

describe("a phone that is not in order", () => {
  it("is activated by the link of the desk", async () => {
    phone.phone.state = "not_enrolled";
    show();
    const field = await screen.findByLabelText("Lien d'activation");
    await fireEvent.input(field, { target: { value: "https://example.org/menu" } });
    await fireEvent.click(await button("Continuer"));
    expect((await screen.findByRole("alert")).textContent).toContain("pas un code d'activation");
    await fireEvent.input(field, { target: { value: "https://r.example/e#c=AB&k=KEY" } });
    await fireEvent.click(await button("Continuer"));
    await fireEvent.click(await button("Activer"));
    expect(await screen.findByRole("heading", { name: "Mme Denise Garrigues" })).toBeTruthy();
    expect(phone.acts[0]).toMatchObject({ do: "enrol", link: "https://r.example/e#c=AB&k=KEY" });
  });

  it("goes on clocking when the lease is over, and says why it shows nothing", async () => {
    phone.phone.state = "lease_over";
    phone.refuseAsk = "lease_over";
    show();
    expect(await screen.findByText("Lecture en pause")).toBeTruthy();
    expect((await link("Badger")).getAttribute("href")).toBe("#/read");
    expect(screen.queryByText("Mme Denise Garrigues")).toBeNull();
  });

  it("goes on clocking when it must sign in again, and shows the way", async () => {
    phone.phone.state = "sign_in_needed";
    show();
    expect(await screen.findByText("Identification à refaire")).toBeTruthy();
    expect(screen.getByText(/Rien n'est perdu, et le pointage continue/)).toBeTruthy();
    expect((await link("Activer à nouveau")).getAttribute("href")).toBe("#/enrol");
    expect((await link("Badger l'arrivée")).getAttribute("href")).toBe("#/read/v1");
    go("#/enrol", true);
    expect(await screen.findByLabelText("Lien d'activation")).toBeTruthy();
  });

  it("goes on clocking when the app is too old, and asks again at a touch", async () => {
    phone.phone.state = "update_needed";
    show();
    expect(await screen.findByText("Mise à jour nécessaire")).toBeTruthy();
    expect(screen.getByText(/Badger, l'alerte et les envois continuent/)).toBeTruthy();
    expect(screen.getByText("Version 0.1.0")).toBeTruthy();
    expect((await link("Badger l'arrivée")).getAttribute("href")).toBe("#/read/v1");
    await fireEvent.click(await button("Joindre l'agence"));
    expect(phone.acts).toEqual([{ do: "sync_now" }]);
  });

  it("says that its data cannot be read, not to remove the app, and whom to call", async () => {
    phone.phone.state = "storage_broken";
    phone.refuseAsk = "storage_broken";
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Données illisibles" })).toBeTruthy();
    expect(screen.getByText(/N'effacez pas l'application/)).toBeTruthy();
    expect((await link(/Appeler l'agence|05 63 00 00 00/)).getAttribute("href")).toBe("tel:+33563000000");
    expect(screen.queryByRole("navigation")).toBeNull();
  });

  it("shows nothing that was destroyed after a wipe (O-44)", async () => {
    phone.phone.state = "wiped";
    phone.refuseAsk = "not_enrolled";
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Données effacées" })).toBeTruthy();
    expect(document.body.textContent).not.toContain(garrigues.last_name);
    expect(screen.queryByRole("navigation")).toBeNull();
  });

  it("warns before it signs out with acts unsent, and loses them only on a second yes", async () => {
    phone.phone.waiting = 3;
    go("#/me", true);
    show();
    await fireEvent.click(await button("Déconnecter ce téléphone"));
    expect(await screen.findByText("3 envois ne sont pas encore reçus par l'agence.")).toBeTruthy();
    phone.refuse = "offline";
    await fireEvent.click(await button("Déconnecter"));
    const lose = await button("Déconnecter et perdre ces envois");
    expect(phone.acts).toEqual([{ do: "sign_out", even_unsent: false }]);
    await fireEvent.click(lose);
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "sign_out", even_unsent: true }));
  });
});

describe("everywhere", () => {
  it("speaks English when asked", async () => {
    setLanguage("en");
    show();
    expect(await link("Clock arrival")).toBeTruthy();
    expect(await screen.findByRole("heading", { level: 1, name: "Monday 23 November" })).toBeTruthy();
  });

  it("draws a screen seen before at once, and nothing older than the last change (O-08)", async () => {
    go("#/clients", true);
    show();
    const known = /Denise Garrigues|Garrigues/;
    expect(await screen.findByText(known)).toBeTruthy();
    go("#/me", true);
    await screen.findByRole("heading", { level: 1, name: "Moi" });
    // From here on the phone thinks for ever.
    const asks = phone.ask.bind(phone);
    phone.ask = (ask) => (ask.ask === "find_clients" ? new Promise(() => {}) : asks(ask));
    go("#/clients", true);
    expect(await screen.findByText(known)).toBeTruthy();
    go("#/me", true);
    await screen.findByRole("heading", { level: 1, name: "Moi" });
    phone.changed();
    go("#/clients", true);
    await waitFor(() => expect(document.querySelector("[data-state=loading]")).not.toBeNull());
    expect(screen.queryByText(known)).toBeNull();
  });

  it("shows hostile text as text", async () => {
    const hostile = `<img src=x onerror="alert(1)">"'; DROP TABLE--`;
    phone.visits[0]!.client = { ...garrigues, last_name: hostile, street: hostile, door_code: hostile };
    phone.visits[0]!.visit.instructions = hostile;
    phone.phone.organisation = hostile;
    for (const at of ["#/", "#/visit/v1", "#/planning", "#/me"]) {
      go(at, true);
      show();
      await screen.findByRole("heading", { level: 1 });
      await waitFor(() => expect(document.body.textContent).toContain(hostile));
      expect(document.querySelector("main img"), at).toBeNull();
      cleanup();
    }
  });
});
