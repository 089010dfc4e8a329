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
};
