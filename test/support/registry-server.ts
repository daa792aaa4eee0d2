import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { closeServer } from '../../src/network/http-server.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseRegistryHost, type RegistryHost } from '../../src/oci/reference.ts';
import { listenOnFreePort } from './free-port.ts';
import type { BuiltManifest } from './image-builder.ts';
import { basic, json, notFound, readBody, refuse } from './registry-answers.ts';

/**
 * A registry in the test process. It serves the read side of the distribution API from memory, on a free port of
 * 127.0.0.1. `push` adds contents, `requests` lists what clients requested, and `fault` makes it misbehave.
 */

export interface RegistryServerOptions {
  /** Names per page of `_catalog` and `tags/list`, regardless of `n`; default: `n`, or all names without it. */
  readonly pageSize?: number;
  /** False: `_catalog` answers 404, as on many hosted registries. */
  readonly catalog?: boolean;
  /** What `_catalog` lists for anonymous clients, instead of refusing them (Quay, zot). */
  readonly publicCatalog?: readonly string[];
  readonly auth?: BasicAuth | TokenAuth;
  /**
   * Redirects requests for blobs to a second server, which refuses requests with an Authorization header; true: by 307.
   */
  readonly redirectBlobs?: boolean | 302;
  /** False: no Docker-Content-Digest header. */
  readonly digestHeader?: boolean;
  readonly tls?: https.ServerOptions;
}

export interface BasicAuth {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: string;
}

/** Bearer tokens from `/token`, each valid for the one requested scope. */
export interface TokenAuth {
  readonly kind: 'token';
  /** Absent: every client gets a token. */
  readonly username?: string;
  readonly password?: string;
  /** Accepted as refresh_token by POST. */
  readonly identityToken?: string;
  /** The lifetime (seconds) that clients are told; tokens really expire by {@link RegistryServer.expireTokens} only. */
  readonly expiresIn?: number;
  /** How many requests a token is accepted for, whatever its announced lifetime. */
  readonly maxUses?: number;
  /** As on Quay: only scopes of repositories are known, others are bad requests, and the catalog accepts any token. */
  readonly repositoryScopesOnly?: boolean;
  /** The scope that challenges name, instead of the one that the request needs. */
  readonly challengedScope?: string;
  /** Tokens come from the second server, which then is another origin. */
  readonly elsewhere?: boolean;
  /** What the server answers with a token; default: `token` (by POST `access_token`) and perhaps `expires_in`. */
  readonly answer?: (token: string) => object;
}

/** A request that the registry received. */
export interface ServedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Undefined while the request is being answered, or if its connection was cut. */
  readonly status: number | undefined;
}

/** Answers a request instead of the registry; may call `next` to let the registry answer after all. */
export type Fault = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Which requests a fault applies to. */
export interface FaultMatch {
  readonly method?: string;
  readonly path?: RegExp;
  /** How many requests it applies to; default: all. */
  readonly times?: number;
}

export interface RegistryServer {
  /** `127.0.0.1:PORT` */
  readonly host: RegistryHost;
  readonly url: string;
  /** The second server, to which requests for blobs can be redirected. */
  readonly blobHostUrl: string;
  readonly requests: readonly ServedRequest[];
  /** The number of TCP connections accepted so far. */
  readonly connections: number;
  /** Adds a manifest under a tag (undefined: by digest only), with everything that it refers to. */
  push(repository: string, tag: string | undefined, content: BuiltManifest): Digest;
  untag(repository: string, tag: string): void;
  deleteRepository(repository: string): void;
  /** Adds names to the listings without checks, for names that no registry should contain. */
  listAlso(names: {
    readonly repositories?: readonly string[];
    readonly tags?: Readonly<Record<string, string[]>>;
  }): void;
  /** Installs a fault; the newest one that matches a request applies. The returned function removes it. */
  fault(match: FaultMatch, fault: Fault): () => void;
  /** The number of requests so far whose method and path match. */
  count(match?: Pick<FaultMatch, 'method' | 'path'>): number;
  forgetRequests(): void;
  /** Makes all tokens issued so far invalid. */
  expireTokens(): void;
  close(): Promise<void>;
}

interface Repository {
  readonly tags: Map<string, Digest>;
  readonly manifests: Map<string, BuiltManifest>;
  readonly blobs: Map<string, Buffer>;
}

/** Starts a registry; the caller closes it. */
export async function startRegistry(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = new MemoryRegistry(options);
  await server.listen();
  return server;
}

type InstalledFault = { readonly match: FaultMatch; readonly fault: Fault; left: number };

class MemoryRegistry implements RegistryServer {
  readonly requests: ServedRequest[] = [];
  connections = 0;
  readonly #options: RegistryServerOptions;
  readonly #repositories = new Map<string, Repository>();
  readonly #extraRepositories: string[] = [];
  readonly #extraTags = new Map<string, string[]>();
  readonly #faults: InstalledFault[] = [];
  readonly #tokens = new Map<string, { readonly scope: string; left: number }>();
  readonly #server: http.Server;
  readonly #blobHost: http.Server;
  #port = 0;
  #blobPort = 0;

  constructor(options: RegistryServerOptions) {
    this.#options = options;
    const handle = (request: IncomingMessage, response: ServerResponse): void => this.#handle(request, response);
    this.#server = options.tls ? https.createServer(options.tls, handle) : http.createServer(handle);
    this.#server.on('connection', () => {
      this.connections += 1;
    });
    this.#blobHost = http.createServer((request, response) => this.#answerBlobHost(request, response));
  }

  get host(): RegistryHost {
    return parseRegistryHost(`127.0.0.1:${this.#port}`);
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://${this.host}`;
  }

  get blobHostUrl(): string {
    return `http://127.0.0.1:${this.#blobPort}`;
  }

  async listen(): Promise<void> {
    this.#port = await listenOnFreePort(this.#server);
    this.#blobPort = await listenOnFreePort(this.#blobHost);
  }

  async close(): Promise<void> {
    await Promise.all([this.#server, this.#blobHost].map(closeServer));
  }

  push(repository: string, tag: string | undefined, content: BuiltManifest): Digest {
    const held = this.#repositories.get(repository) ?? { tags: new Map(), manifests: new Map(), blobs: new Map() };
    this.#repositories.set(repository, held);
    store(held, content);
    if (tag !== undefined) held.tags.set(tag, content.digest);
    return content.digest;
  }

  untag(repository: string, tag: string): void {
    this.#repositories.get(repository)?.tags.delete(tag);
  }

  deleteRepository(repository: string): void {
    this.#repositories.delete(repository);
  }

  listAlso(names: { repositories?: readonly string[]; tags?: Readonly<Record<string, string[]>> }): void {
    this.#extraRepositories.push(...(names.repositories ?? []));
    for (const [repository, tags] of Object.entries(names.tags ?? {})) this.#extraTags.set(repository, tags);
  }

  fault(match: FaultMatch, fault: Fault): () => void {
    const installed = { match, fault, left: match.times ?? Number.POSITIVE_INFINITY };
    this.#faults.unshift(installed);
    return () => {
      this.#faults.splice(this.#faults.indexOf(installed), 1);
    };
  }

  count(match: Pick<FaultMatch, 'method' | 'path'> = {}): number {
    return this.requests.filter(({ method, path }) => matches(match, method, path)).length;
  }

  forgetRequests(): void {
    this.requests.length = 0;
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const served = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      status: undefined,
    };
    this.requests.push(served);
    response.on('finish', () => Object.assign(served, { status: response.statusCode }));
    const installed = this.#faults.find(({ match, left }) => left > 0 && matches(match, served.method, served.path));
    const answer = (): void => {
      this.#answer(request, response);
    };
    if (installed) {
      installed.left -= 1;
      installed.fault(request, response, answer);
    } else answer();
  }

  #answer(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const url = new URL(request.url ?? '', this.url);
    if (url.pathname === '/token') return this.#answerToken(request, response, url);
    if (!url.pathname.startsWith('/v2/')) return notFound(response, 'NOT_FOUND');
    if (!['GET', 'HEAD'].includes(request.method ?? '')) return refuse(response, 405, 'UNSUPPORTED');
    const rest = url.pathname.slice('/v2/'.length);
    const [, name = '', kind = '', reference = ''] = /^(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(rest) ?? [];
    const scope = rest === '' ? '' : rest === '_catalog' ? this.#catalogScope : `repository:${name}:pull`;
    if (rest === '_catalog' && this.#options.publicCatalog && !request.headers.authorization) {
      return json(response, 200, { repositories: this.#options.publicCatalog });
    }
    if (!this.#isAuthorized(request, scope)) return this.#challenge(response, scope);
    if (rest === '') return json(response, 200, {});
    if (rest === '_catalog') return this.#answerCatalog(response, url);
    const repository = this.#repositories.get(name);
    if (!repository) return notFound(response, 'NAME_UNKNOWN');
    if (kind === 'tags') return this.#answerTags(response, url, name, repository);
    if (kind === 'manifests') return this.#answerManifest(request, response, repository, reference);
    return this.#answerBlob(response, repository, reference);
  }

  get #catalogScope(): string {
    return this.#knowsScope('registry:catalog:*') ? 'registry:catalog:*' : '';
  }

  #knowsScope(scope: string): boolean {
    const { auth } = this.#options;
    return auth?.kind !== 'token' || !auth.repositoryScopesOnly || /^(?:repository:|$)/.test(scope);
  }

  #answerCatalog(response: ServerResponse, url: URL): ServerResponse {
    if (this.#options.catalog === false) return notFound(response, 'NOT_FOUND');
    const names = [...this.#repositories.keys()].sort();
    const page = this.#page(response, url, [...names, ...this.#extraRepositories]);
    return json(response, 200, { repositories: page });
  }

  #answerTags(response: ServerResponse, url: URL, name: string, repository: Repository): ServerResponse {
    const tags = [...repository.tags.keys()].sort();
    const page = this.#page(response, url, [...tags, ...(this.#extraTags.get(name) ?? [])]);
    // distribution 2 sends null when a repository has no tags.
    return json(response, 200, { name, tags: page.length > 0 ? page : null });
  }

  /** A page of names. Cursors are opaque, so a client that builds the next address itself fails. */
  #page(response: ServerResponse, url: URL, all: readonly string[]): readonly string[] {
    const size = this.#options.pageSize ?? Number(url.searchParams.get('n') ?? all.length);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    if (from + size < all.length) {
      response.setHeader('link', `<${url.pathname}?cursor=${from + size}&n=${size}>; rel="next"`);
    }
    return all.slice(from, from + size);
  }

  #answerManifest(
    request: IncomingMessage,
    response: ServerResponse,
    repository: Repository,
    reference: string,
  ): ServerResponse {
    const digest = repository.tags.get(reference) ?? reference;
    const manifest = repository.manifests.get(digest);
    if (!manifest) return notFound(response, 'MANIFEST_UNKNOWN');
    response.setHeader('etag', `"${digest}"`);
    if (this.#options.digestHeader !== false) response.setHeader('docker-content-digest', digest);
    if (request.headers['if-none-match'] === `"${digest}"`) return response.writeHead(304).end();
    response.writeHead(200, { 'content-type': manifest.mediaType, 'content-length': manifest.body.length });
    return response.end(request.method === 'HEAD' ? undefined : manifest.body);
  }

  #answerBlob(response: ServerResponse, repository: Repository, digest: string): ServerResponse {
    const blob = repository.blobs.get(digest);
    if (!blob) return notFound(response, 'BLOB_UNKNOWN');
    if (this.#options.redirectBlobs) {
      const status = this.#options.redirectBlobs === true ? 307 : this.#options.redirectBlobs;
      return response.writeHead(status, { location: `${this.blobHostUrl}/${digest}?signature=secret` }).end();
    }
    return response
      .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': blob.length })
      .end(blob);
  }

  /** Like an object store with presigned URLs, it refuses requests that also have an Authorization header. */
  #answerBlobHost(request: IncomingMessage, response: ServerResponse): ServerResponse {
    if (this.#elsewhere && request.url?.startsWith('/token'))
      return this.#answerToken(request, response, new URL(request.url, this.blobHostUrl));
    if (request.headers.authorization) return refuse(response, 400, 'InvalidArgument');
    const digest = new URL(request.url ?? '', this.blobHostUrl).pathname.slice(1);
    for (const { blobs } of this.#repositories.values()) {
      const blob = blobs.get(digest);
      if (blob) return response.writeHead(200, { 'content-length': blob.length }).end(blob);
    }
    return notFound(response, 'NoSuchKey');
  }

  #isAuthorized(request: IncomingMessage, scope: string): boolean {
    const { auth } = this.#options;
    const { authorization = '' } = request.headers;
    if (!auth) return true;
    if (auth.kind === 'basic') return authorization === basic(auth.username, auth.password);
    const granted = this.#tokens.get(authorization.replace(/^Bearer /, ''));
    return granted !== undefined && (scope === '' || granted.scope === scope) && granted.left-- > 0;
  }

  #challenge(response: ServerResponse, scope: string): ServerResponse {
    const { auth } = this.#options;
    const named = (auth?.kind === 'token' && auth.challengedScope) || scope;
    const realm = `${this.#elsewhere ? this.blobHostUrl : this.url}/token`;
    const bearer = `Bearer realm="${realm}",service="${this.host}"${named ? `,scope="${named}"` : ''}`;
    const challenge = auth?.kind === 'basic' ? 'Basic realm="test"' : bearer;
    response.setHeader('www-authenticate', challenge);
    return refuse(response, 401, 'UNAUTHORIZED');
  }

  get #elsewhere(): boolean {
    const { auth } = this.#options;
    return auth?.kind === 'token' && auth.elsewhere === true;
  }

  #answerToken(request: IncomingMessage, response: ServerResponse, url: URL): ServerResponse {
    readBody(request, (body) => {
      const form = request.method === 'POST' ? new URLSearchParams(body) : url.searchParams;
      if (!this.#mayHaveToken(request, form)) return refuse(response, 401, 'UNAUTHORIZED');
      const scope = form.get('scope') ?? '';
      if (!this.#knowsScope(scope)) return refuse(response, 400, 'INVALID_REQUEST');
      const token = randomUUID();
      const { auth } = this.#options;
      const { expiresIn, maxUses = Number.POSITIVE_INFINITY } = auth?.kind === 'token' ? auth : {};
      this.#tokens.set(token, { scope, left: maxUses });
      if (auth?.kind === 'token' && auth.answer) return json(response, 200, auth.answer(token));
      const name = request.method === 'POST' ? 'access_token' : 'token';
      return json(response, 200, { [name]: token, ...(expiresIn === undefined ? {} : { expires_in: expiresIn }) });
    });
    return response;
  }

  #mayHaveToken(request: IncomingMessage, form: URLSearchParams): boolean {
    const { auth } = this.#options;
    if (auth?.kind !== 'token') return false;
    if (request.method === 'POST') return form.get('refresh_token') === auth.identityToken;
    if (auth.username === undefined) return true;
    return request.headers.authorization === basic(auth.username, auth.password ?? '');
  }
}

function store(repository: Repository, content: BuiltManifest): void {
  repository.manifests.set(content.digest, content);
  for (const [digest, blob] of content.blobs) repository.blobs.set(digest, blob);
  for (const child of content.children) store(repository, child);
}

function matches(match: FaultMatch, method: string, path: string): boolean {
  return (match.method === undefined || match.method === method) && (match.path === undefined || match.path.test(path));
}
