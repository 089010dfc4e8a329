/** What a gesture came to, for the ear and for the hand. */
export type Outcome = "in" | "out" | "refused" | "undone" | "changed" | "reminder";

/** Notes in hertz, one after the other: rising for in, falling for out, low and rough for refused. */
export const NOTES: Record<Outcome, { tones: number[]; shape: OscillatorType }> = {
  in: { tones: [523, 659, 784], shape: "sine" },
  out: { tones: [784, 523], shape: "sine" },
  refused: { tones: [196, 196], shape: "square" },
  undone: { tones: [440], shape: "triangle" },
  changed: { tones: [659, 784, 659, 784], shape: "triangle" },
  reminder: { tones: [587, 587], shape: "sine" },
};

/** Milliseconds of vibration and pause. */
export const BUZZ: Record<Outcome, number[]> = {
  in: [120],
  out: [120, 90, 120],
  refused: [400, 120, 400],
  undone: [60],
  changed: [200, 100, 200],
  reminder: [150, 100, 150],
};

let audio: AudioContext | undefined;

/** Sounds and vibrates; silent where the device can do neither. */
export function signal(outcome: Outcome): void {
  // Before the first touch a browser refuses, and says so in its log.
  const touched = navigator.userActivation?.hasBeenActive ?? true;
  if (touched && typeof navigator.vibrate === "function") navigator.vibrate(BUZZ[outcome]);
  if (typeof AudioContext === "undefined") return;
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") void audio.resume();
    const { tones, shape } = NOTES[outcome];
    tones.forEach((tone, index) => {
      if (audio) play(audio, tone, shape, audio.currentTime + index * 0.16);
    });
  } catch {
    // the screen has said it already
  }
}

function play(audio: AudioContext, tone: number, shape: OscillatorType, at: number): void {
  const oscillator = audio.createOscillator();
  const loudness = audio.createGain();
  oscillator.type = shape;
  oscillator.frequency.value = tone;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(shape === "square" ? 0.12 : 0.3, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
  oscillator.connect(loudness).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.15);
}
