import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const type = (label: string | RegExp, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
const locked = () => {
  phone.phone.state = "locked";
  phone.phone.lock = { ...phone.phone.lock, set: true, locked: true };
};

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/", true);
});
afterEach(cleanup);

describe("the lock of the app", () => {
  it("shows nothing but the PIN, the alarm, clocking and calls; the PIN opens", async () => {
    locked();
    go("#/clients", true);
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Application verrouillée" })).toBeTruthy();
    expect(screen.queryByText(/Garrigues/)).toBeNull();
    expect(screen.queryByRole("navigation")).toBeNull();
    expect(screen.getByRole("link", { name: "Badger" }).getAttribute("href")).toBe("#/read");
    expect(screen.getByRole("link", { name: "Numéros d'urgence" }).getAttribute("href")).toBe("#/communicate");
    phone.refuse = "wrong_credentials";
    await type("Code PIN", "0000");
    await fireEvent.click(screen.getByRole("button", { name: "Déverrouiller" }));
    expect(await screen.findAllByText("Ce n'est pas le bon code PIN.")).toBeTruthy();
    expect((screen.getByLabelText("Code PIN") as HTMLInputElement).value).toBe("");
    await type("Code PIN", "4071");
    await fireEvent.click(screen.getByRole("button", { name: "Déverrouiller" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Usagers" })).toBeTruthy();
    expect(phone.acts.at(-1)).toEqual({ do: "unlock", pin: "4071" });
  });

  it("keeps the alarm within one touch (O-31), and gives it while locked", async () => {
    locked();
    show();
    await screen.findByRole("heading", { level: 1, name: "Application verrouillée" });
    const alarm = screen.getByRole("button", { name: /DATI|Alerte/ });
    await fireEvent.pointerDown(alarm);
    await fireEvent.click(alarm);
    await waitFor(() => expect(phone.acts.some((act) => act.do === "alarm")).toBe(true));
    expect(await screen.findByRole("alertdialog")).toBeTruthy();
  });

  it("says how long to wait, how many tries are left, and what to do when it is forgotten", async () => {
    locked();
    phone.phone.lock = { ...phone.phone.lock, wait_ms: 90_000, tries_left: 6 };
    const { unmount } = show();
    expect(await screen.findByText(/Trop d'essais. Attendez 1 min/)).toBeTruthy();
    expect(screen.getByText("6 essais avant le blocage")).toBeTruthy();
    expect((screen.getByRole("button", { name: "Déverrouiller" }) as HTMLButtonElement).disabled).toBe(true);
    await fireEvent.click(screen.getByRole("button", { name: "Code PIN oublié" }));
    const forgotten = screen.getByRole("link", { name: "J'ai un nouveau code" });
    expect(forgotten.getAttribute("href")).toBe("#/enrol");
    unmount();
    phone.phone.lock.tries_left = 0;
    show();
    expect(await screen.findByText(/ce code PIN n'ouvre plus rien/)).toBeTruthy();
    expect(screen.queryByLabelText("Code PIN")).toBeNull();
    go("#/enrol", true);
    expect(await screen.findByRole("heading", { level: 1, name: "Activer ce téléphone" })).toBeTruthy();
  });

  it("opens by fingerprint or face where that was allowed", async () => {
    locked();
    phone.phone.lock = { ...phone.phone.lock, by_presence: true, biometry: "ready" };
    show();
    const button = await screen.findByRole("button", { name: "Empreinte ou visage" });
    phone.refuse = "wrong_credentials";
    await fireEvent.click(button);
    expect(await screen.findAllByText("Non reconnu. Tapez votre code PIN.")).toBeTruthy();
    await fireEvent.click(button);
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "unlock_by_presence" }));
    expect(await screen.findByRole("navigation")).toBeTruthy();
  });

  it("wants a PIN where the agency asks for one, but not before clocking", async () => {
    phone.phone.lock = { ...phone.phone.lock, required: true, must_set: true, digits: 6 };
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Choisissez un code PIN" })).toBeTruthy();
    await type("Nouveau code PIN", "4071");
    await type("Le même, encore une fois", "4072");
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer le code PIN" }));
    expect(screen.getByText("Tapez les chiffres demandés.")).toBeTruthy();
    expect(screen.getByText("Les deux codes ne sont pas les mêmes.")).toBeTruthy();
    expect(phone.acts).toEqual([]);
    go("#/read", true);
    expect(await screen.findByRole("heading", { level: 1, name: "Lire le badge" })).toBeTruthy();
    go("#/", true);
    await screen.findByRole("heading", { level: 1, name: "Choisissez un code PIN" });
    await type("Nouveau code PIN", "407158");
    await type("Le même, encore une fois", "407158");
    phone.refuse = "weak_password";
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer le code PIN" }));
    expect(await screen.findByText("Ce code se devine trop vite. Choisissez-en un autre.")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Enregistrer le code PIN" }));
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "set_pin", pin: "407158", before: null }));
    expect(await screen.findByRole("navigation")).toBeTruthy();
  });

  it("changes, drops, locks, and says what the phone can and cannot recognise", async () => {
    phone.phone.lock = { ...phone.phone.lock, set: true };
    go("#/pin", true);
    show();
    expect(await screen.findByText(/ne lit ni empreinte ni visage/)).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Ne plus demander de code PIN" }));
    const dialog = within(await screen.findByRole("dialog"));
    await fireEvent.input(dialog.getByLabelText("Code PIN actuel"), { target: { value: "0000" } });
    phone.refuse = "wrong_credentials";
    await fireEvent.click(dialog.getByRole("button", { name: "Ne plus demander de code PIN" }));
    expect(await dialog.findByText("Ce n'est pas le bon code PIN.")).toBeTruthy();
    await fireEvent.input(dialog.getByLabelText("Code PIN actuel"), { target: { value: "4071" } });
    await fireEvent.click(dialog.getByRole("button", { name: "Ne plus demander de code PIN" }));
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "drop_pin", pin: "4071" }));
    phone.phone.lock = { ...phone.phone.lock, set: true, required: true, biometry: "ready" };
    phone.changed();
    await fireEvent.click(await screen.findByRole("button", { name: "Utiliser l'empreinte ou le visage" }));
    const finger = within(await screen.findByRole("dialog"));
    await fireEvent.input(finger.getByLabelText("Code PIN actuel"), { target: { value: "4071" } });
    await fireEvent.click(finger.getByRole("button", { name: "Utiliser l'empreinte ou le visage" }));
    await waitFor(() => expect(phone.acts.at(-1)).toEqual({ do: "allow_presence", pin: "4071" }));
    expect(screen.queryByRole("button", { name: "Ne plus demander de code PIN" })).toBeNull();
    await fireEvent.click(screen.getByRole("button", { name: "Verrouiller maintenant" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Application verrouillée" })).toBeTruthy();
  });

  it("tells of a touch, now and then, so that a working hand is not locked out", async () => {
    phone.phone.lock = { ...phone.phone.lock, set: true, locks_in_ms: 60_000 };
    show();
    await screen.findByRole("navigation");
    await fireEvent.pointerDown(document.body);
    await fireEvent.pointerDown(document.body);
    expect(phone.acts.filter((act) => act.do === "present")).toHaveLength(1);
  });
});
