import { AccessDeniedError } from '../errors.ts';
import { Authenticator } from './auth/authenticator.ts';
import type { CredentialsProvider } from './auth/credentials.ts';
import type { Scope } from './auth/token-server.ts';
import { systemClock } from './clock.ts';
import { type Connect, type ConnectionOptions, Connections } from './connections.ts';
import { withoutSize } from './paging.ts';
import { refusalOf, saidBy } from './refusal.ts';
import type { StreamAnswer } from './stream.ts';
import { type FinalAnswer, Transport, type TransportOptions, type TransportRequest } from './transport.ts';

/** How to reach one registry. */
export interface DistributionClientOptions extends ConnectionOptions, Omit<TransportOptions, 'connections'> {
  readonly credentials: CredentialsProvider;
  /** Default: connections of its own. */
  readonly connect?: Connect | undefined;
}

/** A request, with the scope that its token needs. */
export type DistributionRequest = Pick<TransportRequest, 'headers' | 'signal' | 'what' | 'maxBytes'> & {
  readonly method?: 'GET' | 'HEAD';
  readonly scope: Scope;
};

/** Sends requests to one registry with its credentials, and throws the errors that refusals mean. */
export class DistributionClient {
  readonly #connections: Connections;
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;

  /** @throws SettingsError when the `caFile` cannot be read */
  constructor(options: DistributionClientOptions) {
    const { registry, credentials, clock = systemClock } = options;
    const { connect = (...to) => new Connections(...to) } = options;
    this.#connections = connect(registry, options);
    this.#transport = new Transport({ ...options, connections: this.#connections });
    const send = (request: TransportRequest): Promise<FinalAnswer> => this.#transport.send(request);
    this.#authenticator = new Authenticator({ registry, base: this.#connections.base, credentials, clock, send });
  }

  close(): Promise<void> {
    this.#authenticator.close();
    return this.#connections.close();
  }

  /** The address of an endpoint. @param path below `/v2/`. @see distribution-spec, "Endpoints" */
  url(path: string): URL {
    return new URL(`/v2/${path}`, this.#connections.base);
  }

  /** @returns an answer with status 200 or 304 */
  async get(url: URL, request: DistributionRequest): Promise<FinalAnswer> {
    return this.#accept(await this.#send(url, request));
  }

  /**
   * Reads a page of a list. A registry set up for smaller pages may refuse with 400 (distribution) or 413 (Quay, for a
   * while): it is then asked without `n`.
   */
  async getPage(url: URL, request: DistributionRequest): Promise<FinalAnswer> {
    const answer = await this.#send(url, request);
    const isRefused = (answer.status === 400 || answer.status === 413) && url.searchParams.has('n');
    return isRefused ? this.get(withoutSize(url), request) : this.#accept(answer);
  }

  /** Like `get`, with the body as a stream. */
  async open(url: URL, request: DistributionRequest): Promise<FinalAnswer<StreamAnswer>> {
    return this.#accept(await this.#ask(url, request, (sent) => this.#transport.open(sent)));
  }

  #send(url: URL, request: DistributionRequest): Promise<FinalAnswer> {
    return this.#ask(url, request, (sent) => this.#transport.send(sent));
  }

  #ask<A extends FinalAnswer>(
    url: URL,
    { scope, method = 'GET', headers, signal, what, maxBytes }: DistributionRequest,
    send: (request: TransportRequest) => Promise<A>,
  ): Promise<A> {
    return this.#authenticator.ask(scope, signal, (authorization) =>
      send({ method, url, headers, signal, what, maxBytes, authorization, part: scope }),
    );
  }

  /** The answer, if it is a 200 or 304. @throws the error that any other status means */
  async #accept<A extends FinalAnswer>(answer: A): Promise<A> {
    if (answer.status === 200 || answer.status === 304) return answer;
    const isForeign = answer.origin !== this.#connections.base.origin;
    if (isForeign && [401, 403].includes(answer.status)) throw foreignRefusalOf(answer);
    throw refusalOf(answer, answer.what, await this.#authenticator.describe());
  }
}

/** A refusal by a host that the registry redirected to: no credentials were sent, so the message names none. */
function foreignRefusalOf(answer: FinalAnswer): AccessDeniedError {
  return new AccessDeniedError(
    `${answer.what}, refused the request with HTTP ${answer.status}${saidBy(answer)}: check the storage of the registry, or use that host's name if it is the registry itself`,
  );
}
