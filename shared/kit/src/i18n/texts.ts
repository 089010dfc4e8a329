import { texts } from "./language.svelte.ts";

export const fr = {
  loading: "Chargement…",
  failed: "Impossible d'afficher ceci",
  notDrawn: "Une erreur de l'application. Le reste de l'écran marche ; réessayez, ou prévenez l'agence.",
  retry: "Réessayer",
  close: "Fermer",
  cancel: "Annuler",
  optional: "(facultatif)",
  nothingFound: "Rien ne correspond à cette recherche.",
  more: "Afficher la suite",
  skip: "Aller au contenu",
  notices: "Notifications",
  holdFor: (seconds: number) => `Maintenir ${String(seconds).replace(".", ",")} s`,
  rows: { zero: "Aucune ligne", one: "# ligne", other: "# lignes" },
};

export const en: typeof fr = {
  loading: "Loading…",
  failed: "This cannot be shown",
  notDrawn: "An error of the app. The rest of the screen works; try again, or tell the agency.",
  retry: "Try again",
  close: "Close",
  cancel: "Cancel",
  optional: "(optional)",
  nothingFound: "Nothing matches this search.",
  more: "Show more",
  skip: "Skip to content",
  notices: "Notices",
  holdFor: (seconds: number) => `Hold for ${seconds} s`,
  rows: { zero: "No row", one: "# row", other: "# rows" },
};

/** The kit's own texts, in the language shown. */
export const kitTexts = texts(fr, en);
