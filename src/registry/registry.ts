import type { Readable } from 'node:stream';
import type { SlimboardError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost, RepositoryName, Tag } from '../oci/reference.ts';

/**
 * What the audit asks of a registry, in small capabilities. `distribution.ts` implements them for any OCI registry,
 * `ecr/` for Amazon ECR. Every method may throw the errors of ../errors.ts, and stops when its signal aborts.
 */

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  /**
   * Told, before the page that held it is given on, of each listed name that breaks the grammar of names: it cannot be
   * audited, and belongs among the errors. Without it such a name ends the listing with its error.
   */
  readonly onInvalid?: (name: string, error: SlimboardError) => void;
  /** Of repositories: those that will be audited. Nothing that costs a request is looked up for the others. */
  readonly selects?: (name: RepositoryName) => boolean;
  /**
   * Of repositories: told of each registry whose list was read to its end, by what says of a host whether it is that one's.
   * Of a source that spans several, one may fail alone.
   */
  readonly onListed?: (serves: (registry: RegistryHost) => boolean) => void;
}

/** A repository as its registry lists it. */
export interface ListedRepository {
  readonly name: RepositoryName;
  /** The host that serves it; a source may span several (ECR: one a region). */
  readonly registry: RegistryHost;
  /** The owner that the registry itself names (ECR: the repository's tag `team`). */
  readonly team?: string;
}

/** A tag, or an untagged manifest, as its registry lists it. Plain OCI registries tell the tag alone. */
export interface ListedManifest {
  readonly tag?: Tag;
  readonly digest?: Digest;
  readonly mediaType?: string;
  /** The type of the config, or the manifest's own artifactType: it tells charts and signatures from images. */
  readonly artifactType?: string;
  /** ISO 8601. */
  readonly pushedAt?: string;
  /** ISO 8601. */
  readonly pulledAt?: string;
  /** The size that the registry itself tells (bytes). */
  readonly reportedBytes?: number;
  /** Stored and paid, and not to be read now. */
  readonly archived?: boolean;
  /** The manifest that this one describes, where the listing says so. */
  readonly subject?: Digest;
}

/** A manifest as fetched; `body` is verified against `digest`. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly body: Uint8Array;
}

export interface RepositoryLister {
  /** Pages of repositories, to the end. */
  listRepositories(options: ListOptions): AsyncIterable<readonly ListedRepository[]>;
}

export interface ManifestLister {
  /**
   * Pages of what the repository holds, to the end; none where the registry lists a repository of which it has nothing.
   * @throws UnknownRepositoryError when the settings name a repository that the registry has not
   */
  listManifests(repository: ListedRepository, options: ListOptions): AsyncIterable<readonly ListedManifest[]>;
}

export interface ManifestReader {
  /**
   * What a tag points at: `unchanged` when that is still `known`, which costs one request without a body.
   * @throws NotFoundError when the tag is gone
   */
  readTag(
    repository: ListedRepository,
    tag: Tag,
    known: Digest | undefined,
    options: CallOptions,
  ): Promise<FetchedManifest | 'unchanged'>;
  /**
   * Manifests by digest, or why one could not be read: one failure leaves the others as they are.
   * @throws RateLimitedError for all of them together: the work waits, and no item fails by a limit
   * @throws AuthenticationError where one call reads many (ECR): its refusal concerns all of them
   */
  readManifests(
    repository: ListedRepository,
    digests: readonly Digest[],
    options: CallOptions,
  ): Promise<ReadonlyMap<Digest, FetchedManifest | Error>>;
}

export interface BlobReader {
  /** A whole small blob (a config, an attestation), verified. @throws TooLargeError over `maxBytes` */
  readBlob(
    repository: ListedRepository,
    blob: Descriptor,
    options: CallOptions & { maxBytes: number },
  ): Promise<Uint8Array>;
  /** A blob's bytes as they come, not verified: the caller counts and hashes. */
  openBlob(repository: ListedRepository, blob: Descriptor, options: CallOptions): Promise<Readable>;
}

/** Asks before each request, and is told how it went; the one that all workers share lives in Redis. */
export interface RequestGovernor {
  /** Waits for a place; call the result when the request is over. */
  acquire(registry: RegistryHost, options: CallOptions): Promise<(outcome: RequestOutcome) => void>;
}

export interface RequestOutcome {
  /** HTTP status, or undefined when no answer came. */
  readonly status?: number;
  /** 429, a throttling code, or a 503: slow down. */
  readonly throttled: boolean;
  /** Retry-After, in ms. */
  readonly retryAfterMs?: number;
  /** `ratelimit-remaining` and its window, where the registry tells them. */
  readonly remaining?: number;
  readonly windowMs?: number;
}

/** Within what a registry keeps each blob once. */
export type DedupScope = 'registry' | 'repository' | 'namespace';

/** A registry that can be audited; closed by whoever opened it. */
export interface Registry extends RepositoryLister, ManifestLister, ManifestReader, BlobReader {
  /**
   * Where the registry itself shares blobs; undefined when that cannot be read now. Absent where it does not tell (most),
   * and the settings decide.
   */
  dedupScope?(options: CallOptions): Promise<DedupScope | undefined>;
  close(): Promise<void>;
}
