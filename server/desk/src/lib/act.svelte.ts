import { toast } from "@releve/kit/toast";
import { asProblem, type Problem } from "../api/client";
import { problemText } from "../words";
import { live } from "./live.svelte";

/** One change asked of the server: busy while it runs, and its problem kept to be shown in place. */
export class Act {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** Runs it once at a time; true when it was done. Lists refresh without waiting for the poke. */
  async run(change: () => Promise<unknown>, done?: string): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await change();
      if (done) toast.done(done);
      live.refresh();
      return true;
    } catch (error) {
      this.problem = asProblem(error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** The same for a button of a list, which has no place for a banner. */
  async quick(change: () => Promise<unknown>, done?: string): Promise<boolean> {
    const ok = await this.run(change, done);
    if (!ok && this.problem) {
      toast.failed(problemText(this.problem));
      if (this.problem.code === "stale") live.refresh();
    }
    return ok;
  }

  /** The sentence of a field that the server refused. */
  of(field: string): string | undefined {
    return this.problem?.field === field ? problemText(this.problem) : undefined;
  }
}
