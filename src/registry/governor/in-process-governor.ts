import type { RegistryHost } from '../../oci/reference.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { CallOptions, RequestGovernor, RequestOutcome } from '../registry.ts';
import { admit, type GovernorSettings, type GovernorState, initialGovernorState, settle } from './policy.ts';
import { type Release, WaitingLine } from './waiting-line.ts';

/** What an in-process governor needs. */
export interface InProcessGovernorOptions {
  /** The limits for a registry; called once for each. */
  readonly settingsFor: (registry: RegistryHost) => GovernorSettings;
  readonly clock?: Clock;
}

/** The governor of one process: applies {@link admit} and {@link settle} to each registry, first come, first served. */
export function createInProcessGovernor(options: InProcessGovernorOptions): RequestGovernor {
  const clock = options.clock ?? systemClock;
  const gates = new Map<RegistryHost, Gate>();
  const gateOf = (registry: RegistryHost): Gate => {
    const gate = gates.get(registry) ?? new Gate(options.settingsFor(registry), clock);
    gates.set(registry, gate);
    return gate;
  };
  return { acquire: (registry, { signal }) => gateOf(registry).acquire(signal) };
}

/** Admits the requests to one registry. */
class Gate {
  readonly #settings: GovernorSettings;
  readonly #clock: Clock;
  readonly #line = new WaitingLine();
  #state: GovernorState;
  #inFlight = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(settings: GovernorSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#state = initialGovernorState(settings);
  }

  acquire(signal: CallOptions['signal']): Promise<Release> {
    const place = this.#line.join(signal);
    this.#admitWaiting();
    return place;
  }

  #admitWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#line.length > 0) {
      const nowMs = this.#clock.now();
      const admission = admit(this.#state, this.#inFlight, nowMs, this.#settings);
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
    this.#state = settle(this.#state, outcome, startedAtMs, this.#clock.now(), this.#settings);
    this.#admitWaiting();
  }
}
