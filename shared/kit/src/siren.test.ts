import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { beep, siren } from "./siren.ts";

describe("an alarm's sound", () => {
  const buzzed: (number | number[])[] = [];
  beforeEach(() => {
    buzzed.length = 0;
    vi.useFakeTimers();
    vi.stubGlobal("navigator", { vibrate: (ms: number) => buzzed.push(ms), userActivation: { hasBeenActive: true } });
  });
  afterEach(() => {
    siren("quiet");
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("rises to the end of the countdown: higher, faster, louder (O-32)", () => {
    const [first, middle, last] = [beep("countdown", 0)!, beep("countdown", 0.5)!, beep("countdown", 1)!];
    expect(first.tone < middle.tone && middle.tone < last.tone).toBe(true);
    expect(first.pauseMs > middle.pauseMs && middle.pauseMs > last.pauseMs).toBe(true);
    expect(first.loud < last.loud).toBe(true);
    expect(beep("countdown", 7)).toEqual(last);
    expect(beep("quiet")).toBeNull();
  });

  it("goes on by itself, and stops when it is told to", () => {
    siren("given");
    vi.advanceTimersByTime(3_100);
    expect(buzzed).toEqual([500, 500, 500, 500]);
    siren("given");
    expect(buzzed).toHaveLength(4);
    siren("quiet");
    vi.advanceTimersByTime(10_000);
    expect(buzzed).toEqual([500, 500, 500, 500, 0]);
  });
});
