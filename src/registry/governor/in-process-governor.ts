import type { RegistryHost } from '../../oci/reference.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { PlaceOptions, RequestGovernor, RequestOutcome } from '../registry.ts';
import { admit, INITIAL_STATE, settle } from './policy.ts';
import { type Release, WaitingLine } from './waiting-line.ts';

/** The governor of one process: applies {@link admit} and {@link settle} to each registry, first come, first served. */
export function createInProcessGovernor(clock: Clock = systemClock): RequestGovernor<PlaceOptions> {
  const gates = new Map<RegistryHost, Gate>();
  const gateOf = (registry: RegistryHost): Gate => {
    const gate = gates.get(registry) ?? new Gate(clock);
    gates.set(registry, gate);
    return gate;
  };
  return { acquire: (registry, options) => gateOf(registry).acquire(options) };
}

/** Admits the requests to one registry. */
class Gate {
  readonly #clock: Clock;
  readonly #line = new WaitingLine();
  #state = INITIAL_STATE;
  #inFlight = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  acquire(options: PlaceOptions): Promise<Release> {
    const place = this.#line.join(options);
    this.#admitWaiting();
    return place;
  }

  #admitWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#line.length > 0) {
      const nowMs = this.#clock.now();
      const admission = admit(this.#state, this.#inFlight, nowMs, this.#line.maxConcurrency);
      if (!admission.admitted) {
        this.#waitUntil(admission.retryAtMs, nowMs);
        return;
      }
      this.#state = admission.state;
      this.#inFlight += 1;
      this.#line.admitFirst((outcome) => this.#release(outcome, nowMs));
    }
  }

  #waitUntil(retryAtMs: number | undefined, nowMs: number): void {
    if (retryAtMs === undefined) return;
    this.#cancelTimer = this.#clock.schedule(() => this.#admitWaiting(), Math.max(1, retryAtMs - nowMs));
  }

  #release(outcome: RequestOutcome, startedAtMs: number): void {
    this.#inFlight -= 1;
    this.#state = settle(this.#state, { ...outcome, startedAtMs }, this.#clock.now(), this.#line.maxConcurrency);
    this.#admitWaiting();
  }
}
