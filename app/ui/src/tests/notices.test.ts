import { setLanguage } from "@releve/kit";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import App from "../App.svelte";
import { go } from "../state/route.svelte.ts";
import { FakePhone, NOW } from "./fake.ts";

let phone: FakePhone;
beforeEach(() => {
  phone = new FakePhone();
  setLanguage("fr");
  go("#/notices", true);
});
afterEach(cleanup);

it("W-36: a test is asked for, and each way shows whether it left and arrived", async () => {
  render(App, { bridge: phone });
  expect(await screen.findByText("Aucun essai")).toBeTruthy();
  await fireEvent.click(screen.getByRole("button", { name: "Envoyer une notification de test" }));
  await waitFor(() => expect(phone.acts).toEqual([{ do: "try_notices" }]));
  cleanup();

  const line = (n: number, channel: string, state: string, received: boolean) => ({
    n, channel, name: "", state, error: null,
    received_at: received ? NOW : null, received_by: received ? "device" : null,
  });
  phone.acts = [];
  phone.noticeTests = [
    { id: "n1", asked_by: "Claire Delmas", asked_at: NOW, lines: [line(0, "app", "sent", true), line(1, "sms", "given_up", false)] },
  ];
  render(App, { bridge: phone });
  expect(await screen.findByText(/Essai de Claire Delmas/)).toBeTruthy();
  const [app, sms] = screen.getAllByRole("listitem").filter((item) => item.dataset.way);
  expect(within(app!).getByText("Arrivé")).toBeTruthy();
  expect(within(sms!).getByText("Pas parti")).toBeTruthy();
  expect(within(sms!).getByText("Pas encore arrivé")).toBeTruthy();
  await fireEvent.click(within(sms!).getByRole("button", { name: /SMS.*je l'ai reçu/ }));
  await waitFor(() => expect(phone.acts).toEqual([{ do: "confirm_test", test: "n1", n: 1 }]));
});
