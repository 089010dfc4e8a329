import { texts } from "./language.svelte.ts";

/** One sentence per refusal of the kernel: what is wrong, and what to do. */
export const fr = {
  unreadable: "Rien n'a pu être lu. Approchez-vous, éclairez le badge et recommencez.",
  not_a_home_tag: "Ce code n'est pas un badge d'usager.",
  tag_forged: "Ce badge n'est pas authentique ou il est abîmé. Prévenez l'agence.",
  tag_foreign: "Ce badge appartient à une autre agence.",
  tag_revoked: "Ce badge a été retiré par l'agence. Il ne sert plus.",
  tag_unknown: "Ce badge n'est pas connu de ce téléphone. Il est peut-être tout récent.",
  wrong_client: "Ce badge est celui d'un autre usager.",
  tag_replayed: "Cette lecture du badge a déjà servi. Approchez le badge à nouveau.",
  no_camera: "L'appareil photo ne peut pas être utilisé. Autorisez-le dans les réglages, ou choisissez une image.",
  no_nfc: "Ce téléphone ne lit pas les badges sans contact. Utilisez le code QR ou pointez à la main.",

  already_started: "L'arrivée est déjà enregistrée.",
  already_ended: "Cette intervention est déjà terminée.",
  not_started: "L'arrivée n'a pas été pointée. Indiquez d'abord l'heure d'arrivée oubliée.",
  other_visit_in_progress: "Une autre intervention est en cours. Terminez-la d'abord.",
  no_visit_planned: "Aucune intervention n'est prévue ici maintenant.",
  visit_cancelled: "Cette intervention a été annulée par l'agence.",
  reason_missing: "Indiquez pourquoi vous pointez à la main.",
  too_late_to_undo: "Les 30 secondes pour annuler sont passées. Signalez l'erreur à l'agence.",
  time_impossible: "Cette heure est impossible\u00a0: elle est dans le futur, ou la fin est avant le début.",

  not_found: "Cela n'existe pas, ou plus.",
  not_allowed: "Vous n'avez pas le droit de faire cela.",
  sign_in_needed: "Il faut vous identifier à nouveau. Rien n'est perdu.",
  wrong_credentials: "L'adresse ou le mot de passe n'est pas le bon.",
  too_many_tries: "Trop d'essais. Attendez un peu avant de recommencer.",
  weak_password: "Ce mot de passe est trop court, trop simple ou trop connu.",
  enrolment_over: "Ce code d'activation est faux, déjà utilisé ou périmé. Demandez-en un nouveau à l'agence.",
  device_blocked: "Ce téléphone a été bloqué par l'agence.",
  wrong_device: "Cette identification est celle d'un autre téléphone.",
  token_reused: "Une ancienne identification a été présentée\u00a0: par sûreté, il faut activer ce téléphone à nouveau.",
  lease_over: "La durée de lecture hors ligne est passée. Connectez-vous au réseau pour relire les fiches.",
  not_enrolled: "Ce téléphone n'est pas activé.",
  already_enrolled: "Ce téléphone est déjà activé. Déconnectez-le d'abord.",
  not_transmitted: "L'agence n'a pas coché «\u00a0Transmettre\u00a0» pour cette personne.",

  invalid: "Une information manque ou n'est pas valable.",
  too_long: "Ce texte est trop long.",
  stale: "Quelqu'un d'autre vient de modifier ceci. Relisez avant de recommencer.",
  exists: "Cela existe déjà.",
  in_use: "Cela sert encore ailleurs.",
  overlap: "L'intervenant a une autre intervention à cette heure.",
  not_a_picture: "Ce fichier n'est pas une image, ou il est trop gros.",

  alarm_taken: "Quelqu'un d'autre s'occupe déjà de cette alarme.",
  own_alarm: "On ne prend pas en charge sa propre alarme.",
  alarm_over: "Cette alarme est close.",
  already_watched: "Votre travail est déjà sous veille.",

  command_changed: "Un même envoi est arrivé avec un autre contenu. L'agence doit regarder.",
  command_unknown: "Le serveur ne connaît pas encore cette action.",
  proof_broken: "La chaîne de preuve de ce téléphone ne se vérifie pas. L'agence doit regarder.",
  update_needed: "Cette version de l'application est trop ancienne. Le pointage continue de marcher.",

  offline: "Pas de réseau. Rien n'est perdu.",
  not_the_server: "Le réseau répond à la place de l'agence\u00a0: ouvrez la page de connexion du Wi-Fi, ou changez de réseau.",
  storage_full: "La mémoire du téléphone est pleine. Libérez de la place.",
  storage_broken: "Les données de l'application ne peuvent pas être ouvertes.",
  try_again: "Cela n'a pas marché. Vous pouvez recommencer sans risque.",
};

export const en: typeof fr = {
  unreadable: "Nothing could be read. Come closer, light the badge and try again.",
  not_a_home_tag: "This code is not a client's badge.",
  tag_forged: "This badge is not genuine, or it is damaged. Tell the office.",
  tag_foreign: "This badge belongs to another agency.",
  tag_revoked: "This badge was withdrawn by the office. It is no longer in use.",
  tag_unknown: "This phone does not know this badge. It may be very recent.",
  wrong_client: "This badge is another client's.",
  tag_replayed: "This reading of the badge was used already. Hold the badge near again.",
  no_camera: "The camera cannot be used. Allow it in the settings, or choose a picture.",
  no_nfc: "This phone reads no contactless badge. Use the QR code or clock by hand.",

  already_started: "The arrival is recorded already.",
  already_ended: "This visit is over already.",
  not_started: "The arrival was not clocked. First give the forgotten arrival time.",
  other_visit_in_progress: "Another visit is in progress. End it first.",
  no_visit_planned: "No visit is planned here now.",
  visit_cancelled: "This visit was cancelled by the office.",
  reason_missing: "Say why you are clocking by hand.",
  too_late_to_undo: "The 30 seconds to undo are over. Report the mistake to the office.",
  time_impossible: "This time is impossible: it is in the future, or the end is before the start.",

  not_found: "This does not exist, or no longer.",
  not_allowed: "You are not allowed to do this.",
  sign_in_needed: "You have to sign in again. Nothing is lost.",
  wrong_credentials: "The address or the password is wrong.",
  too_many_tries: "Too many tries. Wait a little before trying again.",
  weak_password: "This password is too short, too simple or too well known.",
  enrolment_over: "This activation code is wrong, used or expired. Ask the office for a new one.",
  device_blocked: "This phone was blocked by the office.",
  wrong_device: "This identification belongs to another phone.",
  token_reused: "An old identification came back: for safety, this phone must be activated again.",
  lease_over: "The time for reading offline is over. Go online to read the sheets again.",
  not_enrolled: "This phone is not activated.",
  already_enrolled: "This phone is activated already. Sign out first.",
  not_transmitted: "The office has not ticked “Transmit” for this person.",

  invalid: "Something is missing or not valid.",
  too_long: "This text is too long.",
  stale: "Somebody else has just changed this. Read it again before you retry.",
  exists: "This exists already.",
  in_use: "This is still in use elsewhere.",
  overlap: "The caregiver has another visit at that time.",
  not_a_picture: "This file is not a picture, or it is too large.",

  alarm_taken: "Somebody else is already dealing with this alarm.",
  own_alarm: "Nobody takes charge of their own alarm.",
  alarm_over: "This alarm is closed.",
  already_watched: "Your work is under watch already.",

  command_changed: "The same sending came with another content. The office has to look.",
  command_unknown: "The server does not know this action yet.",
  proof_broken: "The chain of proof of this phone does not verify. The office has to look.",
  update_needed: "This version of the app is too old. Clocking still works.",

  offline: "No network. Nothing is lost.",
  not_the_server: "The network answers in place of the office: open the Wi-Fi's sign-in page, or change network.",
  storage_full: "The phone's memory is full. Free some space.",
  storage_broken: "The app's data cannot be opened.",
  try_again: "That did not work. You can safely try again.",
};

const sentences = texts<Record<string, string>>(fr, en);
const unknown = texts(
  (code: string) => `Refusé pour une raison que cette version ne connaît pas (${code}).`,
  (code: string) => `Refused for a reason that this version does not know (${code}).`,
);

/** The sentence of a refusal, in the language shown; a newer code is shown as it is. */
export function refusalText(code: string): string {
  return Object.hasOwn(sentences(), code) ? (sentences()[code] ?? "") : unknown()(code);
}
