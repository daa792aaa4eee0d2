import type { Pool } from 'undici';
import { MalformedContentError } from '../errors.ts';
import { DOCKER_HUB, type RegistryHost } from '../oci/reference.ts';
import { orAborted } from './abort.ts';
import type { Secret } from './auth/secret.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { Connections } from './connections.ts';
import { type Answer, type ExchangeRequest, exchange } from './exchange.ts';
import { failureOf, findFailure, isPassing } from './failure.ts';
import { type Asked, Outages } from './outages.ts';
import { rateLimitsOf } from './rate-limit-headers.ts';
import { errorCodeOf, isTemporary, outcomeKind, refusalOf } from './refusal.ts';
import type { RequestGovernor, RequestOutcome } from './registry.ts';
import { RetryBudget } from './retry.ts';
import { openStream, type StreamAnswer } from './stream.ts';

/** What a {@link Transport} needs. */
export interface TransportOptions {
  readonly registry: RegistryHost;
  readonly connections: Connections;
  readonly governor: RequestGovernor;
  readonly clock?: Clock;
  /** From 0 to 1, for the spread of retries; default `Math.random`. */
  readonly random?: () => number;
  /** For one whole answer (ms); default 120,000. */
  readonly requestTimeoutMs?: number;
  /** Called after each request. */
  readonly onRequest?: ((kind: RequestOutcome['kind']) => void) | undefined;
}

const DEFAULTS = { clock: systemClock, random: Math.random, requestTimeoutMs: 120_000 };

/** A request as {@link Transport} sends it. */
export interface TransportRequest extends Omit<ExchangeRequest, 'path' | 'headers'> {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What of the server may be down alone, see {@link Outages}: a repository, or the service for tokens. */
  readonly part?: string;
  /**
   * The Authorization header, sent only to the origin of `url`. Called when the request's turn has come, because a
   * token may have been renewed while it waited.
   */
  readonly authorization?: () => Secret | undefined;
  /** The token in the body, if there is one. */
  readonly bodyToken?: Secret;
}

/** An answer, and the origin that gave it: the one that was asked, or the last one of its redirects. */
export type FinalAnswer<A extends Answer = Answer> = A & {
  readonly origin: string;
  /** Names what was asked for, and the host that answered if it is another one, in messages. */
  readonly what: string;
};

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

type Send<A extends Answer> = (request: TransportRequest, url: URL, authorization: Secret | undefined) => Promise<A>;

/**
 * Sends requests to one registry. Each waits for a place at the governor, safe redirects are followed, and passing
 * failures are retried within {@link RetryBudget}.
 */
export class Transport {
  readonly #options: TransportOptions & typeof DEFAULTS;
  readonly #outages: Outages;

  constructor(options: TransportOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#outages = new Outages(this.#options.clock);
  }

  /**
   * Sends a request and returns the answer, whatever its status, unless that is temporary.
   * @throws RegistryUnavailableError, RateLimitedError when the budget is spent; TooLargeError; MalformedContentError
   *   for a redirect that must not be followed; the signal's reason
   */
  send(request: TransportRequest): Promise<FinalAnswer> {
    return this.#sendWithRetries(request, (...call) => this.#exchange(...call));
  }

  /** Like {@link Transport.send}, with the body of a 200 as a stream, which keeps its place until it closes. */
  open(request: TransportRequest): Promise<FinalAnswer<StreamAnswer>> {
    return this.#sendWithRetries(request, (...call) => this.#openStream(...call));
  }

  async #sendWithRetries<A extends Answer>(request: TransportRequest, send: Send<A>): Promise<FinalAnswer<A>> {
    const budget = new RetryBudget(this.#options.random);
    for (;;) {
      const delayMs = await this.#attempt(request, send).then(
        (answer) => this.#answerOrDelay(answer, request, budget),
        (error: unknown) => this.#delayAfter(error, request, budget),
      );
      if (typeof delayMs !== 'number') return delayMs;
      if (delayMs > 0) await sleep(this.#options.clock, delayMs, request.signal);
    }
  }

  /** The answer, or how long to wait before the next attempt (ms). */
  #answerOrDelay<A extends FinalAnswer>(answer: A, request: TransportRequest, budget: RetryBudget): A | number {
    const { what } = answer;
    if (asksToSlowDown(answer)) {
      const outage = this.#outages.find(asked(request, answer));
      if (outage) throw failureOf(outage, what, request.url.protocol);
      budget.countRefusal(what, rateLimitsOf(answer.headers, Date.now()).retryAfterMs);
      return 0;
    }
    return isTemporary(answer) ? budget.delayAfterFailure(refusalOf(answer, what, '')) : answer;
  }

  #delayAfter(error: unknown, request: TransportRequest, budget: RetryBudget): number {
    request.signal?.throwIfAborted();
    const failure = failureOf(error, request.what, request.url.protocol);
    if (!isPassing(error) || this.#outages.isCauseOf(error)) throw failure;
    return budget.delayAfterFailure(failure);
  }

  async #attempt<A extends Answer>(request: TransportRequest, send: Send<A>): Promise<FinalAnswer<A>> {
    const { governor, registry } = this.#options;
    this.#outages.check(asked(request));
    const release = await governor.acquire(registry, { signal: request.signal });
    try {
      const answer = await this.#follow(request, send);
      const outcome = this.#outcomeOf(answer, request);
      const { stream } = answer as StreamAnswer;
      if (stream) stream.once('close', () => release(outcome));
      else release(outcome);
      return answer;
    } catch (error) {
      release({ kind: 'failed' });
      throw error;
    }
  }

  #outcomeOf(answer: FinalAnswer, request: TransportRequest): RequestOutcome {
    const outcome = outcomeOf(answer, this.#options.registry, request.method);
    if (!outcome.mayBeOutage || !this.#outages.failsAlone(asked(request, answer))) return outcome;
    return { ...outcome, kind: 'failed' };
  }

  async #follow<A extends Answer>(request: TransportRequest, send: Send<A>): Promise<FinalAnswer<A>> {
    let { url } = request;
    let authorization = request.authorization?.();
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const answer = await this.#askUnlessDown(request, url, () => send(request, url, authorization));
      // A POST has a token in its body, which must not go to another address.
      const target = request.method === 'POST' ? undefined : redirectTarget(answer, url, request.what);
      if (!target)
        return { ...answer, origin: url.origin, what: nameOf(request, url), sent: authorization ?? request.bodyToken };
      if (target.origin !== url.origin) authorization = undefined;
      url = target;
    }
    throw new MalformedContentError(`${request.what}: more than ${MAX_REDIRECTS} redirects in a row`);
  }

  async #askUnlessDown<A extends Answer>(request: TransportRequest, url: URL, send: () => Promise<A>): Promise<A> {
    const startedAtMs = this.#options.clock.now();
    try {
      this.#outages.check(asked(request, url));
      const answer = await send();
      this.#noteAnswer(asked(request, url), answer, startedAtMs);
      return answer;
    } catch (error) {
      if (!request.signal?.aborted) this.#outages.noteFailure(asked(request, url), error, startedAtMs);
      throw url === request.url ? error : (findFailure(error, nameOf(request, url), url.protocol) ?? error);
    }
  }

  #noteAnswer(to: Asked, answer: Answer, startedAtMs: number): void {
    if (asksToSlowDown(answer))
      this.#outages.noteRefusal(to, startedAtMs, rateLimitsOf(answer.headers, Date.now()).retryAfterMs);
    else this.#outages.noteAnswer(to, isTemporary(answer) ? answer.status : undefined, startedAtMs);
  }

  /** The pool for an address of a request: its own, or one that it was redirected to. */
  #poolFor(request: TransportRequest, url: URL): Pool {
    return this.#options.connections.poolFor(url, isRedirected(request, url));
  }

  #exchange(request: TransportRequest, url: URL, authorization: Secret | undefined): Promise<Answer> {
    const { clock, requestTimeoutMs } = this.#options;
    const pool = this.#poolFor(request, url);
    const exchanged = exchange(pool, asSent(request, url, authorization), clock, requestTimeoutMs);
    return this.#observed(exchanged);
  }

  #openStream(request: TransportRequest, url: URL, authorization: Secret | undefined): Promise<StreamAnswer> {
    const { clock, requestTimeoutMs } = this.#options;
    const opened = openStream(this.#poolFor(request, url), asSent(request, url, authorization), {
      clock,
      deadlineMs: requestTimeoutMs,
      // A stream may break long after it was opened: its reader then gets the error that `open` would have thrown.
      asError: (error) => findFailure(error, nameOf(request, url), url.protocol) ?? error,
    });
    // undici itself ends a request only once its connection is open.
    return this.#observed(orAborted(opened, request.signal));
  }

  /** Reports an exchange to the observer. */
  #observed<A extends Answer>(answering: Promise<A>): Promise<A> {
    const { onRequest } = this.#options;
    if (onRequest)
      void answering.then(
        (answer) => onRequest(kindOf(answer)),
        () => onRequest('failed'),
      );
    return answering;
  }
}

/** What a request asks, at its own server or another one to which it was redirected. */
function asked({ url, part }: TransportRequest, { origin }: { readonly origin: string } = url): Asked {
  return { origin, part };
}

/** What is asked for; and the host that fails, where it is not the one that was asked. */
function nameOf(request: TransportRequest, url: URL): string {
  const { what } = request;
  return isRedirected(request, url) ? `${what}: ${url.host}, to which the registry redirected` : what;
}

/** Whether a request was redirected to another origin, where `url` lies. */
function isRedirected(request: TransportRequest, url: URL): boolean {
  return url !== request.url && url.origin !== request.url.origin;
}

function asSent(request: TransportRequest, url: URL, authorization: Secret | undefined): ExchangeRequest {
  const { method, body, maxBytes, what, signal } = request;
  const path = url.pathname + url.search;
  const headers = { ...request.headers, 'user-agent': 'slimboard', 'accept-encoding': 'identity' };
  if (!authorization) return { method, path, headers, body, maxBytes, what, signal };
  return { method, path, headers: { ...headers, authorization: authorization.reveal() }, body, maxBytes, what, signal };
}

/**
 * Where an answer redirects to; undefined if it does not.
 * @throws MalformedContentError for an invalid address, for a protocol other than HTTP(S), and for HTTP after HTTPS
 */
export function redirectTarget(answer: Answer, from: URL, what: string): URL | undefined {
  const { location } = answer.headers;
  if (!REDIRECTS.has(answer.status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) throw new MalformedContentError(`${what}: redirected to an invalid URL`);
  const target = new URL(location, from);
  if (target.protocol === 'https:' || target.protocol === from.protocol) return target;
  throw new MalformedContentError(
    `${what}: redirected from ${from.protocol}// to ${target.protocol}//${target.host}, which is not followed`,
  );
}

/**
 * Whether the registry asks to slow down: 429, its error code under another status, 503 with Retry-After or SlowDown, 403
 * with Retry-After (GitHub's secondary rate limit).
 */
function asksToSlowDown(answer: Answer): boolean {
  if (answer.status === 429) return true;
  if (answer.headers['retry-after'] !== undefined && (answer.status === 403 || answer.status === 503)) return true;
  return answer.status >= 400 && SLOW_DOWN.has(errorCodeOf(answer) ?? '');
}

/** @see distribution-spec, "Error Codes"; S3 API reference, "Error responses" */
const SLOW_DOWN: ReadonlySet<string> = new Set(['TOOMANYREQUESTS', 'SlowDown']);

function kindOf(answer: Answer): RequestOutcome['kind'] {
  return asksToSlowDown(answer) ? 'throttled' : outcomeKind(answer.status);
}

function outcomeOf(answer: Answer, registry: RegistryHost, method: string): RequestOutcome {
  const { retryAfterMs, ...budget } = rateLimitsOf(answer.headers, Date.now());
  return {
    status: answer.status,
    kind: kindOf(answer),
    ...(answer.status === 503 && !asksToSlowDown(answer) ? { mayBeOutage: true } : {}),
    retryAfterMs,
    // Docker Hub does not count HEAD against its budget: what remains need not be spread over HEADs.
    ...(method === 'HEAD' && registry === DOCKER_HUB ? {} : budget),
  };
}
