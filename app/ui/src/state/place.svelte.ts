import { getContext, hasContext, setContext } from "svelte";

/** Where a part of a screen stands: screens of the navigation are kept, out of sight, once they were seen. */
interface Place {
  /** Whether its screen is the one shown. */
  shown: () => boolean;
  /** It could not be drawn: the next time its screen is shown, it is tried again. */
  broken: () => void;
}

const PLACE = Symbol("place");

/** Tells the parts of a kept screen where they stand. For a component's script. */
export function setPlace(place: Place): void {
  setContext(PLACE, place);
}

/** Where this part stands; a screen that is not kept is always shown. For a component's script. */
export function place(): Place {
  return hasContext(PLACE) ? getContext<Place>(PLACE) : { shown: () => true, broken: () => {} };
}

/** Does this when its screen is left and kept: what would be gone with it must not be found again. For a
 * component's script. */
export function onLeave(left: () => void): void {
  const { shown } = place();
  let here = false;
  $effect(() => {
    if (here && !shown()) left();
    here = shown();
  });
}
