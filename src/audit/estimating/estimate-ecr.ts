import { sum } from '../../common/sum.ts';
import { takesAllTags } from '../../fetch/select.ts';
import { isReferrerTag } from '../../oci/content-kind.ts';
import type { Digest } from '../../oci/digest.ts';
import { isImageConfigMediaType, isIndexMediaType } from '../../oci/media-type.ts';
import { type EcrRequestKind, type EcrRequests, estimateEcrCalls, quotaSecondsOf } from '../../registry/ecr/cost.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import type { EcrSource, SourceSettings } from '../../settings/settings.ts';
import type { Inventory, RepositoryCounts } from './count-inventory.ts';

/** Requests of an audit by operation; ranges, because some depend on manifests that were not read. */
export interface EcrEstimate {
  readonly operations: Readonly<Partial<Record<EcrRequestKind, { readonly min: number; readonly max: number }>>>;
  readonly total: { readonly min: number; readonly max: number };
  /** The least time in which the quotas allow the requests, for the registry that takes longest. */
  readonly quotaMs: number;
}

/** Assumed images of an index, if all platforms are wanted; real indexes have a handful. */
const CHILDREN_OF_ALL_PLATFORMS = 10;

/** The part of an inventory that tells the requests to Amazon ECR. */
type EcrInventory = Pick<Inventory, 'listed' | 'repositories'>;

/** Adds up the requests to each registry (an account in a region) of a source. Pure. */
export function estimateEcr({ listed, repositories }: EcrInventory, source: EcrSource): EcrEstimate {
  const counted = withFirst(repositories);
  const registries: ListedRegistry[] = [...listed].map(([host, count]) => ({
    listed: count,
    repositories: counted.filter(({ registry }) => registry === host),
  }));
  // Regions without repositories have no known host, and are asked all the same.
  for (let at = registries.length; at < (source.regions?.length ?? 1); at++)
    registries.push({ listed: 0, repositories: [] });
  // The listing does not show whether a tag moved to a known image, or was removed.
  const isChanged = source.full || repositories.some(({ fresh }) => fresh.length > 0);
  const least = registries.map((found) => estimateEcrCalls({ ...inventoryOf(found, source, 'min'), isChanged }));
  const most = registries.map((found) => estimateEcrCalls({ ...inventoryOf(found, source, 'max'), isChanged: true }));
  return {
    operations: rangesOf(least, most),
    total: { min: sum(least.flatMap(Object.values)), max: sum(most.flatMap(Object.values)) },
    quotaMs: Math.ceil(1000 * Math.max(...most.map(quotaSecondsOf))),
  };
}

interface ListedRegistry {
  readonly listed: number;
  readonly repositories: readonly CountedRepository[];
}

interface CountedRepository extends RepositoryCounts {
  /** The entries of `fresh` that no earlier repository has. */
  readonly first: readonly ListedManifest[];
}

function withFirst(repositories: readonly RepositoryCounts[]): readonly CountedRepository[] {
  const seen = new Set<Digest | undefined>();
  return repositories.map((repository) => {
    const first = repository.fresh.filter(({ digest }) => !seen.has(digest));
    for (const { digest } of first) seen.add(digest);
    return { ...repository, first };
  });
}

function inventoryOf({ listed, repositories }: ListedRegistry, source: EcrSource, bound: 'min' | 'max') {
  return {
    listed,
    repositories: repositories.map((repository) => ({
      images: repository.images,
      newManifests: manifestsOf(repository, source, bound),
    })),
    newBlobs: sum(
      repositories.map(({ first, layers }) => layers + sum(first.map((listed) => blobsOf(listed, source, bound)))),
    ),
  };
}

/** A manifest in two repositories is read from one of them, unless both are read at the same time. */
function manifestsOf({ fresh, first }: CountedRepository, source: EcrSource, bound: 'min' | 'max'): number {
  if (bound === 'max') return fresh.length + sum(fresh.map((listed) => childrenOf(listed, source)));
  return source.full ? fresh.length : first.length;
}

/**
 * How many blobs are read: the config of an image, or the provenance of an attestation. The listing does not tell cosign's
 * signatures, of which none is read, from images; their tags do, most likely.
 */
function blobsOf(listed: ListedManifest, source: EcrSource, bound: 'min' | 'max'): number {
  if (isIndex(listed)) return bound === 'max' ? childrenOf(listed, source) : 0;
  if (bound === 'min' && isReferrerTag(listed.tag ?? '')) return 0;
  return listed.artifactType !== undefined && !isImageConfigMediaType(listed.artifactType) ? 0 : 1;
}

/**
 * How many children of an index are read at most. Usually none, because they are listed themselves; but not if the
 * settings select tags, and with `--full` they may be read again.
 */
function childrenOf(listed: ListedManifest, source: EcrSource): number {
  return !isIndex(listed) || (takesAllTags(source) && !source.full) ? 0 : mostChildren(source);
}

/** How many children of an index are read at most: its images of the wanted platforms, and their attestations. */
export function mostChildren({ platforms, provenance }: Pick<SourceSettings, 'platforms' | 'provenance'>): number {
  const images = platforms === 'all' ? CHILDREN_OF_ALL_PLATFORMS : platforms.length;
  return provenance ? 2 * images : images;
}

function isIndex({ mediaType }: ListedManifest): boolean {
  return mediaType !== undefined && isIndexMediaType(mediaType);
}

function rangesOf(least: readonly EcrRequests[], most: readonly EcrRequests[]): EcrEstimate['operations'] {
  const kinds = Object.keys(most[0] ?? {}) as EcrRequestKind[];
  const ranges = kinds.map((kind) => {
    const total = (bound: readonly EcrRequests[]): number => sum(bound.map((requests) => requests[kind]));
    return [kind, { min: total(least), max: total(most) }] as const;
  });
  return Object.fromEntries(ranges.filter(([, { max }]) => max > 0));
}
