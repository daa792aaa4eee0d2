/** Counts requests to registries, and those answered with 429 or 503, until the counts are taken. */
export class RequestCounter {
  #requests = 0;
  #throttled = 0;

  count(throttled: boolean): void {
    this.#requests += 1;
    if (throttled) this.#throttled += 1;
  }

  /** Returns what was counted since the last call. */
  take() {
    const taken = { requests: this.#requests, throttled: this.#throttled };
    this.#requests = 0;
    this.#throttled = 0;
    return taken;
  }
}
