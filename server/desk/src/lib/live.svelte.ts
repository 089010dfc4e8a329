// Live refresh: the server pokes when something of this organisation changed; polling when it cannot.

const POLL_MS = 15_000;
/** A visit becomes late by itself, a phone confirms what it shows: nobody pokes for that. */
const TICK_MS = 30_000;
const SETTLE_MS = 250;

let version = $state(0);
let heard = $state(0);
let connected = $state(false);
let tried = $state(false);
let source: EventSource | null = null;
let settle: ReturnType<typeof setTimeout> | undefined;
let poll: ReturnType<typeof setInterval> | undefined;
let tick: ReturnType<typeof setInterval> | undefined;

function changed(): void {
  clearTimeout(settle);
  settle = setTimeout(() => (version += 1), SETTLE_MS);
}

function open(): void {
  source?.close();
  source = new EventSource("/api/desk/changes");
  source.onopen = () => {
    // What changed while nobody listened is fetched once.
    if (!connected) changed();
    connected = true;
  };
  source.onerror = () => {
    connected = false;
    tried = true;
  };
  source.onmessage = () => {
    heard += 1;
    changed();
  };
}

export const live = {
  /** Grows at each change: an effect that reads it runs again. */
  get version(): number {
    return version;
  },
  /** How many pokes of the server were heard: the stream works. */
  get heard(): number {
    return heard;
  },
  get connected(): boolean {
    return connected;
  },
  /** Whether a connection was tried and failed: before that, nobody needs to know. */
  get tried(): boolean {
    return tried;
  },
  start(): void {
    this.stop();
    tried = false;
    open();
    tick = setInterval(changed, TICK_MS);
    poll = setInterval(() => {
      if (connected) return;
      changed();
      if (source?.readyState === EventSource.CLOSED) open();
    }, POLL_MS);
  },
  stop(): void {
    source?.close();
    source = null;
    connected = false;
    clearInterval(poll);
    clearInterval(tick);
    clearTimeout(settle);
  },
  /** After one's own change: do not wait for the poke. */
  refresh(): void {
    version += 1;
  },
};
