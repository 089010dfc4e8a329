import type { contact as french } from "./contact.fr.ts";

export const contact: typeof french = {
  title: "Contact",
  emergency: "Emergencies",
  noEmergency: "The office has chosen no emergency number.",
  call: "Call",
  write: "Text",
  callMe: "Call me back",
  callMeHint: "One tap is enough, even without network: the office will see that you ask.",
  asked: "Request saved",
  states: {
    requested: "Asked for",
    taken: (who: string) => `${who} will call you back`,
    called_back: (who: string) => `${who} called you back`,
  },
  askedAt: (at: string) => `asked ${at}`,
  already: "You have asked already: once is enough.",
  messages: "Messages",
  directory: "Directory",
  directoryHint: "Numbers of the service and of your colleagues",
  callOffice: "Call the office",
  search: "Search for a name or a job",
  none: "The directory is empty",
  noneText: "The numbers that the office puts there come here, and stay without network.",
  notFound: "Nobody of that name",
  colleague: "Colleague at the same clients",
  noNumber: "No number",
};
