import { formats, language, type Formats } from "@releve/kit";
import { asProblem, desk, onSessionOver, type Problem } from "../api/client";
import type { Me } from "../api/types";
import { clock } from "./clock.svelte";
import { live } from "./live.svelte";
import { w } from "../words";

type State =
  | { kind: "starting" }
  | { kind: "failed"; problem: Problem }
  | { kind: "out" }
  /** `over`: signed in before, to sign in again over the page. */
  | { kind: "in"; me: Me; over: boolean };

let state = $state.raw<State>({ kind: "starting" });

function enter(me: Me): void {
  clock.set(me.server_time);
  state = { kind: "in", me, over: false };
  live.start();
  live.refresh();
}

onSessionOver(() => {
  live.stop();
  if (state.kind === "in") state = { ...state, over: true };
  else state = { kind: "out" };
});

export const session = {
  get state(): State {
    return state;
  },
  async start(): Promise<void> {
    state = { kind: "starting" };
    try {
      enter(await desk.me());
    } catch (error) {
      const problem = asProblem(error);
      state = problem.code === "sign_in_needed" ? { kind: "out" } : { kind: "failed", problem };
    }
  },
  async signIn(login: string, password: string): Promise<void> {
    const before = state.kind === "in" ? state.me.account_id : null;
    const me = await desk.signIn(login, password);
    // Another account must not see what the page of the one before still holds.
    if (before !== null && before !== me.account_id) location.reload();
    enter(me);
  },
  /** What an administrator has changed of the agency shows at once. */
  now(organisation: Me["organisation"]): void {
    if (state.kind === "in") state = { ...state, me: { ...state.me, organisation } };
  },
  async signOut(): Promise<void> {
    live.stop();
    await desk.signOut();
    state = { kind: "out" };
    location.hash = "";
  },
};

/** Who is signed in; screens are shown to somebody only. */
export function me(): Me {
  if (state.kind !== "in") throw new Error("nobody is signed in");
  return state.me;
}

/** `à l'instant`, `il y a 5 min`: how long ago a moment of the past is. */
export function ago(at: number): string {
  return clock.now - at < 60_000 ? w().ago_now : f().relative(at, clock.now);
}

/** Formats in the language shown and the organisation's zone. */
export function f(): Formats {
  return formats(language(), state.kind === "in" ? state.me.organisation.zone : "Europe/Paris");
}
