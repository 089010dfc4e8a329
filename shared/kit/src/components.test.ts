import { cleanup, fireEvent, render, screen, within } from "@testing-library/svelte";
import { createRawSnippet, tick } from "svelte";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { announce } from "./announce.svelte.ts";
import Button from "./components/Button.svelte";
import Choices from "./components/Choices.svelte";
import ConfirmDialog from "./components/ConfirmDialog.svelte";
import HoldButton from "./components/HoldButton.svelte";
import LiveRegion from "./components/LiveRegion.svelte";
import TextField from "./components/TextField.svelte";
import { setLanguage } from "./i18n/language.svelte.ts";
import Rows from "./tests/Rows.svelte";

const text = (words: string) => createRawSnippet(() => ({ render: () => `<span>${words}</span>` }));

beforeAll(() => setLanguage("fr"));
afterEach(cleanup);

describe("a field", () => {
  it("ties its label, hint and error to the control", () => {
    render(TextField, { label: "Motif", hint: "En quelques mots", error: "Dites pourquoi", required: true });
    const input = screen.getByLabelText("Motif");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(input.getAttribute("aria-required")).toBe("true");
    const described = (input.getAttribute("aria-describedby") ?? "").split(" ");
    const said = described.map((id) => document.getElementById(id)?.textContent?.trim());
    expect(said).toEqual(["En quelques mots", "Dites pourquoi"]);
  });

  it("says when it may stay empty, and shows hostile text as text", () => {
    const hostile = `<img src=x onerror="alert(1)"> ' OR 1=1 --`;
    render(TextField, { label: hostile, value: hostile, error: hostile });
    expect(document.querySelector("img")).toBeNull();
    expect(screen.getByText(/facultatif/)).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>("textbox").value).toBe(hostile);
  });
});

describe("a button", () => {
  it("cannot be pressed twice while it works", async () => {
    const pressed = vi.fn();
    render(Button, { children: text("Envoyer"), busy: true, onclick: pressed });
    const button = screen.getByRole("button", { name: "Envoyer" });
    await fireEvent.click(button);
    expect(pressed).not.toHaveBeenCalled();
    expect(button.getAttribute("aria-busy")).toBe("true");
  });

  it("is a link when it goes somewhere", () => {
    render(Button, { children: text("Planning"), href: "#/planning" });
    expect(screen.getByRole("link", { name: "Planning" }).getAttribute("href")).toBe("#/planning");
  });
});

describe("choices", () => {
  it("are a group of radios with one name", async () => {
    const chosen = vi.fn();
    const options = [{ value: "camera", label: "Appareil photo" }, { value: "other", label: "Autre" }];
    render(Choices, { label: "Motif", options, onchange: chosen });
    const group = screen.getByRole("group", { name: "Motif" });
    await fireEvent.click(within(group).getByRole("radio", { name: "Autre" }));
    expect(chosen).toHaveBeenCalledWith("other");
  });
});

describe("a question", () => {
  it("is a modal dialog with its title, and only the yes does it", async () => {
    const yes = vi.fn();
    render(ConfirmDialog, { open: true, title: "Révoquer ?", confirm: "Révoquer", children: text("Le badge."), onconfirm: yes });
    await tick();
    const dialog = screen.getByRole("dialog", { name: "Révoquer ?" });
    await fireEvent.click(within(dialog).getByRole("button", { name: "Annuler" }));
    expect(yes).not.toHaveBeenCalled();
  });
});

describe("a table", () => {
  const rows = [
    { id: "1", name: "Zoé Petit", hours: 9 },
    { id: "2", name: "Élodie Roux", hours: 31 },
    { id: "3", name: "Bruno Lecomte", hours: null },
    { id: "4", name: "Amina Belkacem", hours: 28 },
  ];
  const names = () => [...document.querySelectorAll("tbody tr td:first-child")].map((cell) => cell.textContent?.trim());
  const header = (name: string) => screen.getByRole("columnheader", { name });

  it("sorts by a button of its head, words as the language does, and says how", async () => {
    render(Rows, { rows });
    await fireEvent.click(within(header("Nom")).getByRole("button"));
    expect(names()).toEqual(["Amina Belkacem", "Bruno Lecomte", "Élodie Roux"]);
    expect(header("Nom").getAttribute("aria-sort")).toBe("ascending");
    await fireEvent.click(within(header("Nom")).getByRole("button"));
    expect(names()[0]).toBe("Zoé Petit");
    await fireEvent.click(within(header("Heures")).getByRole("button"));
    await fireEvent.click(within(header("Heures")).getByRole("button"));
    expect(names()).toEqual(["Élodie Roux", "Amina Belkacem", "Zoé Petit"]);
    expect(document.querySelector("pre")?.textContent).toBe("-hours|");
  });

  it("draws a page, then the rest when asked", async () => {
    render(Rows, { rows });
    expect(names()).toHaveLength(3);
    await fireEvent.click(screen.getByRole("button", { name: "Afficher la suite" }));
    expect(names()).toHaveLength(4);
  });

  it("finds without accents, says how many, and says when there is none", async () => {
    render(Rows, { rows });
    const field = screen.getByRole("searchbox", { name: "Rechercher" });
    await fireEvent.input(field, { target: { value: "elodie" } });
    expect(names()).toEqual(["Élodie Roux"]);
    expect(screen.getByRole("status").textContent?.trim()).toBe("1 ligne");
    await fireEvent.input(field, { target: { value: "personne" } });
    expect(screen.getByText("Rien ne correspond à cette recherche.")).toBeTruthy();
  });

  it("follows new rows", async () => {
    const { rerender } = render(Rows, { rows: rows.slice(0, 1) });
    await rerender({ rows });
    expect(names()).toHaveLength(3);
  });
});

describe("the live region", () => {
  it("says the same sentence twice", async () => {
    render(LiveRegion);
    const region = document.querySelector("[data-live=assertive]");
    announce("Arrivée", true);
    await tick();
    const first = region?.textContent;
    announce("Arrivée", true);
    await tick();
    expect(region?.textContent).not.toBe(first);
    expect(region?.textContent?.trim()).toBe("Arrivée");
  });
});

describe("a button that is held", () => {
  const held = vi.fn();
  const props = () => ({ children: text("Annuler"), yes: "Oui, annuler", hint: "Gardez le doigt appuyé", onheld: held });
  const button = () => screen.getByRole("button", { name: "Annuler" });

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    held.mockReset();
  });
  afterEach(() => vi.useRealTimers());

  it("acts at the end of the time, with progress to see, and not before", async () => {
    render(HoldButton, props());
    await fireEvent.pointerDown(button(), { button: 0, pointerId: 1 });
    await vi.advanceTimersByTimeAsync(1_900);
    expect(held).not.toHaveBeenCalled();
    expect(Number(button().style.getPropertyValue("--part"))).toBeGreaterThan(0.9);
    await vi.advanceTimersByTimeAsync(200);
    expect(held).toHaveBeenCalledTimes(1);
    await fireEvent.pointerUp(button());
    await fireEvent.click(button());
    await vi.advanceTimersByTimeAsync(3_000);
    expect(held).toHaveBeenCalledTimes(1);
    expect(screen.queryByRole("button", { name: "Oui, annuler" })).toBeNull();
  });

  it("acts on nothing when it is let go, and says why", async () => {
    render(HoldButton, props());
    await fireEvent.pointerDown(button(), { button: 0, pointerId: 1 });
    await vi.advanceTimersByTimeAsync(1_500);
    await fireEvent.pointerUp(button());
    await vi.advanceTimersByTimeAsync(1_500);
    expect(held).not.toHaveBeenCalled();
    expect(screen.getByText("Gardez le doigt appuyé")).toBeTruthy();
  });

  it("is held by a key as by a finger", async () => {
    render(HoldButton, props());
    await fireEvent.keyDown(button(), { key: " " });
    await vi.advanceTimersByTimeAsync(1_000);
    await fireEvent.keyDown(button(), { key: " ", repeat: true });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(held).toHaveBeenCalledTimes(1);
  });

  it("asks whoever can only press, after the same time", async () => {
    render(HoldButton, props());
    await fireEvent.click(button());
    await vi.advanceTimersByTimeAsync(1_900);
    expect(screen.queryByRole("button", { name: "Oui, annuler" })).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    await fireEvent.click(screen.getByRole("button", { name: "Oui, annuler" }));
    expect(held).toHaveBeenCalledTimes(1);
    await fireEvent.click(button());
    await vi.advanceTimersByTimeAsync(11_000);
    expect(screen.queryByRole("button", { name: "Oui, annuler" })).toBeNull();
    expect(held).toHaveBeenCalledTimes(1);
  });
});
