import type { Clock } from '../../src/registry/clock.ts';

/** A clock whose time passes only by `advance`, which runs the callbacks that are due. */
export function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  return {
    now: () => nowMs,
    schedule(callback, delayMs) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      nowMs += ms;
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowMs)) {
        timers.delete(timer);
        timer.callback();
      }
      await Promise.resolve();
    },
  };
}
