import { untrack } from "svelte";
import { asProblem, type Problem } from "../api/client";
import { live } from "./live.svelte";

/**
 * What a screen shows: loading, a problem, or data. `ask` runs again when anything reactive that it
 * reads before its first await changes (then the old data goes), and quietly at each live change. An
 * id that it reads of a row or a prop goes through `$derived` first: rows are others at each change.
 */
export class Load<T> {
  data = $state.raw<T | undefined>(undefined);
  problem = $state.raw<Problem | null>(null);
  busy = $state(true);
  #turn = 0;
  #ask: () => Promise<T>;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
    let seen = untrack(() => live.version);
    $effect(() => {
      const answer = this.#ask();
      untrack(() => {
        this.data = undefined;
        void this.#take(answer);
      });
    });
    $effect(() => {
      const version = live.version;
      if (version === seen) return;
      seen = version;
      untrack(() => void this.#take(this.#ask()));
    });
  }

  /** Asks again, for the button of an error. */
  again(): void {
    this.problem = null;
    void this.#take(this.#ask());
  }

  async #take(answer: Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const data = await answer;
      if (turn !== this.#turn) return;
      this.data = data;
      this.problem = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.problem = asProblem(error);
    }
    this.busy = false;
  }
}
