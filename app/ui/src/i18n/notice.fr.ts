/** Whether notices arrive on this phone. */
export const notice = {
  title: "Mes notifications",
  hint: "Est-ce que ça arrive\u00a0?",
  lead: "Un essai part par chaque moyen. L'application répond seule\u00a0; dites ce que vous avez reçu d'autre.",
  send: "Envoyer une notification de test",
  waiting: "L'essai partira avec le réseau.",
  none: "Aucun essai",
  noneText: "L'agence peut aussi en envoyer un pendant que vous êtes au téléphone.",
  mine: "Votre essai",
  office: (who: string) => `Essai de ${who}`,
  ways: { app: "Application", push: "Notification", sms: "SMS", mail: "E-mail", desk: "Bureau", call: "Appel" },
  states: { queued: "En attente", sent: "Parti", delivered: "Remis au téléphone", failed: "Échec, nouvel essai", given_up: "Pas parti" },
  got: "Je l'ai reçu",
  gotOf: (way: string) => `${way}\u00a0: je l'ai reçu`,
  arrived: "Arrivé",
  notYet: "Pas encore arrivé",
};
