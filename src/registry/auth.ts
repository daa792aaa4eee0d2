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

/** What a token is asked for: `repository:team/app:pull`. @see distribution, spec/auth/scope */
export type Scope = `repository:${string}:pull` | typeof CATALOG;

export const CATALOG = 'registry:catalog:*';

export interface AuthenticatorOptions {
  readonly registry: RegistryHost;
  /** The registry's address. */
  readonly base: URL;
  readonly credentials: CredentialsProvider;
  readonly clock: Clock;
  readonly send: (request: TransportRequest) => Promise<Answer>;
}

interface BearerRealm {
  readonly realm: URL;
  readonly service: string | undefined;
}

interface CachedToken {
  /** What the registry's challenge asked for, where it did. */
  readonly wanted: string;
  readonly header: Promise<Secret>;
  /** The header, once it is there. */
  current: Secret | undefined;
  renewAtMs: number;
}

/** Azure has its own words for parts of `pull`. @see Azure Container Registry, "Repository permissions" */
const READING: ReadonlySet<string> = new Set(['pull', 'content_read', 'metadata_read']);
/** One token a repository; of a registry with more repositories, the tokens in use are kept. */
const MAX_TOKENS = 1_000;
/** containers/image caps token answers at 1 MB. */
const MAX_TOKEN_BYTES = 1_048_576;
/** "If omitted, this defaults to 60 seconds." @see distribution, spec/auth/token */
const DEFAULT_EXPIRES_IN = 60;
/** Of one request: a line behind a strict limit outlives tokens; a registry that takes and refuses in turn has an end. */
const MAX_RENEWALS = 10;
/** A helper of credentials may take 30 s to fail: that it failed is remembered for so long, then it is tried again. */
const LOOK_AGAIN_AFTER_MS = 60_000;
/** Of its life: a token is renewed before a request could arrive after its end. */
const RENEW_AT = 0.8;

/** The Authorization header for one registry: learned from its first 401, then told ahead, and renewed in time. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokens = new LRUCache<Scope, CachedToken>({ max: MAX_TOKENS });
  /** Headers that the registry took: when it refuses one of them, that has run out. */
  readonly #served = new WeakSet<Secret>();
  #credentials: Promise<Credentials | undefined> | undefined;
  /** Set where the look-up failed. */
  #lookAgainAtMs = Number.POSITIVE_INFINITY;
  #way: 'unknown' | 'basic' | BearerRealm = 'unknown';

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Whose name requests go under, for messages. */
  async describe(): Promise<string> {
    const credentials = await this.#find();
    return credentials ? `the credentials of ${credentials.origin}` : 'anonymous access';
  }

  /**
   * The registry's answer to a request. After a 401 of its own it is asked again with a renewed header: once, and once more
   * for each token that had served others and ran out while the request waited for its turn. After a 404 to anybody it is
   * asked once more with the password: some registries hide what one may not see. A 401 of a host to which it
   * redirected is the answer: no credentials are sent there.
   * @param send is given what tells the header, newest when it is asked
   */
  async ask<A extends FinalAnswer>(
    scope: Scope,
    signal: AbortSignal | undefined,
    send: (authorization: () => Secret | undefined) => Promise<A>,
  ): Promise<A> {
    let used = await this.#authorize(scope, signal);
    const newest = (): Secret | undefined => {
      // Harbor has tokens for repositories, and takes none for its catalog.
      if (this.#way !== 'basic') used = this.#tokens.peek(scope)?.current ?? used;
      return used;
    };
    for (let renewals = 0; ; ) {
      const answer = await send(newest);
      const isOwn = answer.origin === this.#options.base.origin;
      if (isOwn && answer.status === 404 && used === undefined) {
        used = await this.#password();
        if (used) continue;
      }
      if (answer.status !== 401 || !isOwn) {
        if (used) this.#noteServed(used, answer);
        return answer;
      }
      const hasRunOut = used !== undefined && this.#served.has(used) && renewals < MAX_RENEWALS;
      const renewed = renewals === 0 || hasRunOut ? await this.#renew(scope, answer, used, signal) : undefined;
      if (!renewed) return answer;
      used = renewed;
      renewals += 1;
    }
  }

  /** The header with username and password, where the registry has not said yet what it wants. */
  async #password(): Promise<Secret | undefined> {
    return this.#way === 'unknown' ? basicOf(await this.#find()) : undefined;
  }

  #noteServed(used: Secret, { status }: Answer): void {
    this.#served.add(used);
    // Without them it might hide what it has just told, and what is not there counts as gone.
    if (status === 200 && this.#way === 'unknown') this.#way = 'basic';
  }

  /** The header to send, as far as the registry's way is known yet. */
  async #authorize(scope: Scope, signal: AbortSignal | undefined): Promise<Secret | undefined> {
    const credentials = await this.#find();
    if (credentials?.kind === 'registry-token') return bearer(credentials.token);
    if (this.#way === 'unknown' && scope !== CATALOG) return undefined;
    // Quay and zot list what anybody may see to anybody, and never ask who it is. Elsewhere a 401 tells the way.
    if (this.#way === 'unknown' || this.#way === 'basic') return basicOf(credentials);
    return orAborted(this.#token(scope), signal);
  }

  /**
   * A header after a 401, or undefined when there is nothing better to send than what was sent.
   * @param used what the refused request carried
   */
  async #renew(
    scope: Scope,
    answer: Answer,
    used: Secret | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Secret | undefined> {
    const challenges = parseChallenges(answer.headers['www-authenticate']);
    const asked = challenges.find(({ scheme }) => scheme === 'bearer');
    const credentials = await this.#find();
    if (credentials?.kind === 'registry-token') return this.#afresh(used);
    if (asked) return orAborted(this.#renewToken(scope, asked, used), signal);
    if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined;
    this.#way = 'basic';
    return used ? this.#afresh(used) : basicOf(credentials);
  }

  /** The credentials looked up again (a helper's may have expired), where they differ from those refused. */
  async #afresh(used: Secret | undefined): Promise<Secret | undefined> {
    this.#credentials = undefined;
    const credentials = await this.#find();
    const header = credentials?.kind === 'registry-token' ? bearer(credentials.token) : basicOf(credentials);
    return header?.reveal() === used?.reveal() ? undefined : header;
  }

  #find(): Promise<Credentials | undefined> {
    const { credentials, registry, clock } = this.#options;
    if (clock.now() >= this.#lookAgainAtMs) this.#credentials = undefined;
    if (this.#credentials) return this.#credentials;
    this.#lookAgainAtMs = Number.POSITIVE_INFINITY;
    const found = credentials.find(registry);
    this.#credentials = found;
    found.catch(() => {
      if (this.#credentials === found) this.#lookAgainAtMs = clock.now() + LOOK_AGAIN_AFTER_MS;
    });
    return found;
  }

  #renewToken(scope: Scope, challenge: Challenge, used: Secret | undefined): Promise<Secret> {
    this.#way = this.#realmOf(challenge);
    const cached = this.#tokens.get(scope);
    if (!cached) return this.#token(scope, wantedScope(challenge, scope));
    return cached.header.then((current) => {
      // Others that were refused with the same token may have renewed it already.
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
        `${registry}: its challenge names no address for tokens ("${realm.slice(0, 100)}")`,
      );
    }
    const url = new URL(realm);
    const plain =
      base.protocol === 'http:' && (url.hostname === base.hostname || reachOfHost(url.hostname) === 'loopback');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plain)) {
      throw new AuthenticationError(
        `${registry}: it wants tokens fetched over ${url.protocol}//${url.host}: not done, for credentials would be readable on the way`,
      );
    }
    return { realm: url, service };
  }

  /** The token for a scope: cached, under way, or new; many requests share one fetch. */
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
      // Told to whoever waits for the header.
      () => undefined,
    );
    return entry;
  }

  async #fetchToken(wanted: string): Promise<{ header: Secret; lifeMs: number }> {
    const credentials = await this.#find();
    const answer = await this.#askForToken(wanted, credentials);
    if (answer.status === 401 && credentials) return this.#fetchTokenAfresh(wanted, credentials);
    return this.#readToken(answer, credentials);
  }

  /** Once more with what the credentials are now: a helper's, or a changed config.json's. */
  async #fetchTokenAfresh(wanted: string, refused: Credentials): Promise<{ header: Secret; lifeMs: number }> {
    this.#credentials = undefined;
    const credentials = (await this.#find()) ?? refused;
    return this.#readToken(await this.#askForToken(wanted, credentials), credentials);
  }

  /** Quay knows scopes of repositories only: to its catalog leads a token without one. */
  async #askForToken(wanted: string, credentials: Credentials | undefined): Promise<Answer> {
    const answer = await this.#sendForToken({ scope: wanted }, credentials);
    return answer.status === 400 && wanted === CATALOG ? this.#sendForToken({}, credentials) : answer;
  }

  #sendForToken(wanted: { readonly scope?: string }, credentials: Credentials | undefined): Promise<Answer> {
    if (this.#way === 'unknown' || this.#way === 'basic')
      throw new Error('tokens are asked for after a challenge only');
    const { realm, service } = this.#way;
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
    if (!token || !/^[\x21-\x7e]+$/.test(token)) throw new MalformedContentError(`${what}: the answer holds none`);
    const expiresIn = Number(object.expires_in);
    return { header: bearer(new Secret(token)), lifeMs: (expiresIn > 0 ? expiresIn : DEFAULT_EXPIRES_IN) * 1_000 };
  }

  #tokenName(realm: URL): string {
    return `${this.#options.registry}: a token from ${realm.host}`;
  }
}

/**
 * The registry's own name for what was asked (one behind a proxy may know the repository by another path), with those of
 * its actions that only read, and `pull`.
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
