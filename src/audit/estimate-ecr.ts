import { sum } from '../common/sum.ts';
import { takesAllTags } from '../fetch/select.ts';
import type { Digest } from '../oci/digest.ts';
import { isImageConfigMediaType, isIndexMediaType } from '../oci/media-type.ts';
import type { RegistryHost } from '../oci/reference.ts';
import { type EcrCost, type EcrRequestKind, estimateEcrCalls } from '../registry/ecr/cost.ts';
import type { ListedManifest } from '../registry/registry.ts';
import type { EcrSource } from '../settings/settings.ts';

/** What was listed of a source. */
export interface EcrListing {
  /** How many repositories each registry has, those included that the settings leave out. */
  readonly listed: ReadonlyMap<RegistryHost, number>;
  readonly repositories: readonly EcrRepositoryCounts[];
}

/** What the listing of a repository tells of the work to come. */
export interface EcrRepositoryCounts {
  readonly registry: RegistryHost;
  /** Digests on the list. */
  readonly images: number;
  /** What is to be read: one entry a digest. */
  readonly fresh: readonly ListedManifest[];
  /** Layers of known images that are to be read, and that no repository before it has. */
  readonly layers: number;
}

/** Requests of an audit, by operation; ranges where only the manifests tell. */
export interface EcrEstimate {
  readonly operations: Readonly<Partial<Record<EcrRequestKind, { readonly min: number; readonly max: number }>>>;
  readonly total: { readonly min: number; readonly max: number };
  /** What the quotas alone make the longest of them take. */
  readonly quotaMs: number;
}

/** Of an index whose children are not entries of the listing that is read; real ones have a handful. */
const CHILDREN_OF_ALL_PLATFORMS = 10;

/** Adds up what each registry of a source (an account in a region) would be asked. */
export function estimateEcr({ listed, repositories }: EcrListing, source: EcrSource): EcrEstimate {
  const counted = withFirst(repositories);
  const registries: ListedRegistry[] = [...listed].map(([host, count]) => ({
    listed: count,
    repositories: counted.filter(({ registry }) => registry === host),
  }));
  // Of a region without a repository no host is known; it is asked all the same.
  for (let at = registries.length; at < (source.regions?.length ?? 1); at++)
    registries.push({ listed: 0, repositories: [] });
  // A tag that moved or went is no news to the listing.
  const isChanged = source.full || repositories.some(({ fresh }) => fresh.length > 0);
  const least = registries.map((found) => estimateEcrCalls({ ...inventoryOf(found, source, 'min'), isChanged }));
  const most = registries.map((found) => estimateEcrCalls({ ...inventoryOf(found, source, 'max'), isChanged: true }));
  return {
    operations: rangesOf(least, most),
    total: { min: sum(least.map(({ total }) => total)), max: sum(most.map(({ total }) => total)) },
    quotaMs: Math.ceil(1000 * Math.max(...most.map(({ quotaSeconds }) => quotaSeconds))),
  };
}

interface ListedRegistry {
  readonly listed: number;
  readonly repositories: readonly CountedRepository[];
}

interface CountedRepository extends EcrRepositoryCounts {
  /** Of what is to be read, what no repository before it has. */
  readonly first: readonly ListedManifest[];
}

function withFirst(repositories: readonly EcrRepositoryCounts[]): readonly CountedRepository[] {
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

/** What two repositories have is read from one of them, unless both are read at the same time. */
function manifestsOf({ fresh, first }: CountedRepository, source: EcrSource, bound: 'min' | 'max'): number {
  if (bound === 'max') return fresh.length + sum(fresh.map((listed) => childrenOf(listed, source)));
  return source.full ? fresh.length : first.length;
}

/** The config of an image, or the provenance of an attestation. */
function blobsOf(listed: ListedManifest, source: EcrSource, bound: 'min' | 'max'): number {
  if (isIndex(listed)) return bound === 'max' ? childrenOf(listed, source) : 0;
  return listed.artifactType !== undefined && !isImageConfigMediaType(listed.artifactType) ? 0 : 1;
}

/** Children are on the list themselves, unless tags are picked; what believes nothing stored may read them again. */
function childrenOf(listed: ListedManifest, source: EcrSource): number {
  if (!isIndex(listed) || (takesAllTags(source) && !source.full)) return 0;
  const images = source.platforms === 'all' ? CHILDREN_OF_ALL_PLATFORMS : source.platforms.length;
  return source.provenance ? 2 * images : images;
}

function isIndex({ mediaType }: ListedManifest): boolean {
  return mediaType !== undefined && isIndexMediaType(mediaType);
}

function rangesOf(least: readonly EcrCost[], most: readonly EcrCost[]): EcrEstimate['operations'] {
  const kinds = Object.keys(most[0]?.requests ?? {}) as EcrRequestKind[];
  const ranges = kinds.map((kind) => {
    const min = sum(least.map(({ requests }) => requests[kind]));
    return [kind, { min, max: sum(most.map(({ requests }) => requests[kind])) }] as const;
  });
  return Object.fromEntries(ranges.filter(([, { max }]) => max > 0));
}
