import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { asItemFailure, SlimboardError } from '../../src/errors.ts';
import { parseRegistryHost, parseRepositoryName, parseTag } from '../../src/oci/reference.ts';
import { InProcessQueue } from '../../src/queue/in-process-queue.ts';
import type { TaskHandlers, TaskKey, TaskReference } from '../../src/queue/queue.ts';
import { sleep } from '../../src/registry/clock.ts';
import type { Connections } from '../../src/registry/connections.ts';
import { openDistributionRegistry } from '../../src/registry/distribution.ts';
import { createInProcessGovernor } from '../../src/registry/governor/in-process-governor.ts';
import { VirtualTime } from './virtual-time.ts';

const HOST = parseRegistryHost('registry.example.com');
const TAGS = ['1', '2', '3'];
const LATENCY_MS = 20;
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'0'.repeat(64)}`, size: 2 },
  layers: [],
});

/** How a simulated registry answers a request, other than well. */
export type Manner =
  | { readonly status: number; readonly headers?: IncomingHttpHeaders; readonly code?: string }
  | { readonly failsWith: 'ECONNRESET' | 'UND_ERR_HEADERS_TIMEOUT'; readonly afterMs: number };

/** A request that a simulated registry got. */
export interface SimulatedRequest {
  /** Number of the repository. */
  readonly repository: number;
  readonly atMs: number;
  /** Undefined: it is answered well. */
  manner?: Manner | undefined;
}

/** Decides how a request is answered; undefined: well. */
export type MannerOf = (request: SimulatedRequest) => Manner | undefined;

/** What an audit of a simulated registry came to. */
export interface SimulatedAudit {
  readonly seconds: number;
  readonly requests: readonly SimulatedRequest[];
  /** How many tags were not read. */
  readonly unread: number;
}

/**
 * Reads all tags of a registry with many repositories of three tags each, as an audit in one process does, in virtual time
 * and always with the same result.
 */
export async function auditSimulated(
  repositories: number,
  mannerOf: MannerOf,
  stopAfterSeconds = 100_000,
): Promise<SimulatedAudit> {
  const time = new VirtualTime();
  const random = seededRandom(1);
  const requests: SimulatedRequest[] = [];
  const governor = createInProcessGovernor(time);
  const registry = openDistributionRegistry({
    registry: HOST,
    credentials: { find: async () => undefined },
    clock: time,
    random,
    governor: { acquire: (host, options) => governor.acquire(host, { ...options, maxConcurrency: 64 }) },
    connect: () => connectionsTo(time, mannerOf, requests),
  });
  const stop = new AbortController();
  time.schedule(() => stop.abort(), stopAfterSeconds * 1_000);
  /** The tags of each repository that were not read, once it was listed. */
  const left = new Map<number, readonly string[]>();
  const handlers: TaskHandlers = {
    async run(task, { signal }) {
      const repository = { registry: HOST, name: parseRepositoryName(`app-${task.auditId}`) };
      if (task.kind === 'repository') {
        for await (const _ of registry.listManifests(repository, { signal })) left.set(task.auditId, TAGS);
        return queue.add([taskOf(task.auditId, 'manifests')]);
      }
      const reading = (left.get(task.auditId) ?? []).map(async (tag) => {
        const read = await registry.readTag(repository, parseTag(tag), undefined, { signal }).catch(asItemFailure);
        return { tag, read };
      });
      const failures = (await Promise.all(reading)).filter(({ read }) => read instanceof SlimboardError);
      const tags = failures.map(({ tag }) => tag);
      left.set(task.auditId, tags);
      if (failures[0]) throw failures[0].read;
    },
    giveUp: async () => undefined,
  };
  const queue = new InProcessQueue({
    handlers,
    tasksAtOnce: { source: 1, repository: 16, manifests: 16, layers: 1, assess: 1, close: 1, deliver: 1 },
    limits: { attempts: 2, firstDelayMs: 1_000 },
    random,
    wait: (delayMs, signal) => sleep(time, delayMs, signal),
    signal: stop.signal,
  });
  const audit = async (): Promise<void> => {
    for (let number = 0; number < repositories; number++) await queue.add([taskOf(number, 'repository')]);
    await queue.drain();
  };
  await time.until(
    audit().catch((error) => {
      if (!stop.signal.aborted) throw error;
    }),
  );
  const unread = [...left.values()].flat().length + (repositories - left.size) * TAGS.length;
  return { seconds: time.now() / 1_000, requests, unread };
}

function taskOf(repository: number, kind: 'repository' | 'manifests'): TaskReference {
  return { auditId: repository, kind, key: kind as TaskKey, lane: 'adhoc' };
}

function connectionsTo(time: VirtualTime, mannerOf: MannerOf, requests: SimulatedRequest[]): Connections {
  const dispatch: Dispatcher['dispatch'] = ({ path }, handler) => {
    const [, repository] = /^\/v2\/app-(\d+)\//.exec(path) ?? [];
    const request: SimulatedRequest = { repository: Number(repository), atMs: time.now() };
    const manner = mannerOf(request);
    requests.push({ ...request, manner });
    const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
    const respond = (status: number, headers: IncomingHttpHeaders, body: string): void => {
      handler.onResponseStart?.(controller, status, headers, '');
      handler.onResponseData?.(controller, Buffer.from(body));
      handler.onResponseEnd?.(controller, {});
    };
    const answer = (): void => {
      if (!manner && path.includes('/tags/')) respond(200, {}, JSON.stringify({ tags: TAGS }));
      else if (!manner) respond(200, { 'content-type': MANIFEST_TYPE }, MANIFEST);
      else if ('status' in manner)
        respond(manner.status, manner.headers ?? {}, JSON.stringify({ errors: [{ code: manner.code }] }));
      else handler.onResponseError?.(controller, Object.assign(new Error(), { code: manner.failsWith }));
    };
    handler.onRequestStart?.(controller, {});
    time.schedule(answer, manner && 'failsWith' in manner ? manner.afterMs : LATENCY_MS);
    return true;
  };
  const connections = { base: new URL(`https://${HOST}`), poolFor: () => ({ dispatch }), close: async () => undefined };
  return connections as unknown as Connections;
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
