/** Photos and logo of the professional card. */
export const card = {
  picture_choose: "Choisir une image",
  picture_remove: "Retirer",
  picture_removed: "Image retirée.",
  photo_label: "Photo de la carte professionnelle",
  photo_hint: "JPEG ou PNG. Elle est recadrée en carré et rien d'autre du fichier n'est gardé.",
  logo_label: "Logo de l'agence",
  logo_hint: "Affiché sur la carte professionnelle des téléphones.",
  settings_card: "Carte professionnelle",

  lock_title: "Verrouillage de l'application",
  lock_required: "Code PIN obligatoire sur les téléphones",
  lock_required_hint: "Badger et donner l'alerte n'en ont jamais besoin. Un code oublié se remplace par une nouvelle activation, sans rien perdre.",
  lock_digits: "Chiffres du code PIN, au moins",
  lock_digits_wrong: "Choisissez de 4 à 8 chiffres.",
  lock_after: "Minutes sans toucher le téléphone avant le verrouillage",
  lock_after_hint: "De 1 à 60. L'application se verrouille aussi à chaque démarrage.",
  lock_after_wrong: "Choisissez de 1 à 60 minutes.",
  lock_is_required: (digits: number) => `Code PIN obligatoire, ${digits} chiffres au moins.`,
  lock_is_free: "Code PIN libre : chacun choisit d'en mettre un.",
  verb_organisation_lock: "Verrouillage des téléphones",
};
