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

  settings_retention: "How long things are kept",
  retention_lead: "After that everything is erased, here and on the phones. Each caregiver sees these periods.",
  retention_class_messages: "Messages, in days",
  retention_class_callbacks: "Requests to be called back, in days",
  retention_class_requests: "Absences and contested hours, in days",
  retention_class_notices: "Trace of what was sent (mail, SMS), in days",
  retention_hint: (least: number, most: number) => `From ${least} to ${most} days.`,
  retention_wrong: (least: number, most: number) => `Choose a whole number of days, from ${least} to ${most}.`,
  retention_days: (days: number) => `${days} days`,
  retention_held: (n: number) => (n === 1 ? "1 row kept" : `${n} rows kept`),
  retention_oldest: (day: string) => `the oldest of ${day}`,
  retention_ran: (when: string, n: number) => `last run ${when}: ${n} erased`,
};
