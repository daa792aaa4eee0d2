import { onAbort } from '../abort.ts';
import type { PlaceOptions, RequestOutcome } from '../registry.ts';

/** Gives a place back when its request is over. */
export type Release = (outcome: RequestOutcome) => void;

/**
 * Requests that wait for a place, in order of arrival; one whose signal aborts leaves the line. Knows the limits of those
 * that run, too.
 */
export class WaitingLine {
  /** A set, for removal in constant time. */
  readonly #waiting = new Set<(release: Release) => void>();
  /** How many of the requests that wait or run have which limit. */
  readonly #limits = new Map<number, number>();
  #maxConcurrency = 1;

  /** The lowest limit of the requests that wait or run; without any, the limit of the last one. */
  get maxConcurrency(): number {
    return this.#maxConcurrency;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Waits for a place. @throws the signal's reason if it aborts first */
  join({ signal, maxConcurrency }: PlaceOptions): Promise<Release> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#count(maxConcurrency, 1);
      const leave = (): void => {
        this.#waiting.delete(enter);
        this.#count(maxConcurrency, -1);
        reject(signal?.reason);
      };
      const stopListening = onAbort(signal, leave);
      const enter = (release: Release): void => {
        stopListening();
        resolve(
          once((outcome) => {
            this.#count(maxConcurrency, -1);
            release(outcome);
          }),
        );
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
    enter(release);
  }

  /** Drops all waiting requests: their promises never settle. */
  clear(): void {
    this.#waiting.clear();
  }

  #count(limit: number, change: 1 | -1): void {
    const requests = (this.#limits.get(limit) ?? 0) + change;
    if (requests > 0) this.#limits.set(limit, requests);
    else this.#limits.delete(limit);
    if (this.#limits.size > 0) this.#maxConcurrency = Math.min(...this.#limits.keys());
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
