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

  lock_title: "Lock of the app",
  lock_required: "PIN required on the phones",
  lock_required_hint: "Clocking and giving the alarm never need it. A forgotten PIN is replaced by a new activation, and nothing is lost.",
  lock_digits: "Digits of the PIN, at least",
  lock_digits_wrong: "Choose from 4 to 8 digits.",
  lock_after: "Minutes without a touch before it locks",
  lock_after_hint: "From 1 to 60. The app locks each time it starts, too.",
  lock_after_wrong: "Choose from 1 to 60 minutes.",
  lock_is_required: (digits: number) => `PIN required, ${digits} digits at least.`,
  lock_is_free: "PIN as each one likes.",
  verb_organisation_lock: "Lock of the phones",
};
