/** The professional card. */
export const card = {
  title: "Ma carte professionnelle",
  hint: "Pour vous présenter, même sans réseau",
  none: "La carte n'est pas encore arrivée",
  noneText: "Elle arrive avec votre planning, au prochain échange avec l'agence.",
  photo: (who: string) => `Photo de ${who}`,
  code: "Code à lire pour vérifier cette carte",
  check: (until: string) =>
    `La personne qui vous reçoit peut lire ce code avec son téléphone. Il change à ${until}\u00a0: une photo de cet écran ne vaut rien.`,
};
