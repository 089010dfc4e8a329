/** What an alarm sounds like, on a phone and at the desk; nothing of it for a silent one. */
export type Sound = "countdown" | "given" | "question" | "desk" | "quiet";

/** A beep and the pause after it: hertz, milliseconds, loudness. */
export interface Beep {
  tone: number;
  soundMs: number;
  pauseMs: number;
  loud: number;
}

/** The next beep, so far in the countdown (0 to 1): higher, faster and louder to its end. Null is silence. */
export function beep(sound: Sound, part = 0): Beep | null {
  const far = Math.min(1, Math.max(0, part));
  switch (sound) {
    case "countdown":
      return { tone: 440 + 660 * far, soundMs: 120, pauseMs: 880 - 700 * far, loud: 0.15 + 0.45 * far };
    case "given":
      return { tone: 960, soundMs: 500, pauseMs: 500, loud: 0.6 };
    case "question":
      return { tone: 523, soundMs: 200, pauseMs: 1800, loud: 0.3 };
    case "desk":
      return { tone: 880, soundMs: 350, pauseMs: 450, loud: 0.4 };
    case "quiet":
      return null;
  }
}

let audio: AudioContext | undefined;
let sound: Sound = "quiet";
let part: () => number = () => 0;
let next: ReturnType<typeof setTimeout> | undefined;

/** From now on this; the same again changes nothing but how far it is. */
export function siren(now: Sound, howFar: () => number = () => 0): void {
  part = howFar;
  if (now === sound) return;
  sound = now;
  clearTimeout(next);
  if (sound === "quiet") {
    if (typeof navigator.vibrate === "function" && navigator.userActivation?.hasBeenActive) navigator.vibrate(0);
    return;
  }
  once();
}

function once(): void {
  const now = beep(sound, part());
  if (!now) return;
  play(now);
  next = setTimeout(once, now.soundMs + now.pauseMs);
}

function play({ tone, soundMs, loud }: Beep): void {
  // Before the first touch a browser refuses, and says so in its log.
  const touched = navigator.userActivation?.hasBeenActive ?? true;
  if (touched && typeof navigator.vibrate === "function") navigator.vibrate(soundMs);
  if (typeof AudioContext === "undefined") return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    const [from, to] = [audio.currentTime, audio.currentTime + soundMs / 1000];
    oscillator.type = "square";
    oscillator.frequency.value = tone;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(loud, from + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.0001, to);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(from);
    oscillator.stop(to + 0.02);
  } catch {
    // the screen says it, and the hand feels it
  }
}
