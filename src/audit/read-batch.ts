import { MalformedContentError, type SlimboardError, TooLargeError } from '../errors.ts';
import { type ContentKind, needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_CONFIG_BYTES, parseImageConfig } from '../oci/image-config.ts';
import type { ImageManifest, Manifest } from '../oci/manifest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { isIndexMediaType, MEDIA_TYPE } from '../oci/media-type.ts';
import type { Tag } from '../oci/reference.ts';
import type { CallOptions, FetchedManifest, ListedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import type { NewBlob, NewManifest } from '../store/content-store.ts';
import type { MissingChild } from '../store/index-store.ts';
import type { KnownTag, Sighting } from '../store/inventory-store.ts';
import { isItemFailure } from './item-failure.ts';
import { type RecordInput, recordOf } from './manifest-record.ts';
import { isWantedLater, wantedChildren } from './wanted-children.ts';

/** What the database knows already, as far as a batch needs it. */
export interface KnownContent {
  tags(tags: readonly Tag[]): Promise<ReadonlyMap<Tag, KnownTag>>;
  manifests(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ContentKind>>;
  missingChildren(indexes: readonly Digest[]): Promise<readonly MissingChild[]>;
  readBodies(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>>;
  /**
   * Those that are not to be read as children: the listing has them, as archived or as another task's. Absent where a
   * listing tells tags alone.
   */
  listedElsewhere?(digests: readonly Digest[]): Promise<ReadonlySet<Digest>>;
}

/** Something of the batch that failed; the rest goes on. */
export interface FailedItem {
  readonly tag?: Tag;
  readonly digest?: Digest;
  readonly error: SlimboardError;
  /** Whether what it is of is {@link BatchContent.left}: then this is not its last word. */
  readonly isLeft: boolean;
}

/** What a batch brought: content that was never seen, what tags name that name something else now, and what failed. */
export interface BatchContent {
  readonly blobs: readonly NewBlob[];
  readonly manifests: readonly NewManifest[];
  readonly sightings: readonly Sighting[];
  readonly failed: readonly FailedItem[];
  /** What is to be read again: it failed in passing, as a whole or in part. */
  readonly left: readonly ListedManifest[];
  /** How many tags were read to the end: what they name is new to them, or what it was before. */
  readonly audited: number;
  readonly unchanged: number;
}

/** Whether it may be there when it is asked for again. */
export function isPassing({ error }: Pick<FailedItem, 'error'>): boolean {
  return error.retry.kind === 'backoff';
}

/** Indexes within indexes: real ones hold images only, and a chain of them must end somewhere. */
const MAX_INDEX_DEPTH = 3;

/** Children that are asked for together; Amazon ECR gives as many in an answer. */
const CHILDREN_AT_ONCE = 100;
/**
 * Of all children in a batch, with their configs: a batch is in memory until it is written, and one index may name ten
 * thousand. A hundred indexes of twenty platforms each have some 50 MB.
 */
const MAX_CHILDREN_BYTES = 268_435_456;

/** Larger ones are artifacts, or mean harm. */
const MAX_KEPT_PARSED_BYTES = 65_536;

/** A manifest that was read. A large one is parsed each time: what it says takes four times its bytes. */
class ReadManifest {
  readonly fetched: FetchedManifest;
  readonly #parsed: Manifest | undefined;

  /** @throws MalformedContentError */
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

type Resolved = { readonly listed: ListedManifest } & (
  | { readonly digest: Digest; readonly fetched?: FetchedManifest; readonly unchanged?: ContentKind }
  | { readonly error: SlimboardError }
);

/**
 * Reads a batch of tags: asks for each tag once, and for manifests, children, configs and provenance that were never
 * seen. One item's failure is that item's alone.
 * @throws what is no item's failure: the database is gone, the signal aborted, a bug
 */
export async function readBatch(
  registry: Registry,
  repository: ListedRepository,
  listed: readonly ListedManifest[],
  settings: SourceSettings,
  known: KnownContent,
  options: CallOptions,
): Promise<BatchContent> {
  return new BatchReader(registry, repository, settings, known, options).read(listed);
}

class BatchReader {
  readonly #registry: Registry;
  readonly #repository: ListedRepository;
  readonly #settings: SourceSettings;
  readonly #known: KnownContent;
  readonly #options: CallOptions;
  /** New manifests. */
  readonly #read = new Map<Digest, ReadManifest>();
  /** Of new indexes: children that are wanted. */
  readonly #children = new Map<Digest, readonly Digest[]>();
  #childrenBytes = 0;
  readonly #failures = new Map<Digest, SlimboardError>();
  readonly #stored = new Set<Digest>();
  /** Of indexes that were seen before: children that are wanted only now. */
  readonly #lateChildren = new Map<Digest, Digest[]>();

  constructor(
    registry: Registry,
    repository: ListedRepository,
    settings: SourceSettings,
    known: KnownContent,
    options: CallOptions,
  ) {
    this.#registry = registry;
    this.#repository = repository;
    this.#settings = settings;
    this.#known = known;
    this.#options = options;
  }

  async read(listed: readonly ListedManifest[]): Promise<BatchContent> {
    const resolved = await this.#resolve(listed);
    await this.#readManifests(resolved);
    const { manifests, blobs } = await this.#records(resolved);
    return { manifests: [...manifests, ...archivedRecords(resolved, this.#stored)], blobs, ...this.#outcome(resolved) };
  }

  async #resolve(listed: readonly ListedManifest[]): Promise<readonly Resolved[]> {
    const tags = listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
    const known = this.#settings.full || tags.length === 0 ? new Map<Tag, KnownTag>() : await this.#known.tags(tags);
    return Promise.all(
      listed.map((item) => this.#resolveItem(item, item.tag === undefined ? undefined : known.get(item.tag))),
    );
  }

  async #resolveItem(listed: ListedManifest, known: KnownTag | undefined): Promise<Resolved> {
    if (listed.digest !== undefined) return { listed, digest: listed.digest };
    if (listed.tag === undefined) throw new Error('a listed manifest has neither tag nor digest');
    try {
      const answer = await this.#registry.readTag(this.#repository, listed.tag, known?.digest, this.#options);
      if (answer !== 'unchanged') return { listed, digest: answer.digest, fetched: answer };
      if (known) return { listed, digest: known.digest, unchanged: known.kind };
      throw new MalformedContentError(`${listed.tag}: the registry says "not modified" to an unconditional request`);
    } catch (error) {
      return { listed, error: asItemError(error) };
    }
  }

  /** Brings in every manifest that was never seen: those of the tags, then the children of their indexes. */
  async #readManifests(resolved: readonly Resolved[]): Promise<void> {
    const digests = new Set<Digest>();
    const bodies = new Map<Digest, FetchedManifest>();
    const knownIndexes = new Set<Digest>();
    for (const item of resolved) {
      if ('error' in item || item.listed.archived) continue;
      if (item.unchanged === undefined) digests.add(item.digest);
      else if (item.unchanged === 'index') knownIndexes.add(item.digest);
      if (item.fetched) bodies.set(item.digest, item.fetched);
    }
    const fresh = await this.#unseen(digests, knownIndexes);
    await this.#readLevel(fresh, bodies, 0);
    await this.#readLevel(await this.#lateChildrenOf(knownIndexes), new Map(), 1);
  }

  /** Those that are neither kept nor read by this batch. Indexes among those that are kept are noted. */
  async #unseen(digests: Iterable<Digest>, knownIndexes?: Set<Digest>): Promise<readonly Digest[]> {
    const unread = [...digests].filter(
      (digest) => !this.#read.has(digest) && !this.#failures.has(digest) && !this.#stored.has(digest),
    );
    const known = this.#settings.full ? new Map<Digest, ContentKind>() : await this.#known.manifests(unread);
    for (const [digest, kind] of known) {
      this.#stored.add(digest);
      if (kind === 'index') knownIndexes?.add(digest);
    }
    return unread.filter((digest) => !known.has(digest));
  }

  async #lateChildrenOf(indexes: ReadonlySet<Digest>): Promise<readonly Digest[]> {
    const missing = await this.#known.missingChildren([...indexes]);
    const wanted = missing.filter((child) => isWantedLater(child, this.#settings));
    for (const { index, child } of wanted) {
      this.#lateChildren.set(index, [...(this.#lateChildren.get(index) ?? []), child]);
    }
    return this.#unread(wanted.map(({ child }) => child));
  }

  async #unread(children: readonly Digest[]): Promise<readonly Digest[]> {
    const unseen = await this.#unseen(new Set(children));
    if (unseen.length === 0) return [];
    const elsewhere = await this.#known.listedElsewhere?.(unseen);
    return unseen.filter((digest) => !elsewhere?.has(digest));
  }

  async #readLevel(
    fresh: readonly Digest[],
    bodies: ReadonlyMap<Digest, FetchedManifest>,
    depth: number,
  ): Promise<void> {
    for (let at = 0; at < fresh.length; at += CHILDREN_AT_ONCE)
      await this.#fetchAndParse(fresh.slice(at, at + CHILDREN_AT_ONCE), bodies, depth);
    const children = await this.#unread(fresh.flatMap((digest) => this.#wantedChildren(digest, depth)));
    if (children.length > 0) await this.#readLevel(children, new Map(), depth + 1);
  }

  async #fetchAndParse(
    digests: readonly Digest[],
    bodies: ReadonlyMap<Digest, FetchedManifest>,
    depth: number,
  ): Promise<void> {
    if (this.#childrenBytes > MAX_CHILDREN_BYTES) {
      for (const digest of digests) this.#failures.set(digest, tooManyBytes(digest));
      return;
    }
    const missing = digests.filter((digest) => !bodies.has(digest));
    const answers =
      missing.length === 0 ? new Map() : await this.#registry.readManifests(this.#repository, missing, this.#options);
    for (const digest of digests) {
      const answer: FetchedManifest | Error | undefined = bodies.get(digest) ?? answers.get(digest);
      try {
        if (answer === undefined) throw new MalformedContentError(`${digest}: the registry left it out of its answer`);
        if (answer instanceof Error) throw answer;
        const read = new ReadManifest(answer);
        if (depth > 0) this.#countChild(digest, read);
        this.#read.set(digest, read);
      } catch (error) {
        this.#failures.set(digest, asItemError(error));
      }
    }
  }

  /** @throws TooLargeError */
  #countChild(digest: Digest, { fetched, manifest }: ReadManifest): void {
    const blobs = neededBlobs(manifest, this.#settings).filter(({ blob }) => blob.size <= MAX_CONFIG_BYTES);
    this.#childrenBytes += blobs.reduce((sum, { blob }) => sum + blob.size, fetched.body.length);
    if (this.#childrenBytes > MAX_CHILDREN_BYTES) throw tooManyBytes(digest);
  }

  #wantedChildren(digest: Digest, depth: number): readonly Digest[] {
    const manifest = this.#read.get(digest)?.manifest;
    if (manifest?.form !== 'index') return [];
    const children = wantedChildren(manifest, this.#settings);
    this.#children.set(digest, children);
    if (depth < MAX_INDEX_DEPTH || children.length === 0) return children;
    this.#failures.set(
      digest,
      new TooLargeError(`${digest}: indexes are nested deeper than ${MAX_INDEX_DEPTH} levels`),
    );
    return [];
  }

  /** The rows of every new manifest, with its config and provenance read. */
  async #records(resolved: readonly Resolved[]): Promise<{ manifests: NewManifest[]; blobs: NewBlob[] }> {
    const tags = tagsByDigest(resolved);
    const bodies = await this.#readNeededBlobs();
    const manifests: NewManifest[] = [];
    const blobs: NewBlob[] = [];
    for (const [digest, { fetched, manifest }] of this.#read) {
      if (this.#failures.has(digest)) continue;
      try {
        const record = recordOf(recordInput(fetched, manifest, tags.get(digest), bodies));
        manifests.push(record.manifest);
        blobs.push(...record.blobs);
      } catch (error) {
        this.#failures.set(digest, asItemError(error));
      }
    }
    return { manifests, blobs };
  }

  async #readNeededBlobs(): Promise<ReadonlyMap<Digest, Uint8Array>> {
    const needed = new Map<Digest, { readonly blob: Descriptor; readonly of: Digest; readonly optional: boolean }>();
    for (const [digest, { manifest }] of this.#read) {
      for (const { blob, optional } of neededBlobs(manifest, this.#settings))
        needed.set(blob.digest, { blob, of: digest, optional });
    }
    const bodies = new Map(this.#settings.full ? [] : await this.#known.readBodies([...needed.keys()]));
    const missing = [...needed.values()].filter(({ blob }) => !bodies.has(blob.digest));
    await Promise.all(
      missing.map(async ({ blob, of, optional }) => {
        try {
          bodies.set(
            blob.digest,
            await this.#registry.readBlob(this.#repository, blob, { ...this.#options, maxBytes: MAX_CONFIG_BYTES }),
          );
        } catch (error) {
          const failure = asItemError(error);
          if (!optional) this.#failures.set(of, failure);
        }
      }),
    );
    return bodies;
  }

  #outcome(resolved: readonly Resolved[]): Omit<BatchContent, 'blobs' | 'manifests'> {
    const sightings: Sighting[] = [];
    const failed: FailedItem[] = [];
    const left: ListedManifest[] = [];
    const done = { audited: 0, unchanged: 0 };
    for (const item of resolved) {
      const { listed } = item;
      const failures = this.#failuresOf(item);
      const isLeft = failures.some(isPassing);
      failed.push(...failures.map((failure) => ({ ...failure, isLeft })));
      // An open row says so already: there is nothing to write.
      const isSeen = !('error' in item) && item.unchanged === undefined && !this.#failures.has(item.digest);
      if (isSeen) sightings.push({ ...listed, digest: item.digest });
      if (isLeft) left.push(listed);
      else if (isSeen && listed.tag !== undefined) done.audited++;
      else if ('unchanged' in item) done.unchanged++;
    }
    return { sightings, failed, left, ...done };
  }

  #failuresOf(item: Resolved): readonly Omit<FailedItem, 'isLeft'>[] {
    const { tag } = item.listed;
    const named = tag === undefined ? {} : { tag };
    if ('error' in item) return [{ ...named, error: item.error }];
    return this.#failuresUnder(item.digest).map(([digest, error]) => ({ ...named, digest, error }));
  }

  /** What failed of a manifest: itself, or children of its index. */
  #failuresUnder(digest: Digest, seen = new Set<Digest>()): readonly (readonly [Digest, SlimboardError])[] {
    if (seen.has(digest)) return [];
    seen.add(digest);
    const own = this.#failures.get(digest);
    const children = this.#children.get(digest) ?? this.#lateChildren.get(digest) ?? [];
    return [...(own ? [[digest, own] as const] : []), ...children.flatMap((child) => this.#failuresUnder(child, seen))];
  }
}

function tooManyBytes(digest: Digest): TooLargeError {
  return new TooLargeError(
    `${digest}: manifests of indexes and their configs have more than ${MAX_CHILDREN_BYTES} bytes here, which is all that is read at a time`,
  );
}

/** What is read of a manifest to judge it; without what is optional it is judged, too. */
function neededBlobs(
  manifest: Manifest,
  { provenance }: Pick<SourceSettings, 'provenance'>,
): readonly { readonly blob: Descriptor; readonly optional: boolean }[] {
  if (manifest.form !== 'manifest') return [];
  return [
    ...(needsConfig(manifest) ? [{ blob: manifest.config, optional: false }] : []),
    ...(provenance ? provenanceOf(manifest) : []).map((blob) => ({ blob, optional: true })),
  ];
}

/** The layers of an attestation that hold build provenance; a bill of materials is of no use here, and large. */
export function provenanceOf(manifest: ImageManifest): readonly Descriptor[] {
  return manifest.layers.filter(
    ({ mediaType, size, annotations }) =>
      mediaType === MEDIA_TYPE.inToto &&
      size <= MAX_CONFIG_BYTES &&
      (annotations['in-toto.io/predicate-type'] ?? '').includes('slsa.dev/provenance'),
  );
}

function recordInput(
  fetched: FetchedManifest,
  manifest: Manifest,
  tag: Tag | undefined,
  bodies: ReadonlyMap<Digest, Uint8Array>,
): RecordInput {
  if (manifest.form !== 'manifest') return { fetched, manifest, tag, bodies };
  const config = needsConfig(manifest) ? bodies.get(manifest.config.digest) : undefined;
  return { fetched, manifest, tag, bodies, ...(config ? { config: parseImageConfig(config) } : {}) };
}

function tagsByDigest(resolved: readonly Resolved[]): ReadonlyMap<Digest, Tag> {
  const tags = new Map<Digest, Tag>();
  for (const item of resolved) {
    if (!('error' in item) && item.listed.tag !== undefined && !tags.has(item.digest))
      tags.set(item.digest, item.listed.tag);
  }
  return tags;
}

/** Rows for manifests that the registry lists and does not give now: stored and paid all the same. */
function archivedRecords(resolved: readonly Resolved[], stored: ReadonlySet<Digest>): readonly NewManifest[] {
  return resolved.flatMap((item) => {
    if ('error' in item || !item.listed.archived || stored.has(item.digest)) return [];
    const mediaType = item.listed.mediaType ?? '';
    const kind = isIndexMediaType(mediaType) ? 'index' : 'unknown';
    return [
      {
        digest: item.digest,
        mediaType,
        kind,
        layers: [],
        children: [],
        ...(item.listed.subject ? { subject: item.listed.subject } : {}),
      },
    ];
  });
}

/** A limit is no item's failure: the whole batch waits, and is tried again. */
function asItemError(error: unknown): SlimboardError {
  if (isItemFailure(error)) return error;
  throw error;
}
