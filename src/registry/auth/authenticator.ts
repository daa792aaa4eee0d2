import { AuthenticationError } from '../../errors.ts';
import { orAborted } from '../abort.ts';
import type { Clock } from '../clock.ts';
import type { Answer } from '../exchange.ts';
import type { FinalAnswer } from '../transport.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import {
  basicHeader,
  bearerHeader,
  type Credentials,
  type CredentialsProvider,
  describeCredentials,
} from './credentials.ts';
import { RememberedCredentials } from './remembered-credentials.ts';
import type { Secret } from './secret.ts';
import { TokenCache } from './token-cache.ts';
import { CATALOG, type Scope, type TokenClient, TokenServer, wantedScope } from './token-server.ts';

/** What an {@link Authenticator} needs. */
export interface AuthenticatorOptions extends TokenClient {
  readonly credentials: CredentialsProvider;
  readonly clock: Clock;
}

/** A request that is being answered. */
interface Asked {
  readonly scope: Scope;
  /** The header it was last sent with. */
  used: Secret | undefined;
  renewals: number;
}

/**
 * Of one request. A request that queues behind a strict limit outlives several tokens, but a registry that accepts and
 * refuses tokens in turn must not keep it going for ever.
 */
const MAX_RENEWALS = 10;
/** The answer to `GET /v2/` is an empty object, or a page of some proxy. */
const MAX_LOGIN_BYTES = 1_048_576;

/**
 * Finds the Authorization header for one registry: learns the scheme from its first 401, sends the header unasked from
 * then on, and renews tokens before they expire.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Headers that the registry has accepted: if it refuses one of them later, that one has expired. */
  readonly #served = new WeakSet<Secret>();
  readonly #credentials: RememberedCredentials;
  readonly #tokens: TokenCache;
  #scheme: 'unknown' | 'basic' | TokenServer = 'unknown';

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#credentials = new RememberedCredentials(options.registry, options.credentials, options.clock);
    this.#tokens = new TokenCache(this.#credentials, options.clock);
  }

  /** Ends a credential helper that still runs. */
  close(): void {
    this.#credentials.close();
  }

  /** Names the credentials that requests carry, for messages. */
  async describe(): Promise<string> {
    return describeCredentials(await this.#credentials.find());
  }

  /**
   * Sends a request with the header that the registry wants, and returns the answer. After a 401 from the registry
   * itself the header is renewed and the request is sent again: once, and once more for each token that may have expired
   * while the request waited for its turn, and each password that differs from the refused one. After a 403
   * or 404 to an anonymous request, it is sent once more with the password: some registries deny or hide, without a
   * challenge, what anonymous callers may not see. A 403 to a password counts as a 401: so ECR refuses one that has
   * expired. A 401 from a host that the registry redirected to is returned as it is, for no credentials are sent there.
   * @param send gets a function that returns the newest header at the time of the call
   */
  async ask<A extends FinalAnswer>(
    scope: Scope,
    signal: AbortSignal | undefined,
    send: (authorization: () => Secret | undefined) => Promise<A>,
  ): Promise<A> {
    const asked: Asked = { scope, used: await orAborted(this.#authorize(scope), signal), renewals: 0 };
    for (;;) {
      const answer = await this.#sendOnce(asked, signal, send);
      const finding = this.#findBetter(asked, answer);
      const better = finding && (await orAborted(finding, signal));
      if (!better) return answer;
      asked.used = better;
    }
  }

  #sendOnce<A extends FinalAnswer>(
    asked: Asked,
    signal: AbortSignal | undefined,
    send: (authorization: () => Secret | undefined) => Promise<A>,
  ): Promise<A> {
    const newest = (): Secret | undefined => {
      // Harbor takes tokens for repositories and refuses them for its catalog: there the password stays.
      if (this.#scheme !== 'basic') asked.used = this.#tokens.newest(asked.scope) ?? asked.used;
      return asked.used;
    };
    if (!asked.used || this.#scheme !== 'basic') return send(newest);
    const sendPassword = (credentials: Credentials | undefined): Promise<A> => {
      asked.used = headerOf(credentials);
      return send(() => {
        this.#credentials.checkCurrent();
        return newest();
      });
    };
    return orAborted(this.#credentials.send(sendPassword, this.#refuses), signal);
  }

  /** Looks for a header with which the registry may answer better; undefined if the answer stands. */
  #findBetter(asked: Asked, answer: FinalAnswer): Promise<Secret | undefined> | undefined {
    const status = answer.origin === this.#options.base.origin ? answer.status : undefined;
    if (status === 401 || (status === 403 && this.#scheme === 'basic')) return this.#renew(asked, answer);
    if (asked.used) this.#noteServed(asked.used, answer);
    else if (this.#scheme === 'unknown' && (status === 403 || status === 404))
      return this.#credentials.find().then(basicHeader);
    return undefined;
  }

  /**
   * Whether a header that was renewed may be so again: a password, or a token that has worked before or whose time is
   * over, for a strict limit may hold its first request up for longer.
   */
  #mayRenew({ scope, used, renewals }: Asked): boolean {
    if (renewals === 0) return true;
    if (used === undefined || renewals >= MAX_RENEWALS) return false;
    return this.#scheme === 'basic' || this.#served.has(used) || this.#tokens.isOutdated(scope, used);
  }

  #noteServed(used: Secret, { status }: Answer): void {
    this.#served.add(used);
    if (!(this.#scheme instanceof TokenServer)) this.#credentials.noteAccepted();
    // From now on send the password: without it the registry might hide what it showed, and what is hidden counts as
    // gone. A password that showed nothing may be a wrong one, with which even public content is denied.
    if (status < 400 && this.#scheme === 'unknown') this.#scheme = 'basic';
  }

  /** The header to send first, as far as the registry's scheme is known. */
  async #authorize(scope: Scope): Promise<Secret | undefined> {
    const isToken = (await this.#credentials.find())?.kind === 'registry-token';
    const scheme = this.#scheme;
    if (scheme instanceof TokenServer && !isToken) return this.#tokens.get(scheme, scope);
    // The catalog gets the password unasked: Quay and zot show anonymous callers what is public, and never send a 401.
    if (scheme === 'unknown' && scope !== CATALOG && !isToken) return undefined;
    return headerOf(await this.#credentials.findToSend());
  }

  /** The header to send after a 401, or undefined when there is none better than the one refused. */
  async #renew(asked: Asked, answer: Answer): Promise<Secret | undefined> {
    if (!this.#mayRenew(asked)) return undefined;
    asked.renewals += 1;
    const { scope, used } = asked;
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const credentials = await this.#credentials.find();
    if (credentials?.kind === 'registry-token') return this.#findChangedHeader(used);
    if (bearer) {
      this.#scheme = new TokenServer(this.#options, bearer);
      return this.#tokens.renew(this.#scheme, scope, used, wantedScope(bearer, scope));
    }
    // Some proxies drop the challenge.
    const isDropped = challenges.length === 0;
    if (isDropped && this.#scheme instanceof TokenServer) return this.#tokens.renew(this.#scheme, scope, used);
    if (!isDropped && !challenges.some(({ scheme }) => scheme === 'basic')) throw this.#unknownSchemes(challenges);
    this.#scheme = 'basic';
    return used ? this.#findChangedHeader(used) : headerOf(await this.#credentials.findToSend());
  }

  #unknownSchemes(challenges: readonly Challenge[]): AuthenticationError {
    const schemes = challenges.map(({ scheme }) => scheme).join(', ');
    return new AuthenticationError(
      `${this.#options.registry}: asks for authentication by ${schemes}; slimboard knows Bearer and Basic`,
    );
  }

  /** The header with credentials that are looked up again, if it is not the refused one. */
  async #findChangedHeader(used: Secret | undefined): Promise<Secret | undefined> {
    const header = headerOf(await this.#credentials.findAnew(this.#refuses));
    return header?.reveal() === used?.reveal() ? undefined : header;
  }

  /** Whether the registry refuses a password even where `docker login` tries it. */
  readonly #refuses = async (credentials: Credentials): Promise<boolean> => {
    const { base, registry: what, send } = this.#options;
    const url = new URL('/v2/', base);
    const authorization = () => basicHeader(credentials);
    const { status, headers } = await send({ method: 'GET', url, authorization, maxBytes: MAX_LOGIN_BYTES, what });
    const wantsToken = parseChallenges(headers['www-authenticate']).some(({ scheme }) => scheme === 'bearer');
    return status === 401 && !wantsToken;
  };
}

/** The Authorization header that a registry itself takes: a password, or a token for the registry. */
function headerOf(credentials: Credentials | undefined): Secret | undefined {
  return credentials?.kind === 'registry-token' ? bearerHeader(credentials.token) : basicHeader(credentials);
}
