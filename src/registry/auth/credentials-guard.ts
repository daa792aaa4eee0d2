import { AuthenticationError } from '../../errors.ts';
import type { Clock } from '../clock.ts';

/** One refusal says little: it may concern one repository only. */
const MAX_REFUSALS = 10;
const HOLDS_MS = 60_000;

/**
 * Keeps wrong credentials from being sent for each of a source's repositories: GitLab bans an address for an hour after 30
 * refusals in three minutes, Docker Hub and directories lock the account. Until credentials are accepted for the first
 * time, they are sent by one request at a time; after several refusals, by one a minute.
 * @see GitLab, "Rate limits": failed authentication ban; docker/hub-feedback#2201
 */
export class CredentialsGuard {
  readonly #clock: Clock;
  #isAccepted = false;
  #refusals = 0;
  /** Until when they are not sent (ms of the clock). */
  #heldUntilMs = 0;
  /** The request that tries them now; it never rejects. */
  #trial: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Sends a request with credentials.
   * @param who names them, and the registry
   * @throws AuthenticationError instead, if they were refused too often
   */
  async send<A extends { readonly status: number }>(who: string, request: () => Promise<A>): Promise<A> {
    while (this.#trial) await this.#trial;
    if (this.#isAccepted) return request();
    this.#check(who);
    const answering = request();
    this.#trial = answering.then(
      ({ status }) => this.#note(status),
      () => this.#note(undefined),
    );
    return answering;
  }

  /** Other credentials are sent from now on. */
  forget(): void {
    this.#refusals = 0;
  }

  #check(who: string): void {
    if (this.#refusals < MAX_REFUSALS || this.#clock.now() >= this.#heldUntilMs) return;
    throw new AuthenticationError(
      `${who} were refused ${this.#refusals} times and never accepted: they are not sent for now, for that could lock the account: check username and password`,
    );
  }

  /** A 403 may be about the repository, or about credentials that have expired. */
  #note(status: number | undefined): void {
    this.#trial = undefined;
    if (status === 401) {
      this.#refusals += 1;
      this.#heldUntilMs = this.#clock.now() + HOLDS_MS;
    } else if (status !== undefined && status !== 403) this.#isAccepted = true;
  }
}
