import type { RegistryHost } from '../../oci/reference.ts';
import type { Clock } from '../clock.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';

/**
 * A credential helper can take 30 s. A look-up that failed or found nothing is repeated after this long: somebody may
 * log in while a worker runs. So is one whose result was refused, however many requests were refused with it.
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
  /** The last look-up because the known ones were refused, and when it was (ms of the clock). */
  #renewed: Promise<Credentials | undefined> | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(registry: RegistryHost, provider: CredentialsProvider, clock: Clock) {
    this.#registry = registry;
    this.#provider = provider;
    this.#clock = clock;
  }

  /** @throws SettingsError when they are configured but cannot be read */
  find(): Promise<Credentials | undefined> {
    if (this.#found && this.#clock.now() < this.#lookAgainAtMs) return this.#found;
    return this.#remember(this.#lookUp());
  }

  /**
   * Looks them up again, for the known ones were refused: a helper's may have expired, or config.json has changed.
   * Within a minute they are looked up once: the other requests that were refused get the same ones. Until then, or if it
   * fails, the known ones remain: they may have been refused for one repository only.
   */
  findAnew(): Promise<Credentials | undefined> {
    const nowMs = this.#clock.now();
    if (this.#renewed && nowMs < this.#renewedAtMs + LOOK_AGAIN_AFTER_MS) return this.#renewed;
    const renewed = this.#lookUp();
    this.#renewed = renewed;
    this.#renewedAtMs = nowMs;
    renewed.then(
      () => this.#remember(renewed),
      () => undefined,
    );
    return renewed;
  }

  #lookUp(): Promise<Credentials | undefined> {
    return this.#provider.find(this.#registry, this.#closing.signal);
  }

  #remember(found: Promise<Credentials | undefined>): Promise<Credentials | undefined> {
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
