import { readHash, writeHash, type Place, type Screen } from "./hash";

let place = $state.raw<Place>(readHash(location.hash));
addEventListener("hashchange", () => (place = readHash(location.hash)));

export const route = {
  get place(): Place {
    return place;
  },
  /** Opens a screen; the browser's back button comes back. */
  open(screen: Screen, id = "", query: Record<string, string | undefined> = {}): void {
    location.hash = writeHash(screen, id, query);
  },
  /** Changes filters of this screen without a step in the history. */
  filter(change: Record<string, string | undefined>): void {
    const { screen, id, query } = place;
    if (screen === "unknown") return;
    const hash = writeHash(screen, id, { ...query, ...change });
    history.replaceState(history.state, "", hash);
    place = readHash(hash);
  },
};
