import type { card as french } from "./card.fr.ts";

export const card: typeof french = {
  title: "My professional card",
  hint: "To introduce yourself, even without network",
  none: "The card has not come yet",
  noneText: "It comes with your schedule, at the next exchange with the office.",
  photo: (who: string) => `Photo of ${who}`,
  code: "Code that verifies this card",
  check: (until: string) =>
    `The person who receives you can read this code with a telephone. It changes at ${until}: a photo of this screen is worth nothing.`,
};
