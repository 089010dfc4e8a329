import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });
const line = async (name: string) => within((await screen.findByRole("heading", { name })).closest("li")!);

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/device", true);
});
afterEach(cleanup);

describe("what this phone can (O-04)", () => {
  it("says of each thing whether it can, and what to do about it", async () => {
    phone.device = { ...phone.device, platform: "android", nfc: "off", call: "yes", text: "by_hand", place: "yes", biometry: "not_set_up" };
    show();
    await screen.findByRole("heading", { level: 1, name: "Ce téléphone peut…" });
    const nfc = await line("Lire un badge sans contact (NFC)");
    await waitFor(() => expect(nfc.getByText("Éteint")).toBeTruthy());
    expect(nfc.getByText(/Allumez le NFC dans les réglages du téléphone, ou scannez le code QR/)).toBeTruthy();
    expect((await line("Appeler seul pendant une alerte")).getByText("Oui")).toBeTruthy();
    expect((await line("Envoyer un SMS d'alerte sans Internet")).getByText("Avec votre doigt")).toBeTruthy();
    expect((await line("Reconnaître votre empreinte ou votre visage")).getByText(/Enregistrez une empreinte/)).toBeTruthy();
    expect((await line("Rappeler à l'heure, application fermée")).getByText(/quand l'application est à l'écran/)).toBeTruthy();
    expect((await line("Scanner un code QR")).getByText(/Choisissez une photo du code/)).toBeTruthy();
    expect(screen.queryByText("Ce qu'iOS ne permet pas")).toBeNull();
    await fireEvent.click(screen.getByRole("button", { name: "Autoriser ce que demande l'alerte" }));
    await waitFor(() => expect(phone.acts).toEqual([{ do: "alarm_rights" }]));
  });

  it("lists on an iPhone what iOS forbids (O-33), in both languages, and there only", async () => {
    phone.device = { ...phone.device, platform: "ios", nfc: "yes", call: "by_hand", text: "by_hand" };
    const { unmount } = show();
    const limits = within(await screen.findByRole("region", { name: "Ce qu'iOS ne permet pas" })).getAllByRole("listitem");
    expect(limits).toHaveLength(5);
    expect(limits[0]!.textContent).toMatch(/Appeler seul/);
    unmount();
    setLanguage("en");
    show();
    expect(await screen.findByText("What iOS does not allow")).toBeTruthy();
  });
});

describe("a phone of a fleet (O-02)", () => {
  beforeEach(() => {
    phone.phone.state = "not_enrolled";
    go("#/", true);
  });

  it("is enrolled with what the management has set, nothing typed", async () => {
    phone.device.managed = { ready: true, wants_code: false, server: "https://releve.example", phone_name: "Parc 12", kiosk: true };
    show();
    expect(await screen.findByText("Téléphone réglé par votre entreprise")).toBeTruthy();
    expect(screen.getByText(/Serveur : https:\/\/releve.example. Ce téléphone est réservé au travail/)).toBeTruthy();
    await waitFor(() => expect((screen.getByLabelText("Nom de ce téléphone") as HTMLInputElement).value).toBe("Parc 12"));
    await fireEvent.click(screen.getByRole("button", { name: "Activer" }));
    await waitFor(() => expect(phone.acts).toEqual([{ do: "enrol_managed", code: "", phone_name: "Parc 12" }]));
  });

  it("wants the code alone when it was not set, and lets another code be scanned", async () => {
    phone.device.managed = { ready: false, wants_code: true, server: "https://releve.example", phone_name: "", kiosk: false };
    show();
    await fireEvent.click(await screen.findByRole("button", { name: "Activer" }));
    expect(phone.acts).toEqual([]);
    await fireEvent.input(screen.getByLabelText("Code d'activation"), { target: { value: "ABCD-EFGH" } });
    phone.refuse = "enrolment_over";
    await fireEvent.click(screen.getByRole("button", { name: "Activer" }));
    await waitFor(() => expect(phone.acts.at(-1)).toMatchObject({ do: "enrol_managed", code: "ABCD-EFGH" }));
    expect(await screen.findByRole("alert")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Scanner plutôt un code QR" }));
    expect(await screen.findByLabelText("Lien d'activation")).toBeTruthy();
  });
});

describe("a phone without NFC (O-03)", () => {
  it("clocks by the QR code, arrival and departure, by the same button", async () => {
    phone.nfc = false;
    phone.device.nfc = "no";
    go("#/", true);
    show();
    await fireEvent.click(await screen.findByRole("link", { name: "Badger l'arrivée" }));
    go("#/read/v1", true);
    expect(await screen.findByText(/ne lit pas|pas de NFC|sans NFC/i)).toBeTruthy();
    const file = document.querySelector<HTMLInputElement>("input[type=file]")!;
    Object.defineProperty(file, "files", { value: [new File(["x"], "code.png", { type: "image/png" })], configurable: true });
    await fireEvent.change(file);
    expect(await screen.findByRole("dialog", { name: /Arrivée/ })).toBeTruthy();
    expect(phone.acts.at(-1)).toMatchObject({ do: "badge", reading: { method: "qr" }, visit: "v1" });
  });
});
