import { chunksOf } from '../common/chunks-of.ts';
import { groupPairs } from '../common/group-by.ts';
import { sum } from '../common/sum.ts';
import { asItemFailure, BACKOFF, MalformedContentError, type SlimboardError, TooLargeError } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_CONFIG_BYTES } from '../oci/image-config.ts';
import { type Manifest, parseManifest } from '../oci/manifest.ts';
import type { CallOptions, FetchedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import type { KnownContent } from './known-content.ts';
import { neededBlobs } from './needed-blobs.ts';
import { isWantedLater, wantedChildren } from './wanted-children.ts';

/** Levels of indexes within indexes, in one attempt. Real indexes contain only images; a hostile chain could be endless. */
const MAX_INDEX_DEPTH = 3;

/** Children per request; Amazon ECR returns at most this many. */
const CHILDREN_AT_ONCE = 100;
/**
 * The limit for all children of a batch with their configs. A batch stays in memory until it is written, and one index
 * may list ten thousand children. A hundred indexes of twenty platforms each have some 50 MB.
 */
const MAX_CHILDREN_BYTES = 268_435_456;

/** Manifests up to this size stay parsed. Larger ones are artifacts, or hostile. */
const MAX_KEPT_PARSED_BYTES = 65_536;

/** A manifest that was read. A large one is parsed at each use: its parsed form takes four times its bytes. */
class ReadManifest {
  readonly fetched: FetchedManifest;
  readonly #parsed: Manifest | undefined;

  /** @throws MalformedContentError if it is no manifest */
  constructor(fetched: FetchedManifest) {
    this.fetched = fetched;
    const manifest = this.#parse();
    if (fetched.body.length <= MAX_KEPT_PARSED_BYTES) this.#parsed = manifest;
  }

  get manifest(): Manifest {
    return this.#parsed ?? this.#parse();
  }

  #parse(): Manifest {
    return parseManifest(this.fetched.body, this.fetched.mediaType);
  }
}

/** Where a batch is read from, and what of it is wanted. */
export interface ReadingContext {
  readonly registry: Registry;
  readonly repository: ListedRepository;
  readonly settings: SourceSettings;
  readonly known: KnownContent;
  readonly options: CallOptions;
}

/**
 * The manifests of a batch and, below indexes, their children. Records which of them were read, which are stored
 * already, and which failed.
 */
export class ManifestTree {
  readonly #context: ReadingContext;
  readonly #read = new Map<Digest, ReadManifest>();
  /**
   * The wanted children of indexes; of those that are stored already, the missing ones: they failed before, or are wanted
   * only now.
   */
  readonly #children = new Map<Digest, readonly Digest[]>();
  #childrenBytes = 0;
  readonly #failures = new Map<Digest, SlimboardError>();
  readonly #kept = new Set<Digest>();
  /** Stored indexes, children of which may be missing. */
  readonly #keptIndexes: Digest[] = [];

  constructor(context: ReadingContext) {
    this.#context = context;
  }

  /**
   * Reads the manifests that are not stored, and the wanted children of indexes.
   * @param fetched manifests that the registry has returned already
   * @param unchanged stored indexes, children of which may be missing
   */
  async grow(
    digests: readonly Digest[],
    fetched: ReadonlyMap<Digest, FetchedManifest>,
    unchanged: Iterable<Digest>,
  ): Promise<void> {
    this.#keptIndexes.push(...unchanged);
    await this.#readLevel(await this.#unseen(digests), fetched, 0);
    // A nested index may be stored, too: by another source, which wanted other platforms.
    while (this.#keptIndexes.length > 0) {
      const indexes = this.#keptIndexes.splice(0);
      await this.#readLevel(await this.#lateChildrenOf(indexes), new Map(), 1);
    }
  }

  /** The manifests that were read and have not failed. */
  *manifests(): Generator<ReadManifest> {
    for (const [digest, read] of this.#read) if (!this.#failures.has(digest)) yield read;
  }

  /** Records that a manifest failed. */
  fail(digest: Digest, error: SlimboardError): void {
    this.#failures.set(digest, error);
  }

  /** Why a manifest failed, not counting its children; undefined if it has not. */
  failureOf(digest: Digest): SlimboardError | undefined {
    return this.#failures.get(digest);
  }

  /** Whether a manifest was found to be stored already. */
  isKept(digest: Digest): boolean {
    return this.#kept.has(digest);
  }

  /**
   * The failures of a manifest and, if it is an index, of its children.
   * @param seen manifests not to be visited again
   */
  failuresUnder(digest: Digest, seen = new Set<Digest>()): readonly (readonly [Digest, SlimboardError])[] {
    if (seen.has(digest)) return [];
    seen.add(digest);
    const own = this.#failures.get(digest);
    const children = this.#children.get(digest) ?? [];
    return [...(own ? [[digest, own] as const] : []), ...children.flatMap((child) => this.failuresUnder(child, seen))];
  }

  /** Returns the digests that are neither stored nor read by this batch, and remembers those that are stored. */
  async #unseen(digests: Iterable<Digest>): Promise<readonly Digest[]> {
    const unread = [...digests].filter(
      (digest) => !this.#read.has(digest) && !this.#failures.has(digest) && !this.#kept.has(digest),
    );
    const known = await this.#context.known.manifests(unread);
    for (const [digest, kind] of known) {
      this.#kept.add(digest);
      if (kind === 'index') this.#keptIndexes.push(digest);
    }
    return unread.filter((digest) => !known.has(digest));
  }

  async #lateChildrenOf(indexes: readonly Digest[]): Promise<readonly Digest[]> {
    const missing = await this.#context.known.missingChildren(indexes);
    const wanted = missing.filter((child) => isWantedLater(child, this.#context.settings));
    const byIndex = groupPairs(wanted.map(({ index, child }) => [index, child]));
    for (const [index, children] of byIndex) this.#children.set(index, children);
    return this.#unseenHere(wanted.map(({ child }) => child));
  }

  /** Those {@link #unseen} children that are this batch's to read: not what the listing contains besides. */
  async #unseenHere(children: readonly Digest[]): Promise<readonly Digest[]> {
    const unseen = await this.#unseen([...new Set(children)]);
    if (unseen.length === 0) return [];
    const elsewhere = await this.#context.known.listedElsewhere?.(unseen);
    return unseen.filter((digest) => !elsewhere?.has(digest));
  }

  async #readLevel(
    fresh: readonly Digest[],
    fetched: ReadonlyMap<Digest, FetchedManifest>,
    depth: number,
  ): Promise<void> {
    for (const digests of chunksOf(fresh, CHILDREN_AT_ONCE)) await this.#fetchAndParse(digests, fetched, depth);
    const wanted: Digest[] = [];
    for (const digest of fresh) wanted.push(...this.#wantedChildren(digest, depth));
    const children = await this.#unseenHere(wanted);
    if (children.length > 0) await this.#readLevel(children, new Map(), depth + 1);
  }

  async #fetchAndParse(
    digests: readonly Digest[],
    fetched: ReadonlyMap<Digest, FetchedManifest>,
    depth: number,
  ): Promise<void> {
    if (this.#childrenBytes > MAX_CHILDREN_BYTES) {
      for (const digest of digests) this.#failures.set(digest, this.#tooManyBytes(digest));
      return;
    }
    const { registry, repository, options } = this.#context;
    const missing = digests.filter((digest) => !fetched.has(digest));
    const answers = await registry.readManifests(repository, missing, options);
    for (const digest of digests) {
      try {
        const read = parsed(digest, fetched.get(digest) ?? answers.get(digest));
        if (depth > 0) this.#countChild(digest, read);
        this.#read.set(digest, read);
      } catch (error) {
        this.#failures.set(digest, asItemFailure(error));
      }
    }
  }

  /** Adds a child to the batch's bytes. @throws TooLargeError if they exceed the limit */
  #countChild(digest: Digest, { fetched, manifest }: ReadManifest): void {
    const blobs = neededBlobs(manifest, this.#context.settings).filter(({ blob }) => blob.size <= MAX_CONFIG_BYTES);
    this.#childrenBytes += fetched.body.length + sum(blobs.map(({ blob }) => blob.size));
    if (this.#childrenBytes > MAX_CHILDREN_BYTES) throw this.#tooManyBytes(digest);
  }

  #wantedChildren(digest: Digest, depth: number): readonly Digest[] {
    const manifest = this.#read.get(digest)?.manifest;
    if (manifest?.form !== 'index') return [];
    const children = wantedChildren(manifest, this.#context.settings);
    this.#children.set(digest, children);
    if (depth < MAX_INDEX_DEPTH || children.length === 0) return children;
    this.#failures.set(digest, this.#tooLarge(`${digest}: indexes are nested deeper than ${MAX_INDEX_DEPTH} levels`));
    return [];
  }

  #tooManyBytes(digest: Digest): TooLargeError {
    return this.#tooLarge(
      `${digest}: the manifests and configs of the indexes in this batch exceed ${MAX_CHILDREN_BYTES} bytes, the limit for one batch`,
    );
  }

  /** What fitted is stored, so the rest may fit next time; `--full` would read what fitted again, and get no further. */
  #tooLarge(why: string): TooLargeError {
    return this.#context.settings.full
      ? new TooLargeError(`${why}: an audit without --full continues there`)
      : new TooLargeError(`${why}: the next attempt continues there`, { retry: BACKOFF });
  }
}

function parsed(digest: Digest, answer: FetchedManifest | Error | undefined): ReadManifest {
  if (answer === undefined) throw new MalformedContentError(`${digest}: the registry left it out of its answer`);
  if (answer instanceof Error) throw answer;
  return new ReadManifest(answer);
}
