import { onAbort } from '../abort.ts';
import type { CallOptions, RequestOutcome } from '../registry.ts';

/** Gives a place back when its request is over. */
export type Release = (outcome: RequestOutcome) => void;

/** Requests that wait for a place, in order of arrival; one whose signal aborts leaves the line. */
export class WaitingLine {
  /** A set, for removal in constant time. */
  readonly #waiting = new Set<(release: Release) => void>();

  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for a place. @throws the signal's reason if it aborts first */
  join(signal: CallOptions['signal']): Promise<Release> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => {
        this.#waiting.delete(enter);
        reject(signal?.reason);
      };
      const stopListening = onAbort(signal, leave);
      const enter = (release: Release): void => {
        stopListening();
        resolve(release);
      };
      this.#waiting.add(enter);
    });
  }

  /**
   * Gives the first in line its place.
   * @param release is called at most once, however often the request reports its end
   */
  admitFirst(release: Release): void {
    const [enter] = this.#waiting;
    if (!enter) return;
    this.#waiting.delete(enter);
    enter(once(release));
  }

  /** Drops all waiting requests: their promises never settle. */
  clear(): void {
    this.#waiting.clear();
  }
}

function once(release: Release): Release {
  let released = false;
  return (outcome) => {
    if (released) return;
    released = true;
    release(outcome);
  };
}
