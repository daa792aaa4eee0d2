/** Requests sent to registries. */
export interface RequestCounts {
  readonly requests: number;
  /** Those answered with 429 or 503. */
  readonly throttled: number;
}

/** Counts requests until the counts are taken. */
export class RequestCounter {
  #requests = 0;
  #throttled = 0;

  count(throttled: boolean): void {
    this.#requests += 1;
    if (throttled) this.#throttled += 1;
  }

  /** Returns what was counted since the last call. */
  take(): RequestCounts {
    const taken = { requests: this.#requests, throttled: this.#throttled };
    this.#requests = 0;
    this.#throttled = 0;
    return taken;
  }
}
