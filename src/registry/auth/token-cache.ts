import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Answer } from '../exchange.ts';
import { areSame, type Credentials } from './credentials.ts';
import type { RememberedCredentials } from './remembered-credentials.ts';
import type { Secret } from './secret.ts';
import { isRefusal, type Scope, type Token, type TokenServer } from './token-server.ts';

interface CachedToken {
  /** The scope that the registry's challenge named, or else our own. */
  readonly wanted: string;
  readonly header: Promise<Secret>;
  /** The header, once it has arrived. */
  current: Secret | undefined;
  /** When a new token is fetched (ms of the clock). */
  renewAtMs: number;
}

/** One token per repository. In a registry with more repositories the least recently used tokens are dropped. */
const MAX_TOKENS = 1_000;
/** The part of its life after which a token is renewed, so that no request arrives with an expired one. */
const RENEW_AT = 0.8;

/** The tokens for one registry, each as an Authorization header. They are renewed before they expire. */
export class TokenCache {
  readonly #tokens = new LRUCache<Scope, CachedToken>({ max: MAX_TOKENS });
  readonly #credentials: RememberedCredentials;
  readonly #clock: Clock;

  constructor(credentials: RememberedCredentials, clock: Clock) {
    this.#credentials = credentials;
    this.#clock = clock;
  }

  /** The header that arrived last for a scope. */
  newest(scope: Scope): Secret | undefined {
    return this.#tokens.peek(scope)?.current;
  }

  /** Whether there is a newer header for a scope than this one, or the time to fetch one has come. */
  isOutdated(scope: Scope, header: Secret): boolean {
    const newest = this.#tokens.peek(scope);
    return newest?.current !== header || this.#clock.now() >= newest.renewAtMs;
  }

  /**
   * The header for a scope. It is fetched unless a fresh one is cached; concurrent requests share a fetch.
   * @param wanted the scope to ask the server for; default: that of the last time, or else `scope`
   * @throws the error that a refusal means
   */
  get(server: TokenServer, scope: Scope, wanted?: string): Promise<Secret> {
    const cached = this.#tokens.get(scope);
    if (cached && this.#clock.now() < cached.renewAtMs) return cached.header;
    const entry = this.#fetch(server, wanted ?? cached?.wanted ?? scope);
    this.#tokens.set(scope, entry);
    entry.header.catch(() => {
      if (this.#tokens.get(scope) === entry) this.#tokens.delete(scope);
    });
    return entry.header;
  }

  /** The header for a scope after the registry has refused one; parameters and errors as of {@link TokenCache.get}. */
  async renew(server: TokenServer, scope: Scope, refused: Secret | undefined, wanted?: string): Promise<Secret> {
    const cached = this.#tokens.get(scope);
    const current = await cached?.header;
    // Another request that was refused with the same token may have renewed it already.
    if (current === refused && this.#tokens.get(scope) === cached) this.#tokens.delete(scope);
    return this.get(server, scope, wanted ?? cached?.wanted);
  }

  #fetch(server: TokenServer, wanted: string): CachedToken {
    const entry: CachedToken = {
      wanted,
      header: this.#ask(server, wanted).then(({ header, lifeMs }) => {
        entry.current = header;
        entry.renewAtMs = this.#clock.now() + lifeMs * RENEW_AT;
        return header;
      }),
      current: undefined,
      renewAtMs: Number.POSITIVE_INFINITY,
    };
    return entry;
  }

  /** Asks once more if credentials are refused, and others are found when they are looked up again. */
  async #ask(server: TokenServer, wanted: string): Promise<Token> {
    let sent: Credentials | undefined;
    const ask = (credentials: Credentials | undefined): Promise<Answer> => {
      sent = credentials;
      return server.ask(wanted, credentials);
    };
    const refuses = (found: Credentials): Promise<boolean> => server.refuses(found);
    const answer = await this.#credentials.send(ask, refuses);
    const known = sent;
    if (!known || !isRefusal(answer)) return server.read(answer, known);
    const renewed = await this.#credentials.findAnew(refuses);
    if (!renewed || areSame(known, renewed)) return server.read(answer, known);
    return server.read(await this.#credentials.send(ask, refuses), sent);
  }
}
