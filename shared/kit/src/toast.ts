// Apart from the kit's door: a page without toasts does not carry them.
import { toast as sonner } from "svelte-sonner";
import { announce } from "./announce.svelte.ts";

export { default as Toaster } from "./components/Toaster.svelte";

/** Says in passing that something was done. An error needs a place of its own beside it. */
export const toast = {
  done(text: string): void {
    sonner.success(text);
    announce(text);
  },
  failed(text: string): void {
    sonner.error(text, { duration: 12_000 });
    announce(text, true);
  },
};
