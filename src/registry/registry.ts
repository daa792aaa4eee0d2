import type { Readable } from 'node:stream';
import type { SlimboardError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { RegistryHost, RepositoryName, Tag } from '../oci/reference.ts';

/**
 * What an audit asks of a registry. `distribution.ts` implements it for any OCI registry, `ecr/` for Amazon ECR. Every
 * method may throw the errors of ../errors.ts, and stops when its signal aborts.
 */

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of the two listings. */
export interface ListOptions extends CallOptions {
  /**
   * Called for each listed name that breaks the grammar of names, before its page is yielded. Such a name cannot be
   * audited and belongs among the errors. Without this callback the listing throws the error.
   */
  readonly onInvalid?: (name: string, error: SlimboardError) => void;
  /** For repositories: whether one will be audited. No requests are spent on details of the others. */
  readonly selects?: (name: RepositoryName) => boolean;
  /**
   * For repositories: called for each registry whose list was read to its end. Where a source spans several registries,
   * the others may still fail.
   * @param serves whether a host belongs to that registry
   */
  readonly onListed?: (serves: (registry: RegistryHost) => boolean) => void;
}

/** A repository as its registry lists it. */
export interface ListedRepository {
  readonly name: RepositoryName;
  /** The host that serves it; a source may span several (ECR: one per region). */
  readonly registry: RegistryHost;
  /** The owner that the registry names (ECR: the repository's tag `team`). */
  readonly team?: string | undefined;
}

/** A tag, or an untagged manifest, as its registry lists it. Plain OCI registries list tags alone. */
export interface ListedManifest {
  readonly tag?: Tag | undefined;
  readonly digest?: Digest | undefined;
  readonly mediaType?: string | undefined;
  /** The media type of the config, or the manifest's artifactType: distinguishes charts and signatures from images. */
  readonly artifactType?: string | undefined;
  /** ISO 8601. */
  readonly pushedAt?: string | undefined;
  /** ISO 8601: the last pull or, if later, when it was restored from the registry's archive. */
  readonly pulledAt?: string | undefined;
  /** The size that the registry states (bytes). */
  readonly reportedBytes?: number | undefined;
  /** Stored and paid for, but it cannot be read now. */
  readonly archived?: boolean;
  /** The manifest that this one describes, if the listing names it. */
  readonly subject?: Digest | undefined;
}

/** A manifest as fetched; `body` is verified against `digest`. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly body: Uint8Array;
}

/**
 * Decides when each request may start, and learns from its outcome; all workers share one through Redis. The governor of a
 * source's own requests knows the source's limit.
 */
export interface RequestGovernor<Options extends CallOptions = CallOptions> {
  /** Waits for a place; the caller calls the returned function when its request is over. */
  acquire(registry: RegistryHost, options: Options): Promise<(outcome: RequestOutcome) => void>;
}

/** What a governor of several sources needs to know about a request. */
export interface PlaceOptions extends CallOptions {
  /**
   * The most requests at the same time that this one's source allows. The lowest limit of the requests to a registry that
   * wait or are under way applies to all of them.
   */
  readonly maxConcurrency: number;
}

/** What a governor needs to know about a finished request. */
export interface RequestOutcome {
  /** HTTP status; undefined when no answer came. */
  readonly status?: number | undefined;
  /**
   * `throttled`: 429, a throttling code, or a 503: slow down. `failed`: no answer, or a temporary failure of the server,
   * which says nothing about a limit.
   */
  readonly kind: 'answered' | 'throttled' | 'failed';
  /** For `throttled`: whether it was a 503 that names no limit. Slowing down helps if the server is overloaded, not if it is down. */
  readonly mayBeOutage?: boolean | undefined;
  /** Retry-After, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** `ratelimit-remaining`, if the registry sends it. */
  readonly remaining?: number | undefined;
  /** The window of `remaining` (ms). */
  readonly windowMs?: number | undefined;
}

/** How many requests a registry still allows, and in which window (ms), as far as it says so. */
export type RequestLimit = Pick<RequestOutcome, 'remaining' | 'windowMs'>;

/** Within what a registry stores each blob once. */
export type DedupScope = 'registry' | 'repository' | 'namespace';

/** A registry that can be audited; whoever opens it closes it. */
export interface Registry {
  /** All repositories, page by page. */
  listRepositories(options: ListOptions): AsyncIterable<readonly ListedRepository[]>;
  /**
   * All tags and untagged manifests of a repository, page by page; no page if the registry lists a repository but has
   * nothing of it.
   * @throws UnknownRepositoryError when the settings name a repository that the registry does not have
   */
  listManifests(repository: ListedRepository, options: ListOptions): AsyncIterable<readonly ListedManifest[]>;
  /**
   * The manifest that a tag names. If a digest of it is `known`, only the digest that it names now, where the registry tells
   * that in an answer without a body: most tags have not moved, and many move to a manifest that another tag has.
   * @throws NotFoundError when the tag is gone
   */
  readTag(
    repository: ListedRepository,
    tag: Tag,
    known: Digest | undefined,
    options: CallOptions,
  ): Promise<FetchedManifest | Digest>;
  /**
   * Manifests by digest, each with its content or the error of reading it.
   * @throws RateLimitedError for all of them together: a limit makes the work wait and fails no item
   * @throws AuthenticationError where one call reads many (ECR): its refusal concerns all of them
   */
  readManifests(
    repository: ListedRepository,
    digests: readonly Digest[],
    options: CallOptions,
  ): Promise<ReadonlyMap<Digest, FetchedManifest | Error>>;
  /** A whole small blob (a config, an attestation), verified. @throws TooLargeError over `maxBytes` */
  readBlob(
    repository: ListedRepository,
    blob: Descriptor,
    options: CallOptions & { maxBytes: number },
  ): Promise<Uint8Array>;
  /** A blob as a stream. Its bytes are not verified: the caller counts and hashes them. */
  openBlob(repository: ListedRepository, blob: Descriptor, options: CallOptions): Promise<Readable>;
  /**
   * The scope within which the registry shares blobs; undefined when that cannot be read now. The method is absent for
   * registries that do not say (most of them): there the settings decide.
   */
  dedupScope?(options: CallOptions): Promise<DedupScope | undefined>;
  /** The limit that the registry announces with manifests. Absent for registries that publish their limits instead. */
  readLimit?(repository: ListedRepository, tag: Tag, options: CallOptions): Promise<RequestLimit>;
  close(): Promise<void>;
}
