import type { RegistryHost } from '../oci/reference.ts';
import type { Clock } from './clock.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';

/**
 * A failing credential helper can take 30 s: its failure is remembered for this long, then it is tried again. So is a
 * lookup that found nothing: somebody may log in while a worker runs.
 */
const LOOK_AGAIN_AFTER_MS = 60_000;

/** The credentials for one registry, looked up when they are first needed. */
export class RememberedCredentials {
  readonly #registry: RegistryHost;
  readonly #provider: CredentialsProvider;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #found: Promise<Credentials | undefined> | undefined;
  /** When credentials are looked up again, because there were none (ms of the clock). */
  #lookAgainAtMs = Number.POSITIVE_INFINITY;

  constructor(registry: RegistryHost, provider: CredentialsProvider, clock: Clock) {
    this.#registry = registry;
    this.#provider = provider;
    this.#clock = clock;
  }

  /** @throws SettingsError when they are configured but cannot be read */
  find(): Promise<Credentials | undefined> {
    if (this.#found && this.#clock.now() < this.#lookAgainAtMs) return this.#found;
    return this.findAnew();
  }

  /** Looks them up again, for the known ones were refused: a helper's may have expired, or config.json has changed. */
  findAnew(): Promise<Credentials | undefined> {
    const found = this.#provider.find(this.#registry, this.#closing.signal);
    const lookAgainLater = (): void => {
      if (this.#found === found) this.#lookAgainAtMs = this.#clock.now() + LOOK_AGAIN_AFTER_MS;
    };
    this.#found = found;
    this.#lookAgainAtMs = Number.POSITIVE_INFINITY;
    found.then((credentials) => credentials ?? lookAgainLater(), lookAgainLater);
    return found;
  }

  /** Ends a credential helper that still runs. */
  close(): void {
    this.#closing.abort();
  }
}
