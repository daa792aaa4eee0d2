import { forEachConcurrently } from '../common/concurrently.ts';
import { LAYER_READER_VERSION } from '../deep/contents.ts';
import { newestTags, repositorySelector, tagSelector } from '../fetch/select.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost, Tag } from '../oci/reference.ts';
import type { ListedManifest, ListedRepository, Registry, RequestOutcome } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { readKnownManifests } from '../store/content-store.ts';
import type { Database } from '../store/database.ts';
import { findRepositoryId, readKnownTags } from '../store/inventory-store.ts';
import { listUnreadLayersIn } from '../store/layer-store.ts';
import { type EcrEstimate, type EcrRepositoryCounts, estimateEcr } from './estimate-ecr.ts';

/** What an audit of one source would ask of its registry. Ranges, where only the registry's answers would tell. */
export interface AuditEstimate {
  readonly source: string;
  readonly repositories: number;
  readonly tags: number;
  /** Tags and manifests that are to be read: those that never were, or all where nothing stored is believed. */
  readonly newItems: number;
  /** Of known images, those that are to be read, where layers are; those of new images come on top. */
  readonly unreadLayers?: { readonly count: number; readonly bytes: number };
  readonly requests: { readonly min: number; readonly max: number };
  /** Requests that the listing itself took. */
  readonly listingRequests: number;
  /** What the registry says may still be asked in its window; undefined: it announces no limit. */
  readonly limit?: { readonly remaining: number; readonly windowMs: number | undefined };
  readonly durationMs: { readonly min: number; readonly max: number };
  /** Of Amazon ECR: how many requests of each operation. */
  readonly operations?: EcrEstimate['operations'];
}

/** What was seen of the requests while listing. */
export interface ObservedRequests {
  requests: number;
  totalMs: number;
  last: Pick<RequestOutcome, 'remaining' | 'windowMs'> | undefined;
}

/** What is asked, and what was counted. */
interface Counting {
  readonly db: Database;
  readonly registry: Registry;
  readonly settings: SourceSettings;
  readonly signal: AbortSignal;
  tags: number;
  /** To be read, where the listing tells tags alone. */
  newTags: number;
  /** To be read, where the listing tells digests; one may be in several repositories. */
  readonly newDigests: Set<Digest>;
  /** Bytes of layers that are to be read, by the row. */
  readonly layers: Map<number, number>;
  /** Repositories that each registry has, taken or not. */
  readonly listed: Map<RegistryHost, number>;
  readonly repositories: EcrRepositoryCounts[];
}

/** Lists a source, and compares it with what is stored; fetches no manifest. */
export async function estimateAudit(
  db: Database,
  registry: Registry,
  settings: SourceSettings,
  observed: ObservedRequests,
  signal: AbortSignal,
): Promise<AuditEstimate> {
  const selects = repositorySelector(settings);
  const found = { newDigests: new Set<Digest>(), layers: new Map(), listed: new Map(), repositories: [] };
  const counting: Counting = { db, registry, settings, signal, tags: 0, newTags: 0, ...found };
  // Names that cannot be asked for cost nothing; the audit itself will list them among its errors. Owners, which it looks
  // up for those that it selects, change no figure here.
  const listing = { signal, selects: () => false, onInvalid: () => undefined };
  for await (const page of registry.listRepositories(listing)) {
    for (const { registry: host } of page) counting.listed.set(host, (counting.listed.get(host) ?? 0) + 1);
    const repositories = page.filter(({ name }) => selects(name));
    await forEachConcurrently(repositories, settings.concurrency, (repository) =>
      countRepository(counting, repository),
    );
  }
  return conclude(counting, observed);
}

async function countRepository(counting: Counting, repository: ListedRepository): Promise<void> {
  const { db, registry, settings, signal } = counting;
  const selects = tagSelector(settings);
  const id = await findRepositoryId(db, settings.name, repository);
  const digests = new Set<Digest>();
  const fresh: ListedManifest[] = [];
  const wanted: ListedManifest[] = [];
  let kept: ListedManifest[] = [];
  const count = async (batch: readonly ListedManifest[]): Promise<void> => {
    fresh.push(...(await countBatch(counting, id, batch)));
    if (settings.deep) wanted.push(...batch);
  };
  for await (const page of registry.listManifests(repository, { signal, onInvalid: () => undefined })) {
    for (const { digest } of page) if (digest !== undefined) digests.add(digest);
    kept.push(...page.filter(selects));
    if (settings.newest !== 'all') continue;
    await count(kept);
    kept = [];
  }
  if (settings.newest !== 'all') await count(newestTags(kept, settings.newest));
  const layers = id === undefined ? 0 : await countLayers(counting, id, wanted);
  counting.repositories.push({ registry: repository.registry, images: digests.size, fresh, layers });
}

/** @returns what is to be read, where the listing tells it: one entry a digest */
async function countBatch(
  counting: Counting,
  repositoryId: number | undefined,
  listed: readonly ListedManifest[],
): Promise<readonly ListedManifest[]> {
  const { db, settings } = counting;
  const plain = tagsAlone(listed);
  const readable = readableManifests(listed);
  const isBelieved = !settings.full;
  const known = isBelieved && repositoryId !== undefined ? await readKnownTags(db, repositoryId, plain) : new Map();
  const read = isBelieved ? await readKnownManifests(db, [...readable.keys()]) : new Map();
  const fresh = [...readable].filter(([digest]) => !read.has(digest));
  counting.tags += listed.filter(({ tag }) => tag !== undefined).length;
  counting.newTags += plain.length - known.size;
  for (const [digest] of fresh) counting.newDigests.add(digest);
  return fresh.map(([, item]) => item);
}

function tagsAlone(listed: readonly ListedManifest[]): readonly Tag[] {
  return listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
}

function readableManifests(listed: readonly ListedManifest[]): ReadonlyMap<Digest, ListedManifest> {
  return new Map(listed.flatMap((item) => (item.digest && !item.archived ? [[item.digest, item]] : [])));
}

/** @returns how many layers of what is wanted are to be read, and were not counted before */
async function countLayers(
  { db, layers }: Counting,
  repositoryId: number,
  wanted: readonly ListedManifest[],
): Promise<number> {
  if (wanted.length === 0) return 0;
  const named = { tags: tagsAlone(wanted), digests: [...readableManifests(wanted).keys()] };
  const unread = await listUnreadLayersIn(db, repositoryId, named, LAYER_READER_VERSION);
  const first = unread.filter(({ blobId }) => !layers.has(blobId));
  for (const { blobId, size } of first) layers.set(blobId, size);
  return first.length;
}

function conclude(counting: Counting, observed: ObservedRequests): AuditEstimate {
  const { settings, tags, layers, repositories } = counting;
  const newItems = counting.newTags + counting.newDigests.size;
  const ecr = settings.kind === 'ecr' ? estimateEcr(counting, settings) : undefined;
  const least = observed.requests + tags + layers.size;
  const requests = ecr?.total ?? { min: least, max: least + newItems * mostOfNew(settings) };
  const msEach = observed.requests === 0 ? 0 : observed.totalMs / observed.requests / settings.concurrency;
  const { last } = observed;
  const durationOf = (count: number): number => Math.max(Math.round(count * msEach), waitForLimit(count, last));
  const bytes = [...layers.values()].reduce((sum, size) => sum + size, 0);
  return {
    source: settings.name,
    repositories: repositories.length,
    tags,
    newItems,
    ...(settings.deep ? { unreadLayers: { count: layers.size, bytes } } : {}),
    requests,
    listingRequests: observed.requests,
    durationMs: { min: durationOf(requests.min), max: Math.max(durationOf(requests.max), ecr?.quotaMs ?? 0) },
    ...(ecr ? { operations: ecr.operations } : {}),
    ...(last?.remaining === undefined ? {} : { limit: { remaining: last.remaining, windowMs: last.windowMs } }),
  };
}

/** An unchanged tag costs one request. A new one costs its manifest, and at most a child, a config, and an attestation with its statement. */
function mostOfNew({ provenance }: SourceSettings): number {
  return provenance ? 4 : 2;
}

/** Past what remains, requests wait for the next windows. */
function waitForLimit(requests: number, limit: ObservedRequests['last']): number {
  if (limit?.remaining === undefined || limit.windowMs === undefined || requests <= limit.remaining) return 0;
  return Math.ceil((requests - limit.remaining) / Math.max(1, limit.remaining)) * limit.windowMs;
}
