// The server's time, so that a wrong clock of this computer shows no wrong "5 min ago".
import type { Ms } from "../api/types";

let ahead = 0;
let now = $state<Ms>(Date.now());

setInterval(() => (now = Date.now() + ahead), 10_000);

export const clock = {
  get now(): Ms {
    return now;
  },
  /** Takes the server's time over. */
  set(server: Ms): void {
    ahead = server - Date.now();
    now = server;
  },
  /** The time at this instant, without making a screen follow it. */
  exact(): Ms {
    return Date.now() + ahead;
  },
};
