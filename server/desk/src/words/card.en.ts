import type { card as french } from "./card.fr";

export const card: typeof french = {
  picture_choose: "Choose a picture",
  picture_remove: "Remove",
  picture_removed: "Picture removed.",
  photo_label: "Photo of the professional card",
  photo_hint: "JPEG or PNG. It is cut square, and nothing else of the file is kept.",
  logo_label: "Logo of the office",
  logo_hint: "Shown on the professional card of the phones.",
  settings_card: "Professional card",
};
