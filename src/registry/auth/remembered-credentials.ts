import { AuthenticationError } from '../../errors.ts';
import type { RegistryHost } from '../../oci/reference.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Answer } from '../exchange.ts';
import { areSame, type Credentials, type CredentialsProvider, describeCredentials } from './credentials.ts';
import { isRefusal } from './token-server.ts';

/** Whether the registry, or its token server, refuses a password whatever it is sent for. */
export type Refuses = (credentials: Credentials) => Promise<boolean>;

/**
 * A credential helper can take 30 s. A look-up that failed, found nothing or found a wrong password is repeated after this
 * long: somebody may log in while a worker runs. A wrong one is sent twice each time: GitLab bans an address for an hour
 * after 30 refusals in three minutes. @see GitLab, "Rate limits", failed authentication ban; docker/hub-feedback#2201
 */
const LOOK_AGAIN_AFTER_MS = 60_000;
/** Other refused credentials are looked up again after this long, however many requests are refused with them. */
const RENEW_AFTER_MS = 10_000;
/**
 * The longest wait for new credentials, in place of those that were accepted before. Kubernetes updates a mounted secret
 * within two minutes. @see Kubernetes, "Secrets", "Mounted Secrets are updated automatically"
 */
const LONGEST_CHANGE_MS = 120_000;

/** Ends a request that waited for its turn with credentials which were refused meanwhile: it is made again with others. */
class Outdated extends Error {}

/** The credentials for one registry, looked up when they are first needed. */
export class RememberedCredentials {
  readonly #registry: RegistryHost;
  readonly #provider: CredentialsProvider;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #found: Promise<Credentials | undefined> | undefined;
  /** When credentials are looked up again, because there were none (ms of the clock). */
  #lookAgainAtMs = Number.POSITIVE_INFINITY;
  /** The last look-up because the known ones were refused, and when the next one may begin (ms of the clock). */
  #renewed: Promise<Credentials | undefined> | undefined;
  #renewAgainAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the known ones were accepted, or refused for everything, when they were last sent. */
  #accepted = false;
  #refused = false;
  /** The request that tries credentials that were not accepted yet; it never rejects. */
  #trial: Promise<unknown> | undefined;

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

  /** @throws to `send` while they are looked up again: a request whose turn has come now would be refused, too */
  checkCurrent(): void {
    if (this.#isRenewing) throw new Outdated();
  }

  /**
   * Those to send with a request: waits while others are expected.
   * @throws AuthenticationError if the known ones were refused for everything a moment ago: a registry may lock users whose
   *   password is wrong too often
   */
  async findToSend(): Promise<Credentials | undefined> {
    if (this.#isRefused()) await this.#renewed;
    else if (this.#isRenewing) await this.#renewed?.catch(() => undefined);
    const credentials = await this.find();
    if (!this.#isRefused()) return credentials;
    throw new AuthenticationError(
      `${this.#registry}: the registry refused ${describeCredentials(credentials)} a moment ago: check username and password`,
    );
  }

  /**
   * Sends a request with them: until they are accepted, one at a time. After a refusal the next one waits until they are
   * looked up again, so that a wrong password is not sent for each of a registry's repositories.
   * @throws AuthenticationError as {@link findToSend} does
   */
  async send<A extends Answer>(
    request: (credentials: Credentials | undefined) => Promise<A>,
    refuses: Refuses,
  ): Promise<A> {
    let credentials = await this.findToSend();
    while (this.#trial && !this.#accepted) {
      await this.#trial;
      credentials = await this.findToSend();
    }
    const answering = request(credentials);
    if (credentials && !this.#accepted) {
      this.#trial = answering
        .then(async (answer) => {
          if (!isRefusal(answer)) return this.noteAccepted();
          const found = await this.findAnew(refuses);
          // These were found a moment ago, in place of others, and not tried as a login.
          if (found && areSame(found, credentials) && !this.#accepted && !this.#refused)
            await this.#check(found, refuses);
        })
        .catch(() => undefined)
        .finally(() => {
          this.#trial = undefined;
        });
    }
    return answering.catch((error: unknown) => {
      if (error instanceof Outdated) return this.send(request, refuses);
      throw error;
    });
  }

  /** Notes that the known ones were accepted for something. */
  noteAccepted(): void {
    this.#accepted = true;
    this.#refused = false;
  }

  /**
   * Looks them up again, for the known ones were refused: a helper's may have expired, or config.json has changed.
   * Requests that are refused at about the same time get the same ones. If nothing has changed, `refuses` tells whether
   * one repository was denied, or the password is wrong. A wrong one is sent by nobody until the next look-up; but if it
   * was right before, it is being changed, and the new one is waited for: nothing fails because of it. Until then, or if
   * the look-up fails, the known ones remain.
   */
  findAnew(refuses: Refuses): Promise<Credentials | undefined> {
    if (this.#renewed && this.#clock.now() < this.#renewAgainAtMs) return this.#renewed;
    this.#renewAgainAtMs = Number.POSITIVE_INFINITY;
    const renewed = this.#renew(refuses).finally(() => {
      this.#renewAgainAtMs = this.#clock.now() + (this.#refused ? LOOK_AGAIN_AFTER_MS : RENEW_AFTER_MS);
    });
    this.#renewed = renewed;
    renewed.then(
      () => this.#remember(renewed),
      () => undefined,
    );
    return renewed;
  }

  async #renew(refuses: Refuses): Promise<Credentials | undefined> {
    const known = await this.find();
    const giveUpAtMs = this.#clock.now() + (this.#accepted ? LONGEST_CHANGE_MS : 0);
    for (;;) {
      const found = await this.#lookUp();
      const isSame = known !== undefined && found !== undefined && areSame(known, found);
      if (isSame) await this.#check(found, refuses);
      else this.#accepted = this.#refused = false;
      if (!this.#refused || this.#clock.now() >= giveUpAtMs) return found;
      await sleep(this.#clock, RENEW_AFTER_MS, this.#closing.signal);
    }
  }

  /** Whether they are refused for everything. A registry token may be good for one repository only. */
  async #check(known: Credentials, refuses: Refuses): Promise<void> {
    this.#refused = known.kind !== 'registry-token' && (await refuses(known));
    this.#accepted = !this.#refused;
  }

  get #isRenewing(): boolean {
    return this.#renewAgainAtMs === Number.POSITIVE_INFINITY;
  }

  #isRefused(): boolean {
    return this.#refused && this.#clock.now() < this.#renewAgainAtMs;
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

  /** Ends a look-up or a wait that is under way. */
  close(): void {
    this.#closing.abort();
  }
}
