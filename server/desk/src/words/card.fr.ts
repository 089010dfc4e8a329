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

  settings_retention: "Durées de conservation",
  retention_lead: "Passé ce délai, tout est effacé, ici et sur les téléphones. Chaque intervenant voit ces durées.",
  retention_class_messages: "Messages, en jours",
  retention_class_callbacks: "Demandes de rappel, en jours",
  retention_class_requests: "Absences et heures contestées, en jours",
  retention_class_notices: "Trace des envois (e-mails, SMS), en jours",
  retention_hint: (least: number, most: number) => `De ${least} à ${most} jours.`,
  retention_wrong: (least: number, most: number) => `Choisissez un nombre entier de jours, de ${least} à ${most}.`,
  retention_days: (days: number) => `${days} jours`,
  retention_held: (n: number) => (n > 1 ? `${n} lignes gardées` : `${n} ligne gardée`),
  retention_oldest: (day: string) => `la plus ancienne du ${day}`,
  retention_ran: (when: string, n: number) => `dernier passage ${when} : ${n} effacée${n > 1 ? "s" : ""}`,
};
