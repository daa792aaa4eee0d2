import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { listenOn } from '../../src/network/http-server.ts';
import {
  type Content,
  type RegistryShape,
  renderRepository,
  repositoryCount,
  repositoryName,
  repositoryNumber,
  type SyntheticRepository,
} from './content.ts';

/** How the registry behaves; a POST to `/__behaviour` changes it while it runs. */
export interface Behaviour extends RegistryShape {
  readonly latencyMs: number;
  /** The share of requests that fail, in turn with 429, 500 and a reset connection. */
  readonly errorRate: number;
}

/** What clients have requested since the last POST to `/__behaviour`; GET `/__stats` returns it. */
export interface RegistryStats {
  connections: number;
  catalog: number;
  tagList: number;
  manifestByTag: number;
  manifestByDigest: number;
  blob: number;
  /** Requests for manifests that were answered without a body: HEAD, and 304. */
  withoutBody: number;
  failed: number;
}

const CACHED_REPOSITORIES = 1_024;
const MAX_PAGE = 1_000;
const ROUTE = /^\/v2\/(?<name>.+)\/(?<kind>manifests|blobs|tags)\/(?<reference>[^/?]+)(?:\?(?<query>.*))?$/;

/** Serves the distribution API on loopback; resolves with its URL. */
export async function startServer(initial: Behaviour): Promise<string> {
  const registry = new SyntheticRegistry(initial);
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    registry.answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  return `http://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
}

class SyntheticRegistry {
  stats = noRequests();
  #behaviour: Behaviour;
  #requests = 0;
  /** Connections that are counted in the statistics; those of the harness are not. */
  #connections = new WeakSet<Socket>();
  readonly #rendered = new LRUCache<number, SyntheticRepository>({ max: CACHED_REPOSITORIES });

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
    this.#prepare();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    if (url === '/__stats') return json(response, this.stats);
    if (url === '/__behaviour') return json(response, await this.#change(request));
    this.#count(request.socket);
    if (this.#behaviour.latencyMs > 0) await sleep(this.#behaviour.latencyMs);
    if (url === '/v2/') return json(response, {});
    if (this.#isNextToFail()) return fail(request, response, this.stats.failed++);
    if (url.startsWith('/v2/_catalog')) return this.#catalog(url, response);
    const { name, kind, reference, query } = ROUTE.exec(url)?.groups ?? {};
    const repository = this.#repository(name ?? '');
    if (!repository || reference === undefined) return notFound(response);
    if (kind === 'tags') return this.#tags(repository, query, response);
    const content = kind === 'blobs' ? this.#blob(repository, reference) : this.#manifest(repository, reference);
    if (content) this.#send(content, request, response);
    else notFound(response);
  }

  #count(connection: Socket): void {
    if (this.#connections.has(connection)) return;
    this.#connections.add(connection);
    this.stats.connections++;
  }

  async #change(request: IncomingMessage): Promise<Behaviour> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const night = this.#behaviour.night;
    this.#behaviour = { ...this.#behaviour, ...(JSON.parse(Buffer.concat(chunks).toString()) as Partial<Behaviour>) };
    this.stats = noRequests();
    this.#connections = new WeakSet();
    if (this.#behaviour.night !== night) this.#prepare();
    return this.#behaviour;
  }

  /** Renders a small registry in advance, so that benchmarks do not measure rendering. */
  #prepare(): void {
    this.#rendered.clear();
    const count = repositoryCount(this.#behaviour);
    if (count > CACHED_REPOSITORIES) return;
    for (let number = 0; number < count; number++) this.#repository(repositoryName(number));
  }

  #repository(name: string): SyntheticRepository | undefined {
    const number = repositoryNumber(name);
    if (number === undefined || number >= repositoryCount(this.#behaviour)) return undefined;
    const known = this.#rendered.get(number);
    if (known) return known;
    const repository = renderRepository(number, this.#behaviour);
    this.#rendered.set(number, repository);
    return repository;
  }

  #isNextToFail(): boolean {
    const { errorRate } = this.#behaviour;
    return errorRate > 0 && ++this.#requests % Math.round(1 / errorRate) === 0;
  }

  #catalog(url: string, response: ServerResponse): void {
    this.stats.catalog++;
    const { size, last } = pageOf(url.split('?')[1]);
    const start = last === null ? 0 : (repositoryNumber(last) ?? 0) + 1;
    const end = Math.min(start + size, repositoryCount(this.#behaviour));
    const repositories = Array.from({ length: Math.max(0, end - start) }, (_, at) => repositoryName(start + at));
    const more = end < repositoryCount(this.#behaviour);
    page(response, '/v2/_catalog', size, { repositories }, more ? repositories.at(-1) : undefined);
  }

  #tags(repository: SyntheticRepository, query: string | undefined, response: ServerResponse): void {
    this.stats.tagList++;
    const { size, last } = pageOf(query);
    const all = [...repository.tags.keys()].filter((tag) => last === null || tag > last);
    const tags = all.slice(0, size);
    const more = all.length > size ? tags.at(-1) : undefined;
    page(response, `/v2/${repository.name}/tags/list`, size, { name: repository.name, tags }, more);
  }

  #manifest({ tags, manifests }: SyntheticRepository, reference: string): Content | undefined {
    const byDigest = reference.startsWith('sha256:');
    this.stats[byDigest ? 'manifestByDigest' : 'manifestByTag']++;
    return byDigest ? manifests.get(reference as Content['digest']) : tags.get(reference);
  }

  #blob({ blobs }: SyntheticRepository, reference: string): Content | undefined {
    this.stats.blob++;
    return blobs.get(reference as Content['digest']);
  }

  #send(content: Content, request: IncomingMessage, response: ServerResponse): void {
    const headers = { 'Docker-Content-Digest': content.digest, ETag: `"${content.digest}"` };
    const isKnown = request.headers['if-none-match']?.includes(content.digest);
    if (isKnown || request.method === 'HEAD') this.stats.withoutBody++;
    if (isKnown) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': content.mediaType, 'Content-Length': content.body.length });
    response.end(request.method === 'HEAD' ? undefined : content.body);
  }
}

function noRequests(): RegistryStats {
  return {
    connections: 0,
    catalog: 0,
    tagList: 0,
    manifestByTag: 0,
    manifestByDigest: 0,
    blob: 0,
    withoutBody: 0,
    failed: 0,
  };
}

function pageOf(query = ''): { size: number; last: string | null } {
  const parameters = new URLSearchParams(query);
  return { size: Math.min(Number(parameters.get('n') ?? 100), MAX_PAGE), last: parameters.get('last') };
}

function page(response: ServerResponse, path: string, size: number, body: unknown, last: string | undefined): void {
  if (last !== undefined)
    response.setHeader('Link', `<${path}?n=${size}&last=${encodeURIComponent(last)}>; rel="next"`);
  json(response, body);
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"errors":[{"code":"NAME_UNKNOWN"}]}');
}

function fail(request: IncomingMessage, response: ServerResponse, turn: number): void {
  if (turn % 3 === 0) response.writeHead(429, { 'Retry-After': '1' }).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}');
  else if (turn % 3 === 1) response.writeHead(500).end('{"errors":[{"code":"UNKNOWN"}]}');
  else request.socket.destroy();
}
