import { setLanguage } from "@releve/kit";
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
const show = () => render(App, { bridge: phone });

beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/card", true);
});
afterEach(cleanup);

describe("the professional card (O-30)", () => {
  it("shows who one is, and a code that changes", async () => {
    phone.card = {
      first_name: "Amina", last_name: "Belkacem", role: "Auxiliaire de vie", organisation: "Aide 81", photo: "AAAA", logo: null,
      link: "https://r.example/c/AAA", path: "M0 0h7v1h-7z", side: 25, until: NOW + 1_000,
    };
    show();
    expect(await screen.findByRole("heading", { level: 2, name: "Amina Belkacem" })).toBeTruthy();
    expect(screen.getByRole("img", { name: "Photo de Amina Belkacem" }).getAttribute("src")).toBe("data:image/jpeg;base64,AAAA");
    const path = () => screen.getByRole("img", { name: /vérifier cette carte/ }).querySelector("path")?.getAttribute("d");
    expect(path()).toBe("M0 0h7v1h-7z");
    phone.card = { ...phone.card, path: "M1 1h7v1h-7z", until: NOW + 61_000 };
    await waitFor(() => expect(path()).toBe("M1 1h7v1h-7z"), { timeout: 4_000 });
  });

  it("says so when it has not come yet", async () => {
    show();
    expect(await screen.findByText("La carte n'est pas encore arrivée")).toBeTruthy();
  });
});
