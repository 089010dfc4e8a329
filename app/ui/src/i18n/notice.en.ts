import type { notice as french } from "./notice.fr.ts";

export const notice: typeof french = {
  title: "My notices",
  hint: "Do they arrive?",
  lead: "A test leaves by each way. The app answers by itself; say what else you received.",
  send: "Send a test notice",
  waiting: "The test will leave with the network.",
  none: "No test",
  noneText: "The office can also send one while you are on the telephone.",
  mine: "Your test",
  office: (who: string) => `Test of ${who}`,
  ways: { app: "App", push: "Notification", sms: "Text message", mail: "Mail", desk: "Desk", call: "Call" },
  states: { queued: "Waiting", sent: "Sent", delivered: "Reached the telephone", failed: "Failed, to be tried again", given_up: "Not sent" },
  got: "I got it",
  gotOf: (way: string) => `${way}: I got it`,
  arrived: "Arrived",
  notYet: "Not arrived yet",
};
