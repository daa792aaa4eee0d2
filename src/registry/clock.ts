import { orAborted } from './abort.ts';

/** Time as the client sees it; tests pass one that they move by hand. */
export interface Clock {
  /** Ms since any fixed moment; never goes back. */
  now(): number;
  /** Calls back after `delayMs`; the returned function cancels that. */
  schedule(callback: () => void, delayMs: number): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason if it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  let cancel = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    cancel = clock.schedule(resolve, delayMs);
  });
  return orAborted(passed, signal).finally(() => cancel());
}
