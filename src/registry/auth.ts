import { LRUCache } from 'lru-cache';
import { AuthenticationError, MalformedContentError } from '../errors.ts';
import { parseJsonObject, readOptionalString } from '../oci/json.ts';
import type { RegistryHost } from '../oci/reference.ts';
import { orAborted } from './abort.ts';
import { reachOfHost } from './address.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Clock } from './clock.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import type { Answer } from './exchange.ts';
import { refusalOf } from './failure.ts';
import { Secret } from './secret.ts';
import type { FinalAnswer, TransportRequest } from './transport.ts';

/** The scope of a token, such as `repository:team/app:pull`. @see distribution, spec/auth/scope */
export type Scope = `repository:${string}:pull` | typeof CATALOG;

/** The scope of a registry's list of repositories (`_catalog`). */
export const CATALOG = 'registry:catalog:*';

/** What an {@link Authenticator} needs. */
export interface AuthenticatorOptions {
  readonly registry: RegistryHost;
  /** The registry's address: answers from other origins are not the registry's own. */
  readonly base: URL;
  readonly credentials: CredentialsProvider;
  readonly clock: Clock;
  /** Sends a request to the server that issues tokens. */
  readonly send: (request: TransportRequest) => Promise<Answer>;
}

interface BearerRealm {
  readonly realm: URL;
  readonly service: string | undefined;
}

interface CachedToken {
  /** The scope that the registry's challenge named, or else our own. */
  readonly wanted: string;
  readonly header: Promise<Secret>;
  /** The header, once it has arrived. */
  current: Secret | undefined;
  /** When a new token is fetched (ms of the clock). */
  renewAtMs: number;
}

/**
 * Actions that only read. Azure has names of its own for parts of `pull`.
 * @see Azure Container Registry, "Repository permissions"
 */
const READING: ReadonlySet<string> = new Set(['pull', 'content_read', 'metadata_read']);
/** One token per repository. In a registry with more repositories the least recently used tokens are dropped. */
const MAX_TOKENS = 1_000;
/** containers/image caps token answers at 1 MB. */
const MAX_TOKEN_BYTES = 1_048_576;
/** "If omitted, this defaults to 60 seconds." @see distribution, spec/auth/token */
const DEFAULT_EXPIRES_IN = 60;
/**
 * For one request. A request that queues behind a strict limit outlives several tokens, but a registry that accepts and
 * refuses tokens in turn must not keep it going for ever.
 */
const MAX_RENEWALS = 10;
/**
 * A failing credential helper can take 30 s: its failure is remembered for this long, then it is tried again. So is a
 * lookup that found nothing: somebody may log in while a worker runs.
 */
const LOOK_AGAIN_AFTER_MS = 60_000;
/** The part of its life after which a token is renewed, so that no request arrives with an expired one. */
const RENEW_AT = 0.8;

/**
 * Finds the Authorization header for one registry: learns the scheme from its first 401, sends the header unasked from
 * then on, and renews tokens before they expire.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokens = new LRUCache<Scope, CachedToken>({ max: MAX_TOKENS });
  /** Headers that the registry has accepted: if it refuses one of them later, that one has expired. */
  readonly #served = new WeakSet<Secret>();
  #credentials: Promise<Credentials | undefined> | undefined;
  /** When credentials are looked up again, because there were none (ms of the clock). */
  #lookAgainAtMs = Number.POSITIVE_INFINITY;
  #scheme: 'unknown' | 'basic' | BearerRealm = 'unknown';
  readonly #closing = new AbortController();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Ends a credential helper that still runs. */
  close(): void {
    this.#closing.abort();
  }

  /** Names the credentials that requests carry, for messages. */
  async describe(): Promise<string> {
    const credentials = await this.#findCredentials();
    return credentials ? `the credentials of ${credentials.origin}` : 'anonymous access';
  }

  /**
   * Sends a request with the header that the registry wants, and returns the answer. After a 401 from the registry
   * itself the header is renewed and the request is sent again: once, and once more for each token that worked before
   * and expired while the request waited for its turn. After a 403 or 404 to an anonymous request, it is sent once more
   * with the password: some registries deny or hide, without a challenge, what anonymous callers may not see. A 401
   * from a host that the registry redirected to is returned as it is, for no credentials are sent there.
   * @param send gets a function that returns the newest header at the time of the call
   */
  async ask<A extends FinalAnswer>(
    scope: Scope,
    signal: AbortSignal | undefined,
    send: (authorization: () => Secret | undefined) => Promise<A>,
  ): Promise<A> {
    let used = await orAborted(this.#authorize(scope), signal);
    let anonymously: number | undefined;
    const newest = (): Secret | undefined => {
      // Harbor takes tokens for repositories and refuses them for its catalog: there the password stays.
      if (this.#scheme !== 'basic') used = this.#tokens.peek(scope)?.current ?? used;
      return used;
    };
    for (let renewals = 0; ; ) {
      const answer = await send(newest);
      const isOwn = answer.origin === this.#options.base.origin;
      if (isOwn && (answer.status === 403 || answer.status === 404) && used === undefined) {
        used = await orAborted(this.#password(), signal);
        anonymously = answer.status;
        if (used) continue;
      }
      if (answer.status !== 401 || !isOwn) {
        if (used) this.#noteServed(used, answer, anonymously);
        return answer;
      }
      const hasExpired = used !== undefined && this.#served.has(used) && renewals < MAX_RENEWALS;
      const renewed =
        renewals === 0 || hasExpired ? await orAborted(this.#renew(scope, answer, used), signal) : undefined;
      if (!renewed) return answer;
      used = renewed;
      renewals += 1;
    }
  }

  /** The header with username and password, if the registry has not named its scheme yet. */
  async #password(): Promise<Secret | undefined> {
    return this.#scheme === 'unknown' ? basicOf(await this.#findCredentials()) : undefined;
  }

  /** @param anonymously the status of the same request without a header, if it was refused */
  #noteServed(used: Secret, { status }: Answer, anonymously: number | undefined): void {
    this.#served.add(used);
    // From now on send the password: without it the registry might hide what it showed, and what is hidden counts as
    // gone. If the password changes nothing, asking without it first would only cost a request.
    if ((status === 200 || status === anonymously) && this.#scheme === 'unknown') this.#scheme = 'basic';
  }

  /** The header to send first, as far as the registry's scheme is known. */
  async #authorize(scope: Scope): Promise<Secret | undefined> {
    const credentials = await this.#findCredentials();
    if (credentials?.kind === 'registry-token') return bearer(credentials.token);
    if (this.#scheme === 'unknown' && scope !== CATALOG) return undefined;
    // The catalog gets the password unasked: Quay and zot show anonymous callers what is public, and never send a 401.
    if (this.#scheme === 'unknown' || this.#scheme === 'basic') return basicOf(credentials);
    return this.#token(scope);
  }

  /**
   * The header to send after a 401, or undefined when there is none better than the one refused.
   * @param used the header of the refused request
   */
  async #renew(scope: Scope, answer: Answer, used: Secret | undefined): Promise<Secret | undefined> {
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const bearerChallenge = challenges.find(({ scheme }) => scheme === 'bearer');
    const credentials = await this.#findCredentials();
    if (credentials?.kind === 'registry-token') return this.#findChangedHeader(used);
    if (bearerChallenge) return this.#renewToken(scope, bearerChallenge, used);
    if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
    this.#scheme = 'basic';
    return used ? this.#findChangedHeader(used) : basicOf(credentials);
  }

  /**
   * Looks the credentials up again, for a helper's may have expired.
   * @returns their header, if it is not the refused one
   */
  async #findChangedHeader(used: Secret | undefined): Promise<Secret | undefined> {
    this.#credentials = undefined;
    const credentials = await this.#findCredentials();
    const header = credentials?.kind === 'registry-token' ? bearer(credentials.token) : basicOf(credentials);
    return header?.reveal() === used?.reveal() ? undefined : header;
  }

  #findCredentials(): Promise<Credentials | undefined> {
    const { credentials, registry, clock } = this.#options;
    if (clock.now() >= this.#lookAgainAtMs) this.#credentials = undefined;
    if (this.#credentials) return this.#credentials;
    this.#lookAgainAtMs = Number.POSITIVE_INFINITY;
    const found = credentials.find(registry, this.#closing.signal);
    this.#credentials = found;
    const lookAgainLater = (): void => {
      if (this.#credentials === found) this.#lookAgainAtMs = clock.now() + LOOK_AGAIN_AFTER_MS;
    };
    found.then((some) => some ?? lookAgainLater(), lookAgainLater);
    return found;
  }

  #renewToken(scope: Scope, challenge: Challenge, used: Secret | undefined): Promise<Secret> {
    this.#scheme = this.#realmOf(challenge);
    const cached = this.#tokens.get(scope);
    if (!cached) return this.#token(scope, wantedScope(challenge, scope));
    return cached.header.then((current) => {
      // Another request that was refused with the same token may have renewed it already.
      if (current === used && this.#tokens.get(scope) === cached) this.#tokens.delete(scope);
      return this.#token(scope, wantedScope(challenge, scope));
    });
  }

  /** @throws AuthenticationError for a realm that must not be trusted with credentials */
  #realmOf({ parameters }: Challenge): BearerRealm {
    const { registry, base } = this.#options;
    const { realm = '', service } = parameters;
    if (!URL.canParse(realm)) {
      throw new AuthenticationError(
        `${registry}: its authentication challenge names no valid URL for tokens ("${realm.slice(0, 100)}")`,
      );
    }
    const url = new URL(realm);
    const mayBePlain =
      base.protocol === 'http:' && (url.hostname === base.hostname || reachOfHost(url.hostname) === 'loopback');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayBePlain)) {
      throw new AuthenticationError(
        `${registry}: refused to fetch tokens over ${url.protocol}//${url.host}: credentials would be sent unencrypted`,
      );
    }
    return { realm: url, service };
  }

  /**
   * The header with the token for a scope. It is fetched unless a fresh one is cached; concurrent requests share a
   * fetch.
   */
  #token(scope: Scope, wanted?: string): Promise<Secret> {
    const cached = this.#tokens.get(scope);
    if (cached && this.#options.clock.now() < cached.renewAtMs) return cached.header;
    const entry = this.#fetchEntry(wanted ?? cached?.wanted ?? scope);
    this.#tokens.set(scope, entry);
    entry.header.catch(() => {
      if (this.#tokens.get(scope) === entry) this.#tokens.delete(scope);
    });
    return entry.header;
  }

  #fetchEntry(wanted: string): CachedToken {
    const fetched = this.#fetchToken(wanted);
    const entry: CachedToken = {
      wanted,
      header: fetched.then(({ header }) => header),
      current: undefined,
      renewAtMs: Number.POSITIVE_INFINITY,
    };
    fetched.then(
      ({ header, lifeMs }) => {
        entry.current = header;
        entry.renewAtMs = this.#options.clock.now() + lifeMs * RENEW_AT;
      },
      // Whoever awaits the header gets this error.
      () => undefined,
    );
    return entry;
  }

  async #fetchToken(wanted: string): Promise<{ header: Secret; lifeMs: number }> {
    const credentials = await this.#findCredentials();
    const answer = await this.#askForToken(wanted, credentials);
    if (answer.status === 401 && credentials) return this.#fetchTokenAgain(wanted, credentials);
    return this.#readToken(answer, credentials);
  }

  /** Tries again with credentials looked up anew: a helper's may have expired, and config.json may have changed. */
  async #fetchTokenAgain(wanted: string, refused: Credentials): Promise<{ header: Secret; lifeMs: number }> {
    this.#credentials = undefined;
    const credentials = (await this.#findCredentials()) ?? refused;
    return this.#readToken(await this.#askForToken(wanted, credentials), credentials);
  }

  /** Quay knows scopes of repositories only: for its catalog it gives a token without a scope. */
  async #askForToken(wanted: string, credentials: Credentials | undefined): Promise<Answer> {
    const answer = await this.#sendForToken({ scope: wanted }, credentials);
    return answer.status === 400 && wanted === CATALOG ? this.#sendForToken({}, credentials) : answer;
  }

  #sendForToken(wanted: { readonly scope?: string }, credentials: Credentials | undefined): Promise<Answer> {
    if (this.#scheme === 'unknown' || this.#scheme === 'basic')
      throw new Error('tokens are asked for after a challenge only');
    const { realm, service } = this.#scheme;
    const common = { maxBytes: MAX_TOKEN_BYTES, what: this.#tokenName(realm) };
    const parameters = { ...(service === undefined ? {} : { service }), ...wanted };
    if (credentials?.kind === 'identity-token') {
      // @see distribution, spec/auth/oauth
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'slimboard',
        refresh_token: credentials.token.reveal(),
        ...parameters,
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return this.#options.send({ ...common, method: 'POST', url: realm, headers, body: body.toString() });
    }
    const url = new URL(realm);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return this.#options.send({ ...common, method: 'GET', url, authorization: () => basicOf(credentials) });
  }

  #readToken(answer: Answer, credentials: Credentials | undefined): { header: Secret; lifeMs: number } {
    const what = `${this.#options.registry}: a token`;
    if (answer.status !== 200) {
      throw refusalOf(answer, what, credentials ? `the credentials of ${credentials.origin}` : 'anonymous access');
    }
    const object = parseJsonObject(answer.body, what);
    const token = readOptionalString(object.token) || readOptionalString(object.access_token);
    if (!token || !/^[\x21-\x7e]+$/.test(token)) throw new MalformedContentError(`${what}: the answer contains none`);
    const expiresIn = Number(object.expires_in);
    return { header: bearer(new Secret(token)), lifeMs: (expiresIn > 0 ? expiresIn : DEFAULT_EXPIRES_IN) * 1_000 };
  }

  #tokenName(realm: URL): string {
    return `${this.#options.registry}: a token from ${realm.host}`;
  }
}

/**
 * The scope to ask a token for. The challenge's name of the repository comes first, for a registry behind a proxy may
 * know it by another path. Of the challenge's actions those that only read are kept, and `pull` is added.
 */
function wantedScope({ parameters }: Challenge, scope: Scope): string {
  const { scope: wanted = '' } = parameters;
  const [, repository, actions = ''] = /^(repository:[^\s:]+):([^\s:]+)$/.exec(wanted) ?? [];
  if (repository === undefined) return wanted === CATALOG ? wanted : scope;
  const reading = actions.split(',').filter((action) => READING.has(action));
  return `${repository}:${[...new Set([...reading, 'pull'])].join(',')}`;
}

function bearer(token: Secret): Secret {
  return new Secret(`Bearer ${token.reveal()}`);
}

function basicOf(credentials: Credentials | undefined): Secret | undefined {
  if (credentials?.kind !== 'password') return undefined;
  const pair = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64');
  return new Secret(`Basic ${pair}`);
}
