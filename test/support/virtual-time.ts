import type { Clock } from '../../src/registry/clock.ts';

/** A clock whose time passes at once: whenever nothing is left to do, it goes on to the next callback that is due. */
export class VirtualTime implements Clock {
  #nowMs = 0;
  readonly #timers = new Map<number, Set<() => void>>();

  now(): number {
    return this.#nowMs;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const due = this.#timers.get(atMs) ?? new Set();
    this.#timers.set(atMs, due);
    const call = (): void => callback();
    due.add(call);
    return () => due.delete(call);
  }

  /** Lets time pass until the work is done. Time stands still where nothing is scheduled: such work never ends. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = (): void => {
      isDone = true;
    };
    void work.then(done, done);
    for (;;) {
      await new Promise(setImmediate);
      if (isDone) return work;
      if (this.#timers.size === 0) throw new Error('nothing is left to happen, but the work is not done');
      const nextMs = Math.min(...this.#timers.keys());
      const callbacks = this.#timers.get(nextMs) ?? [];
      this.#timers.delete(nextMs);
      this.#nowMs = nextMs;
      for (const call of callbacks) call();
    }
  }
}
