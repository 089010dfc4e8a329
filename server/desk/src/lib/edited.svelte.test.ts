import { flushSync } from "svelte";
import { expect, test } from "vitest";
import { Edited } from "./edited.svelte";

/** One that is told what `tell` is called with. */
function edited() {
  let told = $state.raw<string[] | undefined>(["Repas"]);
  let made!: Edited<string[]>;
  const stop = $effect.root(() => {
    made = new Edited<string[]>([], () => told);
  });
  flushSync();
  const tell = (next: string[] | undefined) => {
    told = next;
    flushSync();
  };
  return { made, tell, stop };
}

test("O-38: what is typed stays when something else comes in, until it is saved", () => {
  const { made, tell, stop } = edited();
  expect([made.value, made.touched]).toEqual([["Repas"], false]);
  tell(["Repas", "Vaisselle"]);
  expect([made.value, made.touched]).toEqual([["Repas", "Vaisselle"], false]);
  made.value.push("Courses");
  tell(["Lever"]);
  expect([made.value, made.touched]).toEqual([["Repas", "Vaisselle", "Courses"], true]);
  made.saved();
  tell(["Repas", "Vaisselle", "Courses au marché"]);
  expect([made.value, made.touched], "as the server has written it").toEqual([["Repas", "Vaisselle", "Courses au marché"], false]);
  stop();
});

test("what was typed for one visit is not carried into another", () => {
  const { made, tell, stop } = edited();
  made.value.push("Courses");
  tell(undefined);
  tell(["Lever"]);
  expect([made.value, made.touched]).toEqual([["Lever"], false]);
  stop();
});
