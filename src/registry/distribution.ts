import type { Readable } from 'node:stream';
import {
  AccessDeniedError,
  AuthenticationError,
  ContentMismatchError,
  NotFoundError,
  RateLimitedError,
  SettingsError,
  SlimboardError,
  TooLargeError,
  UnknownRepositoryError,
  UnsupportedContentError,
} from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, isDigest, verifyDigest } from '../oci/digest.ts';
import { digestedContent, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { bareMediaType, MANIFEST_MEDIA_TYPES } from '../oci/media-type.ts';
import {
  DOCKER_HUB,
  isRepositoryName,
  parseRepositoryName,
  parseTag,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from '../oci/reference.ts';
import { compileGlobs } from '../settings/glob.ts';
import { Authenticator, CATALOG, type Scope } from './auth.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Connect, type ConnectionOptions, Connections } from './connections.ts';
import type { CredentialsProvider } from './credentials.ts';
import type { Answer } from './exchange.ts';
import { refusalOf } from './failure.ts';
import { keepNames } from './keep-names.ts';
import { listNames, MAX_PAGE_BYTES, PAGE_SIZE } from './paging.ts';
import type {
  CallOptions,
  FetchedManifest,
  ListedManifest,
  ListedRepository,
  ListOptions,
  Registry,
  RequestGovernor,
} from './registry.ts';
import { type FinalAnswer, type RequestObservation, Transport, type TransportRequest } from './transport.ts';

export interface DistributionOptions extends Partial<ConnectionOptions> {
  readonly registry: RegistryHost;
  readonly credentials: CredentialsProvider;
  readonly governor: RequestGovernor;
  /**
   * Names of repositories, or globs of them (`team-a/**`). Names alone need no `_catalog`; absent: all of `_catalog`.
   */
  readonly repositories?: readonly string[];
  /** Ask HEAD before a manifest that may be unchanged; `auto`: where a GET counts as a pull, and a HEAD does not. */
  readonly headForTags?: 'auto' | 'always' | 'never';
  /** For one whole answer (ms); default 120,000. */
  readonly requestTimeoutMs?: number;
  /** Default: connections of its own. */
  readonly connect?: Connect;
  readonly onRequest?: (observation: RequestObservation) => void;
  readonly clock?: Clock;
  /** From 0 to 1, for the spread of retries; default `Math.random`. */
  readonly random?: () => number;
}

/** With a latency of 20 ms, 64 lanes ask some 1,300 tags a second: more than most registries serve. */
const DEFAULT_CONNECTIONS = 64;
const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;
const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;
const ACCEPT_MANIFESTS = MANIFEST_MEDIA_TYPES.join(', ');

/**
 * A registry that speaks the OCI distribution API (1.0, 1.1; Docker's v2): it is only ever asked by GET and HEAD.
 * @throws SettingsError when the `caFile` cannot be read
 */
export function openDistributionRegistry(options: DistributionOptions): Registry {
  return new DistributionRegistry(options);
}

type Get = Pick<TransportRequest, 'headers' | 'signal' | 'what' | 'maxBytes'> & {
  readonly method?: 'GET' | 'HEAD';
  readonly scope: Scope;
};

class DistributionRegistry implements Registry {
  readonly #registry: RegistryHost;
  readonly #patterns: readonly string[] | undefined;
  readonly #asksHead: boolean;
  readonly #connections: Connections;
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;

  constructor(options: DistributionOptions) {
    const { registry, credentials, clock = systemClock, headForTags = 'auto' } = options;
    const { connect = (...to) => new Connections(...to) } = options;
    this.#registry = registry;
    this.#patterns = options.repositories;
    this.#asksHead = headForTags === 'always' || (headForTags === 'auto' && registry === DOCKER_HUB);
    this.#connections = connect(registry, {
      maxConnections: options.maxConnections ?? DEFAULT_CONNECTIONS,
      connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      ...(options.plainHttp === undefined ? {} : { plainHttp: options.plainHttp }),
      ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
    });
    this.#transport = new Transport({
      random: Math.random,
      requestTimeoutMs: DEFAULT_REQUEST_TIMEOUT_MS,
      ...options,
      clock,
      connections: this.#connections,
    });
    const send = (request: TransportRequest): Promise<Answer> => this.#transport.send(request);
    this.#authenticator = new Authenticator({ registry, base: this.#connections.base, credentials, clock, send });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  async *listRepositories(options: ListOptions): AsyncGenerator<readonly ListedRepository[]> {
    const patterns = this.#patterns ?? ['**'];
    const names = new Set(patterns.filter(isRepositoryName));
    if (names.size > 0) yield [...names].map((name) => this.#listed(name));
    const globs = patterns.filter((pattern) => !isRepositoryName(pattern));
    if (globs.length === 0) return;
    const matches = this.#patterns ? compileGlobs(globs) : () => true;
    for await (const page of this.#catalog(options)) {
      yield page.filter((name) => matches(name) && !names.has(name)).map((name) => this.#listed(name));
    }
  }

  async *listManifests(repository: ListedRepository, options: ListOptions): AsyncGenerator<readonly ListedManifest[]> {
    const { name } = repository;
    const what = `${this.#registry}/${name}: its tags`;
    const first = this.#url(`${name}/tags/list?n=${PAGE_SIZE}`);
    const pages = listNames({ first, field: 'tags', what }, (url) =>
      this.#getPage(url, { what, scope: pullScope(name), maxBytes: MAX_PAGE_BYTES, signal: options.signal }),
    );
    let isFirst = true;
    try {
      for await (const page of pages) {
        isFirst = false;
        yield keepNames(page, parseTag, options).map((tag) => ({ tag }));
      }
    } catch (error) {
      // The catalog of distribution 3, and of 2 on S3, goes on listing a repository whose last tag was removed.
      const isEmpty = error instanceof UnknownRepositoryError && isFirst && !this.#patterns?.includes(name);
      if (!isEmpty) throw error;
    }
  }

  async readTag(
    repository: ListedRepository,
    tag: Tag,
    known: Digest | undefined,
    options: CallOptions,
  ): Promise<FetchedManifest | 'unchanged'> {
    if (known && this.#asksHead && (await this.#headDigest(repository.name, tag, options)) === known)
      return 'unchanged';
    const what = `${this.#registry}/${repository.name}:${tag}`;
    const answer = await this.#getManifest(repository.name, tag, what, options, known);
    if (answer.status === 304) return 'unchanged';
    const fetched = asManifest(answer, what);
    return fetched.digest === known ? 'unchanged' : fetched;
  }

  async readManifests(
    repository: ListedRepository,
    digests: readonly Digest[],
    options: CallOptions,
  ): Promise<ReadonlyMap<Digest, FetchedManifest | Error>> {
    const read = async (digest: Digest): Promise<[Digest, FetchedManifest | Error]> => [
      digest,
      await this.#readManifest(repository.name, digest, options).catch(asItemError),
    ];
    return new Map(await Promise.all(digests.map(read)));
  }

  async readBlob(
    repository: ListedRepository,
    blob: Descriptor,
    options: CallOptions & { maxBytes: number },
  ): Promise<Uint8Array> {
    const what = this.#nameOf(repository.name, blob.digest);
    if (blob.size > options.maxBytes) {
      throw new TooLargeError(`${what}: ${blob.size} bytes, and at most ${options.maxBytes} are read`);
    }
    const { body } = await this.#get(this.#blobUrl(repository.name, blob.digest), {
      what,
      scope: pullScope(repository.name),
      maxBytes: blob.size,
      signal: options.signal,
    });
    if (body.length !== blob.size) {
      throw new ContentMismatchError(`${what}: expected ${blob.size} bytes, got ${body.length}`);
    }
    verifyDigest(body, blob.digest, what);
    return body;
  }

  async openBlob(repository: ListedRepository, blob: Descriptor, options: CallOptions): Promise<Readable> {
    const what = this.#nameOf(repository.name, blob.digest);
    const request = { what, scope: pullScope(repository.name), maxBytes: blob.size, signal: options.signal };
    const answer = await this.#ask(this.#blobUrl(repository.name, blob.digest), request, (sent) =>
      this.#transport.open(sent),
    );
    const { stream } = await this.#accept(answer, what);
    if (!stream) throw new ContentMismatchError(`${what}: the registry sent no content`);
    return stream;
  }

  async *#catalog(options: ListOptions): AsyncGenerator<readonly RepositoryName[]> {
    const what = `${this.#registry}: its repositories (_catalog)`;
    const first = this.#url(`_catalog?n=${PAGE_SIZE}`);
    const pages = listNames({ first, field: 'repositories', what }, (url) =>
      this.#getPage(url, { what, scope: CATALOG, maxBytes: MAX_PAGE_BYTES, signal: options.signal }),
    );
    try {
      for await (const page of pages) yield keepNames(page, parseRepositoryName, options);
    } catch (error) {
      throw withoutCatalog(error, this.#registry);
    }
  }

  async #readManifest(name: RepositoryName, digest: Digest, options: CallOptions): Promise<FetchedManifest> {
    const what = this.#nameOf(name, digest);
    const { body, headers } = await this.#getManifest(name, digest, what, options);
    const mediaType = bareMediaType(headers['content-type']);
    const content = digestedContent(body, mediaType);
    verifyDigest(content, digest, what);
    return { digest, mediaType, body: content };
  }

  #getManifest(
    name: RepositoryName,
    reference: Tag | Digest,
    what: string,
    { signal }: CallOptions,
    known?: Digest,
  ): Promise<Answer> {
    const condition = known ? { 'if-none-match': `"${known}"` } : {};
    return this.#get(this.#url(`${name}/manifests/${reference}`), {
      what,
      scope: pullScope(name),
      headers: { accept: ACCEPT_MANIFESTS, ...condition },
      maxBytes: MAX_MANIFEST_BYTES,
      signal,
    });
  }

  /** The digest that a tag names, without its manifest; undefined where the registry does not tell. */
  async #headDigest(name: RepositoryName, tag: Tag, { signal }: CallOptions): Promise<Digest | undefined> {
    const { headers } = await this.#get(this.#url(`${name}/manifests/${tag}`), {
      method: 'HEAD',
      what: `${this.#registry}/${name}:${tag}`,
      scope: pullScope(name),
      headers: { accept: ACCEPT_MANIFESTS },
      maxBytes: MAX_MANIFEST_BYTES,
      signal,
    });
    return digestHeader(headers);
  }

  async #getPage(url: URL, request: Get): Promise<Answer> {
    const answer = await this.#ask(url, request, (sent) => this.#transport.send(sent));
    // Some registries are set up for smaller pages, and refuse instead of sending them.
    if (answer.status !== 400 || !url.searchParams.has('n')) return this.#accept(answer, request.what);
    const unsized = new URL(url);
    unsized.searchParams.delete('n');
    return this.#get(unsized, request);
  }

  async #get(url: URL, request: Get): Promise<Answer> {
    return this.#accept(await this.#ask(url, request, (sent) => this.#transport.send(sent)), request.what);
  }

  #ask<A extends FinalAnswer>(
    url: URL,
    { scope, method = 'GET', ...request }: Get,
    send: (request: TransportRequest) => Promise<A>,
  ): Promise<A> {
    return this.#authenticator.ask(scope, request.signal, (authorization) =>
      send({ ...request, method, url, authorization }),
    );
  }

  /** The answer itself where it is a success or a 304. @throws the error that it means otherwise */
  async #accept<A extends FinalAnswer>(answer: A, what: string): Promise<A> {
    if (answer.status === 200 || answer.status === 304) return answer;
    const isForeign = answer.origin !== this.#connections.base.origin;
    if (isForeign && [401, 403].includes(answer.status)) throw foreignRefusalOf(answer, what);
    throw refusalOf(answer, what, await this.#authenticator.describe());
  }

  #listed(name: RepositoryName): ListedRepository {
    return { name, registry: this.#registry };
  }

  #url(path: string): URL {
    return new URL(`/v2/${path}`, this.#connections.base);
  }

  #blobUrl(name: RepositoryName, digest: Digest): URL {
    return this.#url(`${name}/blobs/${digest}`);
  }

  #nameOf(name: RepositoryName, digest: Digest): string {
    return `${this.#registry}/${name}@${digest}`;
  }
}

function pullScope(name: RepositoryName): Scope {
  return `repository:${name}:pull`;
}

function asManifest({ body, headers }: Answer, what: string): FetchedManifest {
  const mediaType = bareMediaType(headers['content-type']);
  const content = digestedContent(body, mediaType);
  const told = digestHeader(headers);
  if (told) verifyDigest(content, told, what);
  return { digest: told ?? digestOf(content), mediaType, body: content };
}

/** Optional, and 304s of distribution 2.8 lack it. */
function digestHeader(headers: Answer['headers']): Digest | undefined {
  const value = headers['docker-content-digest'];
  return typeof value === 'string' && isDigest(value) ? value : undefined;
}

/** Credentials were neither sent nor missed there. */
function foreignRefusalOf({ origin, status }: FinalAnswer, what: string): AccessDeniedError {
  return new AccessDeniedError(
    `${what}: ${new URL(origin).host}, to which the registry redirected, refuses this (HTTP ${status}): check the storage of the registry, or name that host if it is the registry itself`,
  );
}

/** An item's own failure; a limit or an abort concerns all of them, and is thrown. */
function asItemError(error: unknown): Error {
  if (error instanceof SlimboardError && !(error instanceof RateLimitedError)) return error;
  throw error;
}

/** A refusal stays the refusal that it is; either way, names in the settings need no catalog. */
function withoutCatalog(error: unknown, registry: RegistryHost): unknown {
  if (!(error instanceof SlimboardError)) return error;
  const kind = [AuthenticationError, AccessDeniedError].find((refusal) => error instanceof refusal);
  const lacking = error instanceof NotFoundError || error instanceof UnsupportedContentError;
  if (!kind && !lacking) return error;
  return new (kind ?? SettingsError)(
    `${registry} gives no list of its repositories (${error.message}): name them in the source's "repositories", without wildcards`,
    { cause: error },
  );
}
