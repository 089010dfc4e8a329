// Apart from the kit's door: a page without toasts does not carry them.
import { toast as sonner } from "svelte-sonner";
import { announce } from "./announce.svelte.ts";

export { default as Toaster } from "./components/Toaster.svelte";

/** Says in passing that something was done. An error needs a place of its own beside it. */
export const toast = {
  done(text: string, undo?: { label: string; act: () => void }): void {
    if (undo) {
      // Longer: it must be read, reached and pressed.
      sonner.success(text, { duration: 15_000, action: { label: undo.label, onClick: undo.act } });
    } else {
      sonner.success(text);
    }
    announce(text);
  },
  failed(text: string): void {
    sonner.error(text, { duration: 12_000 });
    announce(text, true);
  },
};
