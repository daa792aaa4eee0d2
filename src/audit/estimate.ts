import type { ListedManifest, ListedRepository, Registry, RequestOutcome } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { knownManifests } from '../store/content-store.ts';
import type { Database } from '../store/database.ts';
import { findRepositoryId, knownTags } from '../store/inventory-store.ts';
import { newestTags, repositorySelector, tagSelector } from './select.ts';
import { BATCH_SIZE } from './task-payloads.ts';

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
  batches: number;
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
  const counts: Counts = { repositories: 0, tags: 0, newItems: 0, batches: 0 };
  // Names that cannot be asked for cost nothing; the audit itself will list them among its errors.
  for await (const page of registry.listRepositories({ signal, selects, onInvalid: () => undefined })) {
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
  let kept: ListedManifest[] = [];
  for await (const page of registry.listManifests(repository, { signal, onInvalid: () => undefined })) {
    kept.push(...page.filter(selects));
    if (settings.newest !== 'all') continue;
    await countBatch(db, id, kept, counts);
    kept = [];
  }
  if (settings.newest !== 'all') await countBatch(db, id, newestTags(kept, settings.newest), counts);
}

async function countBatch(
  db: Database,
  repositoryId: number | undefined,
  listed: readonly ListedManifest[],
  counts: Counts,
): Promise<void> {
  counts.tags += listed.filter(({ tag }) => tag !== undefined).length;
  const digests = [...new Set(listed.flatMap(({ digest }) => digest ?? []))];
  const plain = listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
  const knownDigests = await knownManifests(db, digests);
  const known = repositoryId === undefined ? new Map() : await knownTags(db, repositoryId, plain);
  const fresh = digests.length - knownDigests.size;
  counts.newItems += fresh + plain.length - known.size;
  counts.batches += Math.ceil(fresh / BATCH_SIZE);
}

/**
 * An unchanged tag costs one request. A new one costs its manifest, and at most a child, a config, and an attestation
 * with its statement. Amazon ECR: a batch of manifests costs one, a config two.
 */
function conclude(settings: SourceSettings, counts: Counts, observed: ObservedRequests): AuditEstimate {
  const { tags, newItems, batches, repositories } = counts;
  const listing = observed.requests;
  const reading =
    settings.kind === 'ecr'
      ? { min: batches, max: batches + 2 * newItems }
      : { min: tags, max: tags + newItems * (settings.provenance ? 4 : 2) };
  const requests = { min: listing + reading.min, max: listing + reading.max };
  const msEach = observed.requests === 0 ? 0 : observed.totalMs / observed.requests / settings.concurrency;
  const { last } = observed;
  const durationOf = (count: number): number => Math.max(Math.round(count * msEach), waitForLimit(count, last));
  return {
    source: settings.name,
    repositories,
    tags,
    newItems,
    requests,
    listingRequests: listing,
    durationMs: { min: durationOf(requests.min), max: durationOf(requests.max) },
    ...(last?.remaining === undefined ? {} : { limit: { remaining: last.remaining, windowMs: last.windowMs } }),
  };
}

/** Past what remains, requests wait for the next windows. */
function waitForLimit(requests: number, limit: ObservedRequests['last']): number {
  if (limit?.remaining === undefined || limit.windowMs === undefined || requests <= limit.remaining) return 0;
  return Math.ceil((requests - limit.remaining) / Math.max(1, limit.remaining)) * limit.windowMs;
}
