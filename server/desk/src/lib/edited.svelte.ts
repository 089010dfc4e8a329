import { untrack } from "svelte";

/**
 * What somebody changes of what was loaded. It follows what comes in until it is touched, and is left
 * alone from then on; when `told` has nothing (another question is asked), it begins anew.
 */
export class Edited<T> {
  value: T = $state() as T;
  #known = $state("");

  constructor(empty: T, told: () => T | undefined) {
    this.#take(empty);
    $effect(() => {
      const now = told();
      untrack(() => {
        if (now === undefined) this.#take(empty);
        else if (!this.touched) this.#take(now);
        else this.#known = JSON.stringify(now);
      });
    });
  }

  /** Whether it differs from what was loaded last. */
  get touched(): boolean {
    return JSON.stringify(this.value) !== this.#known;
  }

  /** It was saved as it stands: what is told next, as the server has written it, is taken. */
  saved(): void {
    this.#known = JSON.stringify(this.value);
  }

  #take(now: T): void {
    this.#known = JSON.stringify(now);
    this.value = JSON.parse(this.#known) as T;
  }
}
