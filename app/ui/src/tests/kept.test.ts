// The screens of the navigation stay once they were seen. Whatever is kept must be out of reach, never old, and gone
// with the lock.
import { setLanguage } from "@releve/kit";
import type { Ask } from "@releve/types";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { tick } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone, garrigues, open } from "./fake.ts";

let phone: FakePhone;
let asked: Ask[];
/** While set, what is asked waits. */
let gate: Promise<void> | null;

const TITLES: Record<string, RegExp> = {
  "#/": /lundi 23 novembre/, "#/planning": /^Planning$/, "#/clients": /^Usagers$/, "#/communicate": /^Communiquer$/, "#/me": /^Moi$/,
};
const main = () => document.getElementById("main")!;

async function goTo(href: string) {
  go(href, true);
  await screen.findByRole("heading", { level: 1, name: TITLES[href] ?? /./ });
}

async function seeAll() {
  render(App, { bridge: phone });
  for (const href of Object.keys(TITLES)) {
    await goTo(href);
    await waitFor(() => expect(main().querySelector("[data-state=loading]")).toBeNull());
  }
}

beforeEach(() => {
  phone = new FakePhone();
  asked = [];
  gate = null;
  const ask = phone.ask.bind(phone);
  phone.ask = async (question) => {
    if (question.ask !== "phone") {
      asked.push(question);
      await gate;
    }
    return ask(question);
  };
  setLanguage("fr");
  go("#/", true);
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("a screen of the navigation", () => {
  it("is not drawn anew when it is seen again, and is asked for again all the same", async () => {
    await seeAll();
    await goTo("#/");
    const before = await screen.findByRole("heading", { name: "Mme Denise Garrigues" });
    await goTo("#/planning");
    asked = [];
    await goTo("#/");
    expect(screen.getByRole("heading", { name: "Mme Denise Garrigues" })).toBe(before);
    await waitFor(() => expect(asked).toContainEqual({ ask: "day", day: null }));
  });

  it("is alone before eye, ear and key, with the title, the focus and the top of the page", async () => {
    await seeAll();
    const scrolled = vi.fn();
    vi.stubGlobal("scrollTo", scrolled);
    for (const href of [...Object.keys(TITLES), "#/outbox", "#/"]) {
      await goTo(href);
      await waitFor(() => expect(scrolled).toHaveBeenLastCalledWith(0, 0));
      scrolled.mockClear();
      const titles = screen.getAllByRole("heading", { level: 1 });
      expect(titles, href).toHaveLength(1);
      expect(document.activeElement).toBe(titles[0]);
      expect(document.title).toBe(`${titles[0]!.textContent} · Relève`);
      expect(screen.getAllByRole("main")).toHaveLength(1);
      expect(document.querySelectorAll("#main")).toHaveLength(1);
      expect(main().closest("[inert], [aria-hidden=true]")).toBeNull();
      expect(screen.getAllByRole("button", { name: /DATI/ })).toHaveLength(1);
      const others = [...document.querySelectorAll("main")].filter((one) => one !== main());
      expect(others.length).toBeGreaterThanOrEqual(4);
      for (const one of others) expect(one.closest("[inert][aria-hidden=true]")).not.toBeNull();
    }
  });

  it("that is away asks nothing when something changes", async () => {
    await seeAll();
    asked = [];
    phone.changed();
    await waitFor(() => expect(asked.length).toBe(0)); // "moi" asks nothing
    await goTo("#/clients");
    await waitFor(() => expect(asked).toEqual([{ ask: "find_clients", text: "" }]));
    phone.changed();
    await waitFor(() => expect(asked).toHaveLength(2));
    await new Promise((done) => setTimeout(done, 50));
    expect(asked.every((one) => one.ask === "find_clients")).toBe(true);
  });

  it("shows nothing older than the last change (O-08)", async () => {
    await seeAll();
    phone.visits[0]!.client = { ...garrigues, last_name: "Vialar", door_code: "99B9" };
    phone.visits[0]!.visit.client_label = "Mme Vialar";
    phone.changed();
    let release = () => {};
    gate = new Promise((done) => (release = done));
    for (const href of ["#/", "#/planning"]) {
      go(href, true);
      await tick();
      expect(main().textContent, href).not.toContain("Garrigues");
      expect(main().textContent).not.toContain("45A7");
      expect(main().querySelector("[data-state=loading]")).not.toBeNull();
    }
    release();
    gate = null;
    await waitFor(() => expect(main().textContent).toContain("Vialar"));
    await goTo("#/");
    await waitFor(() => expect(main().textContent).toContain("99B9"));
  });

  it("forgets an answer that came after it was left and something had changed", async () => {
    render(App, { bridge: phone });
    let release = () => {};
    gate = new Promise((done) => (release = done));
    go("#/clients", true);
    await waitFor(() => expect(asked).toContainEqual({ ask: "find_clients", text: "" }));
    await goTo("#/me");
    const late = vi.spyOn(phone, "ask");
    release();
    gate = null;
    phone.changed();
    await new Promise((done) => setTimeout(done, 20));
    late.mockImplementation(() => new Promise(() => {}));
    await goTo("#/clients");
    expect(main().textContent).not.toContain("Garrigues");
    expect(main().querySelector("[data-state=loading]")).not.toBeNull();
  });

  it("comes back without the search, the answer or the question that it was left with", async () => {
    await seeAll();
    await goTo("#/clients");
    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "zzz" } });
    await screen.findByText("Aucun usager de ce nom");
    await goTo("#/communicate");
    await fireEvent.click(screen.getByRole("button", { name: "Rappelez-moi" }));
    await waitFor(() => expect(main().textContent).toContain("Demande enregistrée"));
    await goTo("#/me");
    await fireEvent.click(screen.getByRole("button", { name: /^Déconnecter/ }));
    expect(await screen.findByRole("dialog")).toBeTruthy();
    await goTo("#/clients");
    expect((await screen.findByRole<HTMLInputElement>("searchbox")).value).toBe("");
    await waitFor(() => expect(main().textContent).toContain("Garrigues"));
    await goTo("#/communicate");
    expect(main().textContent).not.toContain("Demande enregistrée");
    await goTo("#/me");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.querySelector("dialog[open]")).toBeNull();
  });

  it("takes no held alarm away with it: the silence of a finger that is gone gives none (B-06)", async () => {
    await seeAll();
    const button = screen.getByRole("button", { name: /DATI/ });
    await fireEvent.pointerDown(button, { button: 0, pointerId: 1 });
    await goTo("#/");
    await new Promise((done) => setTimeout(done, 1_200));
    expect(phone.acts.filter((act) => act.do === "alarm")).toEqual([]);
    // And the alarm of the screen shown is given.
    await fireEvent.click(screen.getByRole("button", { name: /DATI/ }));
    expect(phone.acts.at(-1)).toEqual({ do: "alarm", press: "pressed" });
  });

  it("that could not be drawn is tried again the next time", async () => {
    vi.stubGlobal("reportError", vi.fn());
    await seeAll();
    const whole = phone.visits;
    phone.visits = [{ visit: { id: "x" } } as unknown as (typeof whole)[number]];
    phone.changed();
    go("#/planning", true);
    await screen.findByText(/Une erreur de l'application/);
    expect(screen.getAllByRole("button", { name: /DATI/ })).toHaveLength(1);
    await goTo("#/me");
    expect(screen.queryByText(/Une erreur de l'application/)).toBeNull();
    phone.visits = whole;
    phone.changed();
    await goTo("#/planning");
    await waitFor(() => expect(main().textContent).toContain("Garrigues"));
    expect(screen.queryByText(/Une erreur de l'application/)).toBeNull();
  });
});

describe("a link to a screen", () => {
  const click = (to: string, more: MouseEventInit = {}, change: (link: HTMLAnchorElement) => void = () => {}) => {
    const link = Object.assign(document.createElement("a"), { textContent: to });
    link.setAttribute("href", to);
    change(link);
    document.body.append(link);
    const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...more });
    // Whoever follows it has refused it to the browser; what is left to the browser stays undone here.
    let followed = false;
    const seen = (late: Event) => {
      followed = late.defaultPrevented;
      late.preventDefault();
    };
    window.addEventListener("click", seen, { once: true });
    link.dispatchEvent(event);
    link.remove();
    return followed;
  };

  it("is followed at once, with an address that one can go back from; another tab stays the browser's", async () => {
    await seeAll();
    const before = history.length;
    expect(click("#/planning/2026-11-24")).toBe(true);
    expect(location.hash).toBe("#/planning/2026-11-24");
    expect(history.length).toBe(before + 1);
    await screen.findByRole("heading", { level: 2, name: /mardi 24 novembre/ });
    click("#/planning/2026-11-24");
    expect(history.length).toBe(before + 1);
    expect(click("#/me", { ctrlKey: true })).toBe(false);
    expect(click("#/me", { metaKey: true })).toBe(false);
    expect(click("#/me", { shiftKey: true })).toBe(false);
    expect(click("#/me", { button: 1 })).toBe(false);
    expect(click("#/me", {}, (link) => (link.target = "_blank"))).toBe(false);
    expect(click("tel:112")).toBe(false);
    expect(click("https://example.org/#/me")).toBe(false);
    expect(location.hash).toBe("#/planning/2026-11-24");
  });
});

describe("nothing is kept of those cared for", () => {
  const gone = async () => {
    await waitFor(() => expect(document.body.innerHTML).not.toMatch(/Garrigues|Ferrer|rue des Lices|45A7/));
    expect(document.querySelectorAll("[inert]")).toHaveLength(0);
    expect(document.querySelectorAll("main")).toHaveLength(1);
  };

  it.each([
    ["the app is locked (B-05)", () => (phone.phone.state = "locked")],
    ["the phone is signed out", () => (phone.phone.state = "not_enrolled")],
    ["the phone is wiped", () => (phone.phone.state = "wiped")],
    ["the data cannot be opened", () => (phone.phone.state = "storage_broken")],
    ["a PIN must be chosen first", () => (phone.phone.lock = { ...open(), required: true, must_set: true })],
  ])("once %s", async (_when, happens) => {
    await seeAll();
    expect(document.body.innerHTML).toContain("Garrigues");
    happens();
    phone.phone.lock.locked = phone.phone.state === "locked";
    phone.changed();
    await gone();
    if (phone.phone.state !== "locked") return;
    // The screen that needs no PIN is there, alone.
    go("#/communicate", true);
    await screen.findByRole("heading", { level: 1, name: /Communiquer/ });
    await gone();
    phone.phone.state = "ready";
    phone.phone.lock.locked = false;
    phone.changed();
    await goTo("#/");
    await waitFor(() => expect(main().textContent).toContain("Garrigues"));
  });
});
