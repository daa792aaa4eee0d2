import type { Digest } from '../oci/digest.ts';
import type { ListedManifest, ListedRepository, Registry, RequestOutcome } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { knownManifests } from '../store/content-store.ts';
import type { Database } from '../store/database.ts';
import { findRepositoryId, knownTags } from '../store/inventory-store.ts';
import { type EcrEstimate, type EcrRepositoryCounts, estimateEcr } from './estimate-ecr.ts';
import { newestTags, repositorySelector, tagSelector } from './select.ts';

/** What an audit of one source would ask of its registry. Ranges, where only the registry's answers would tell. */
export interface AuditEstimate {
  readonly source: string;
  readonly repositories: number;
  readonly tags: number;
  /** Tags and manifests that were never read. */
  readonly newItems: number;
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

interface Counts {
  repositories: number;
  tags: number;
  newItems: number;
  /** Where the listing tells digests. */
  readonly listed: EcrRepositoryCounts[];
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
  const counts: Counts = { repositories: 0, tags: 0, newItems: 0, listed: [] };
  // Names that cannot be asked for cost nothing; the audit itself will list them among its errors. Owners, which it looks
  // up for those that it selects, change no figure here.
  const listing = { signal, selects: () => false, onInvalid: () => undefined };
  for await (const page of registry.listRepositories(listing)) {
    const repositories = page.filter(({ name }) => selects(name));
    counts.repositories += repositories.length;
    for (let at = 0; at < repositories.length; at += settings.concurrency) {
      await Promise.all(
        repositories
          .slice(at, at + settings.concurrency)
          .map((repository) => countRepository(db, registry, settings, repository, counts, signal)),
      );
    }
  }
  return conclude(settings, counts, observed);
}

async function countRepository(
  db: Database,
  registry: Registry,
  settings: SourceSettings,
  repository: ListedRepository,
  counts: Counts,
  signal: AbortSignal,
): Promise<void> {
  const selects = tagSelector(settings);
  const id = await findRepositoryId(db, settings.name, repository);
  const digests = new Set<Digest>();
  const fresh: ListedManifest[] = [];
  let kept: ListedManifest[] = [];
  for await (const page of registry.listManifests(repository, { signal, onInvalid: () => undefined })) {
    for (const { digest } of page) if (digest !== undefined) digests.add(digest);
    kept.push(...page.filter(selects));
    if (settings.newest !== 'all') continue;
    fresh.push(...(await countBatch(db, id, kept, counts)));
    kept = [];
  }
  if (settings.newest !== 'all') fresh.push(...(await countBatch(db, id, newestTags(kept, settings.newest), counts)));
  if (settings.kind === 'ecr') counts.listed.push({ registry: repository.registry, images: digests.size, fresh });
}

/** @returns what was never read, where the listing tells it: one entry a digest */
async function countBatch(
  db: Database,
  repositoryId: number | undefined,
  listed: readonly ListedManifest[],
  counts: Counts,
): Promise<readonly ListedManifest[]> {
  counts.tags += listed.filter(({ tag }) => tag !== undefined).length;
  const plain = listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
  const known = repositoryId === undefined ? new Map() : await knownTags(db, repositoryId, plain);
  const readable = new Map(listed.flatMap((item) => (item.digest && !item.archived ? [[item.digest, item]] : [])));
  const read = await knownManifests(db, [...readable.keys()]);
  const fresh = [...readable].flatMap(([digest, item]) => (read.has(digest) ? [] : [item]));
  counts.newItems += fresh.length + plain.length - known.size;
  return fresh;
}

type Range = AuditEstimate['requests'];

function conclude(settings: SourceSettings, counts: Counts, observed: ObservedRequests): AuditEstimate {
  const { tags, newItems, repositories } = counts;
  const ecr = settings.kind === 'ecr' ? estimateEcr(counts.listed, settings) : undefined;
  const requests = ecr?.total ?? distributionRequests(settings, counts, observed);
  const msEach = observed.requests === 0 ? 0 : observed.totalMs / observed.requests / settings.concurrency;
  const { last } = observed;
  const durationOf = (count: number): number => Math.max(Math.round(count * msEach), waitForLimit(count, last));
  return {
    source: settings.name,
    repositories,
    tags,
    newItems,
    requests,
    listingRequests: observed.requests,
    durationMs: { min: durationOf(requests.min), max: Math.max(durationOf(requests.max), ecr?.quotaMs ?? 0) },
    ...(ecr ? { operations: ecr.operations } : {}),
    ...(last?.remaining === undefined ? {} : { limit: { remaining: last.remaining, windowMs: last.windowMs } }),
  };
}

/** An unchanged tag costs one request. A new one costs its manifest, and at most a child, a config, and an attestation with its statement. */
function distributionRequests(
  { provenance }: SourceSettings,
  { tags, newItems }: Counts,
  { requests }: ObservedRequests,
): Range {
  return { min: requests + tags, max: requests + tags + newItems * (provenance ? 4 : 2) };
}

/** Past what remains, requests wait for the next windows. */
function waitForLimit(requests: number, limit: ObservedRequests['last']): number {
  if (limit?.remaining === undefined || limit.windowMs === undefined || requests <= limit.remaining) return 0;
  return Math.ceil((requests - limit.remaining) / Math.max(1, limit.remaining)) * limit.windowMs;
}
