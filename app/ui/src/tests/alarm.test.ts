import { setLanguage } from "@releve/kit";
import type { AlarmLook } from "@releve/types";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import App from "../App.svelte";
import { dismiss } from "../state/clocking.svelte.ts";
import { hearAgain, lightUp, setAside } from "../state/alarm.svelte.ts";
import { go } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;

const show = () => render(App, { bridge: phone });
const dati = () => screen.findAllByRole("button", { name: /^Donner l'alarme/ });
const over = (name: RegExp | string) => screen.findByRole("alertdialog", { name });
const given = (more: Partial<Extract<AlarmLook, { is: "given" }>> = {}): AlarmLook => ({
  is: "given", alarm: "a1", test: false, phase: null, acknowledged_by: null, acknowledged_at: null, told: [], fine: false,
  place: null, ways: { call: "started", heard: false, text: null, text_link: null }, ...more,
});

/** Holds a button as long as it wants to be held. */
async function hold(button: HTMLElement) {
  await fireEvent.keyDown(button, { key: "Enter" });
  await new Promise((done) => setTimeout(done, phone.phone.alarm.long_press_ms + 200));
}

beforeEach(() => {
  phone = new FakePhone();
  phone.phone.alarm.long_press_ms = 500;
  setLanguage("fr");
  go("#/", true);
});
afterEach(() => {
  cleanup();
  dismiss();
  lightUp();
  hearAgain();
  setAside(null);
});

describe("the alarm's button (O-31)", () => {
  it("is at most two touches away on every screen", async () => {
    show();
    for (const at of [
      "#/", "#/planning", "#/visit/v1", "#/notes/v1", "#/clients", "#/client/c1", "#/read", "#/manual?visit=v1",
      "#/messages", "#/thread", "#/outbox", "#/privacy", "#/me", "#/dati", "#/lone",
    ]) {
      go(at, true);
      await screen.findByRole("heading", { level: 1 });
      expect((await dati()).length, at).toBe(1);
    }
    await fireEvent.click((await dati())[0]!);
    await over("Alarme dans");
    expect(phone.acts).toEqual([{ do: "alarm", press: "pressed" }]);
  });

  it("stays when a screen cannot be drawn, and the next screen is drawn", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const held = phone.ask.bind(phone);
    vi.spyOn(phone, "ask").mockImplementation(async (ask) => {
      const view = await held(ask);
      // What no core says: whatever is wrong there, she can call for help.
      return ask.ask === "outbox" ? ({ ...view, acts: [{ id: "x" }] } as unknown as typeof view) : view;
    });
    go("#/outbox", true);
    show();
    await screen.findByText(/Une erreur de l'application/);
    expect(reported).toHaveBeenCalled();
    expect(await dati()).toHaveLength(1);
    await fireEvent.click((await dati())[0]!);
    await over("Alarme dans");
    go("#/me", true);
    await waitFor(() => expect(screen.queryByText(/Une erreur de l'application/)).toBeNull());
    vi.unstubAllGlobals();
  });

  it("is there over a message that must be read, offline, with a lease over, a sign-in or an update to do", async () => {
    const message = {
      id: "x", from: "office", author: "Claire", text: "À lire", mandatory: true, sent_at: NOW, read_at: null,
    };
    phone.phone.must_read = { thread: "t", message, more: 0 };
    go("#/planning", true);
    show();
    await screen.findByRole("button", { name: "J'ai lu" });
    expect(await dati()).toHaveLength(1);
    for (const state of ["lease_over", "sign_in_needed", "update_needed"] as const) {
      cleanup();
      phone.phone.state = state;
      phone.phone.online = false;
      phone.phone.must_read = null;
      go("#/", true);
      show();
      expect(await dati(), state).toHaveLength(1);
    }
  });

  it("is in the corner of the answer to a badge, and works there", async () => {
    show();
    await waitFor(() => expect(phone.tag).not.toBeNull());
    phone.tag?.({ method: "nfc", text: "https://r.example/b/AAA" });
    const answer = await screen.findByRole("dialog", { name: "Arrivée 08:03" });
    await fireEvent.click(within(answer).getByRole("button", { name: /^Donner l'alarme/ }));
    await over("Alarme dans");
  });

  it("is not shown by a phone that is nobody's: it could call nobody", async () => {
    phone.phone.state = "not_enrolled";
    phone.phone.alarm.ready = false;
    show();
    await screen.findByRole("heading", { name: "Activer ce téléphone" });
    expect(screen.queryByRole("button", { name: /^Donner l'alarme/ })).toBeNull();
  });

  it("is there when the app's data cannot be opened, and says so (O-31)", async () => {
    const cases = [
      ["storage_broken", "Données illisibles"], ["storage_full", "Plus de place"], ["try_again", "Données fermées"],
    ] as const;
    for (const [trouble, title] of cases) {
      cleanup();
      phone = new FakePhone();
      phone.phone.state = "storage_broken";
      phone.phone.trouble = trouble;
      show();
      await screen.findByRole("heading", { level: 1, name: title });
      expect(screen.getByText("L'alarme DATI marche quand même.")).toBeTruthy();
      expect(screen.getByRole("link", { name: /05 63 00 00 00/ })).toBeTruthy();
      expect(await dati(), trouble).toHaveLength(1);
      expect(screen.queryByRole("button", { name: "Réessayer" }) !== null, trouble).toBe(trouble !== "storage_broken");
      await fireEvent.click((await dati())[0]!);
      await over("Alarme dans");
      expect(phone.acts).toEqual([{ do: "alarm", press: "pressed" }]);
    }
    // Nothing is known any more: the number of help is there once.
    phone.phone.alarm.call_number = "112";
    phone.phone.alarm.look = given();
    phone.changed();
    const dialog = await over("Alarme donnée");
    const links = within(dialog).getAllByRole("link").map((link) => link.getAttribute("href"));
    expect(links).toEqual(["tel:112"]);
  });

  it("gives numbers to call when the app itself does not answer", async () => {
    show();
    const button = (await dati())[0]!;
    phone.refuse = "storage_broken";
    await fireEvent.click(button);
    const dialog = await over("Cette application ne répond pas");
    const numbers = within(dialog).getAllByRole("link").map((link) => link.getAttribute("href"));
    expect(numbers).toEqual(["tel:+33563999999", "tel:112"]);
  });
});

describe("the countdown (O-32)", () => {
  it("shows what is left and what comes, and is cancelled by a long press only", async () => {
    show();
    await fireEvent.click((await dati())[0]!);
    const dialog = await over("Alarme dans");
    expect(within(dialog).getByRole("timer").textContent).toMatch(/^(10|9)$/);
    expect(dialog.textContent).toContain("appel du 05 63 99 99 99");
    const cancel = within(dialog).getByRole("button", { name: "ANNULER" });
    await fireEvent.click(cancel);
    await fireEvent.keyDown(dialog, { key: "Escape" });
    expect(phone.acts).toHaveLength(1);
    await hold(cancel);
    expect(phone.acts.at(-1)).toEqual({ do: "cancel_alarm", code: null });
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  });

  it("survives going to another screen", async () => {
    show();
    await fireEvent.click((await dati())[0]!);
    await over("Alarme dans");
    go("#/clients", true);
    await screen.findByRole("heading", { level: 1, name: "Usagers" });
    await over("Alarme dans");
  });

  it("asks for the code when one was chosen, and says that another is wrong", async () => {
    phone.phone.alarm.code = true;
    show();
    await fireEvent.click((await dati())[0]!);
    const dialog = await over("Alarme dans");
    await hold(within(dialog).getByRole("button", { name: "ANNULER" }));
    const field = await within(dialog).findByLabelText("Votre code");
    await fireEvent.input(field, { target: { value: "9999" } });
    await fireEvent.click(within(dialog).getByRole("button", { name: "Valider" }));
    await within(dialog).findByText("Ce n'est pas le bon code.");
    await fireEvent.input(field, { target: { value: "1234" } });
    await fireEvent.click(within(dialog).getByRole("button", { name: "Valider" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  });

  it("is silent and dark when the button is held (B-06)", async () => {
    show();
    const button = (await dati())[0]!;
    await fireEvent.pointerDown(button, { button: 0, pointerId: 1 });
    await new Promise((done) => setTimeout(done, 1_100));
    await fireEvent.pointerUp(button);
    await fireEvent.click(button);
    expect(phone.acts).toEqual([{ do: "alarm", press: "held" }]);
    const black = await screen.findByRole("button", { name: "Toucher pour rallumer l'écran" });
    expect(document.querySelector("[data-live=assertive]")?.textContent?.trim()).not.toMatch(/alarme/i);
    await fireEvent.click(black);
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  });
});

describe("the alarm that is given (O-33)", () => {
  it("says what became of each way, with links where the device needs a finger", async () => {
    const ways = { call: "cannot", heard: false, text: "asked", text_link: "sms:+337?body=DATI" } as const;
    phone.phone.alarm.look = given({ ways, place: { accuracy_m: 12, age_ms: 4_000 } });
    show();
    const dialog = await over("Alarme donnée");
    expect(dialog.textContent).toContain("Appel : pas possible tout seul sur cet appareil");
    expect(dialog.textContent).toContain("Message à l'agence : pas encore reçu, on réessaie");
    expect(dialog.textContent).toContain("SMS : à confirmer sur l'écran du téléphone");
    expect(dialog.textContent).toMatch(/Position envoyée, à 12 m près, il y a [4-6] s/);
    const links = within(dialog).getAllByRole("link").map((link) => link.getAttribute("href"));
    expect(links).toEqual(["tel:+33563999999", "sms:+337?body=DATI", "tel:112"]);
  });

  it("says who answers, in clear and aloud, and ends when the office has closed it (B-06)", async () => {
    phone.phone.alarm.look = given({ ways: { call: "started", heard: true, text: null, text_link: null } });
    show();
    await over("Alarme donnée");
    expect(document.querySelector("[data-live=assertive]")?.textContent).toContain("L'agence est prévenue");
    phone.phone.alarm.look = given({ acknowledged_by: "Claire Delmas", acknowledged_at: NOW, phase: "acknowledged" });
    phone.changed();
    await waitFor(() =>
      expect(document.querySelector("[data-live=assertive]")?.textContent).toContain("Claire Delmas s'occupe de vous"),
    );
    const dialog = await over("Alarme donnée");
    expect(dialog.className).toContain("go");
    phone.phone.alarm.look = { is: "closed", alarm: "a1", test: false, acknowledged_by: "Claire Delmas", at: NOW };
    phone.changed();
    const end = await screen.findByRole("dialog", { name: "Alarme terminée" });
    expect(end.textContent).toContain("Claire Delmas a répondu");
    await fireEvent.click(within(end).getByRole("button", { name: "Continuer" }));
    expect(phone.acts.at(-1)).toEqual({ do: "alarm_seen" });
  });

  it("never calls a test anything else", async () => {
    phone.phone.alarm.look = given({ test: true });
    show();
    const dialog = await over("TEST : alarme donnée");
    expect(dialog.textContent).toContain("Ceci est un test");
    expect(within(dialog).queryAllByRole("link")).toHaveLength(0);
  });

  it("can be put aside to use the phone, and comes back by the button", async () => {
    phone.phone.alarm.look = given();
    show();
    const dialog = await over("Alarme donnée");
    await fireEvent.click(within(dialog).getByRole("button", { name: "Utiliser le téléphone" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    await fireEvent.click(await screen.findByRole("button", { name: "DATI en cours : revenir à l'alarme" }));
    await over("Alarme donnée");
    expect(phone.acts).toEqual([]);
  });
});

describe("lone work under watch (B-06)", () => {
  it("asks, and an answer is one touch; help is the other", async () => {
    phone.phone.alarm.session = {
      id: "s", visit: "v1", place: "", ends_at: NOW, every_min: 30, asks: true, left_ms: 60_000,
    };
    show();
    const dialog = await over("Tout va bien ?");
    expect(within(dialog).getByRole("button", { name: /^Donner l'alarme/ })).toBeTruthy();
    await fireEvent.click(within(dialog).getByRole("button", { name: "Oui, tout va bien" }));
    expect(phone.acts).toEqual([{ do: "alarm_fine", stay_min: null }]);
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  });

  it("begins outside the planning in her own words, is put off, shown on every screen, and ended", async () => {
    go("#/lone", true);
    show();
    await screen.findByRole("heading", { level: 1, name: "Travail isolé" });
    await fireEvent.click(screen.getByRole("radio", { name: /^2\sh$/ }));
    await fireEvent.click(screen.getByRole("radio", { name: "Toutes les 30 min" }));
    await fireEvent.input(screen.getByLabelText(/^Où êtes-vous/), { target: { value: " Réserve " } });
    phone.refuse = "already_watched";
    await fireEvent.click(screen.getByRole("button", { name: "Commencer la veille" }));
    expect((await screen.findByRole("alert")).textContent).toContain("déjà sous veille");
    await fireEvent.click(screen.getByRole("button", { name: "Commencer la veille" }));
    await screen.findByRole("heading", { name: "Sous veille" });
    expect(phone.acts.at(-1)).toEqual({ do: "start_lone_work", minutes: 120, every_min: 30, place: "Réserve" });
    expect(screen.getByText("Jusqu'à 09:48")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: /^Prolonger de 30\smin$/ }));
    await screen.findByText("Jusqu'à 10:18");
    go("#/clients", true);
    const line = await screen.findByRole("link", { name: "Sous veille jusqu'à 10:18" });
    expect(line.getAttribute("href")).toBe("#/lone");
    go("#/lone", true);
    await fireEvent.click(await screen.findByRole("button", { name: "Terminer la veille" }));
    await screen.findByRole("button", { name: "Commencer la veille" });
    expect(phone.acts.at(-1)).toEqual({ do: "end_lone_work" });
  });

  it("of a visit is ended by its badge, not here", async () => {
    phone.phone.alarm.session = {
      id: "s", visit: "v1", place: "", ends_at: NOW, every_min: null, asks: false, left_ms: 60_000,
    };
    go("#/lone", true);
    show();
    await screen.findByText("L'intervention en cours est surveillée jusqu'au badge de départ.");
    expect(screen.queryByRole("button", { name: "Terminer la veille" })).toBeNull();
  });

  it("says what would work now, in words for those who do not see the signs", async () => {
    show();
    const line = await screen.findByRole("link", { name: /^Alarme, en ce moment/ });
    const said = line.textContent?.replaceAll(/\s+/g, " ").trim();
    expect(said).toBe(
      "Alarme, en ce moment : Appel oui SMS avec votre doigt Données non GPS 12 min oui Avis oui",
    );
    expect(line.getAttribute("href")).toBe("#/dati");
  });

  it("asks when the phone lies still, and says whether it would, where the agency wants it", async () => {
    phone.phone.alarm.means.still = "no";
    phone.phone.alarm.look = {
      is: "counting", alarm: "a1", left_ms: 60_000, all_ms: 60_000, test: false, unanswered: false, still: true,
    };
    show();
    const dialog = await over("Ce téléphone ne bouge plus. Alarme dans");
    expect(within(dialog).getByText("Immobilité")).toBeTruthy();
    await hold(within(dialog).getByRole("button", { name: "ANNULER" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    go("#/dati", true);
    await screen.findByText(/Il ne le fait pas sur son chargeur/);
  });

  it("is tried and set on its own page", async () => {
    go("#/dati", true);
    show();
    await screen.findByRole("heading", { name: "Essayer l'alarme" });
    expect(screen.getByText("Un essai complet est à faire : une fois par mois.")).toBeTruthy();
    await fireEvent.input(screen.getByLabelText("Code qui annule"), { target: { value: "1234" } });
    await fireEvent.input(screen.getByLabelText("Code sous la contrainte"), { target: { value: "1234" } });
    await fireEvent.click(screen.getByRole("button", { name: "Choisir ces codes" }));
    expect(await screen.findByText("Les deux codes doivent être différents")).toBeTruthy();
    await fireEvent.input(screen.getByLabelText("Code sous la contrainte"), { target: { value: "4321" } });
    await fireEvent.click(screen.getByRole("button", { name: "Choisir ces codes" }));
    await waitFor(() =>
      expect(phone.acts.at(-1)).toEqual({ do: "alarm_codes", codes: ["1234", "4321"], before: null }),
    );
    await fireEvent.click(screen.getByRole("button", { name: "Lancer un essai" }));
    await over("TEST : alarme dans");
  });
});
