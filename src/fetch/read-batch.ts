import { asItemFailure, NotFoundError, type SlimboardError } from '../errors.ts';
import { type ContentKind, needsConfig } from '../oci/content-kind.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import type { Manifest } from '../oci/manifest.ts';
import { isIndexMediaType } from '../oci/media-type.ts';
import type { Tag } from '../oci/reference.ts';
import { endTogether } from '../registry/abort.ts';
import type { FetchedManifest, ListedManifest } from '../registry/registry.ts';
import type { NewBlob, NewManifest } from '../store/content-store.ts';
import type { KnownTag, Sighting } from '../store/inventory-store.ts';
import { withoutStored } from './known-content.ts';
import { manifestRecordOf } from './manifest-record.ts';
import { ManifestTree, type ReadingContext } from './manifest-tree.ts';
import { readBlobs } from './read-blobs.ts';

/** A failure of one item of a batch, or of content below it. The rest of the batch is not affected. */
export interface FailedItem {
  readonly tag: Tag | undefined;
  readonly digest?: Digest;
  readonly error: SlimboardError;
  /**
   * Whether the item will be read again, because it is in {@link BatchContent.left}: then this failure is not final.
   */
  readonly isLeft: boolean;
}

/** What was read of a batch: content that is not stored yet, what tags name unless unchanged, and what failed. */
export interface BatchContent {
  readonly blobs: readonly NewBlob[];
  readonly manifests: readonly NewManifest[];
  readonly sightings: readonly Sighting[];
  readonly failed: readonly FailedItem[];
  /** Items to be read again, because a failure of theirs may pass. */
  readonly left: readonly ListedManifest[];
  /** How many tags were read and need not be read again, besides the unchanged ones. */
  readonly audited: number;
  /** How many tags were not modified, by the registry's answer. */
  readonly unchanged: number;
}

/** Whether reading the item again may succeed. */
export function mayPass({ error }: Pick<FailedItem, 'error'>): boolean {
  return error.retry.kind === 'backoff';
}

type Resolved = { readonly listed: ListedManifest } & (
  | { readonly digest: Digest; readonly fetched?: FetchedManifest | undefined; readonly unchanged?: ContentKind }
  | { readonly error: SlimboardError }
);

/**
 * Reads a batch of tags: asks for each tag once, and reads the manifests, children, configs and provenance that are not
 * stored. The failure of one item does not affect the others.
 * @throws failures of the whole batch: the registry asks to slow down, the database is gone, the signal aborted, a bug
 */
export async function readBatch(context: ReadingContext, listed: readonly ListedManifest[]): Promise<BatchContent> {
  const known = context.settings.full ? withoutStored(context.known) : context.known;
  // Otherwise requests that wait for the end of a registry's pause would be sent, and again with the next attempt.
  return endTogether(context.options.signal, (signal) =>
    new BatchReader({ ...context, known, options: { signal } }).read(listed),
  );
}

class BatchReader {
  readonly #context: ReadingContext;
  readonly #tree: ManifestTree;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#tree = new ManifestTree(context);
  }

  async read(listed: readonly ListedManifest[]): Promise<BatchContent> {
    const stated = await this.#resolve(listed);
    await this.#readManifests(stated);
    const resolved = await this.#readMissed(stated);
    const { manifests, blobs } = await this.#records();
    return { manifests: [...manifests, ...this.#archivedRecords(resolved)], blobs, ...this.#outcome(resolved) };
  }

  async #resolve(listed: readonly ListedManifest[]): Promise<readonly Resolved[]> {
    const tags = listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
    const known = await this.#context.known.tags(tags);
    return Promise.all(
      listed.map((item) => this.#resolveItem(item, item.tag === undefined ? undefined : known.get(item.tag))),
    );
  }

  async #resolveItem(listed: ListedManifest, known: KnownTag | undefined): Promise<Resolved> {
    if (listed.digest !== undefined) return { listed, digest: listed.digest };
    if (listed.tag === undefined) throw new Error('a listed manifest has neither tag nor digest');
    try {
      const { registry, repository, options } = this.#context;
      const answer = await registry.readTag(repository, listed.tag, known?.digest, options);
      const [digest, fetched] = typeof answer === 'string' ? [answer] : [answer.digest, answer];
      if (digest === known?.digest) return { listed, digest, unchanged: known.kind };
      return { listed, digest, fetched };
    } catch (error) {
      return { listed, error: asItemFailure(error) };
    }
  }

  /**
   * Reads the tags again whose stated digest names no manifest: they have moved since, or the registry states the digest
   * of another form of the manifest. This time it is asked for the manifest itself.
   */
  async #readMissed(stated: readonly Resolved[]): Promise<readonly Resolved[]> {
    const missed = new Set(stated.filter((item) => this.#isMissed(item)));
    if (missed.size === 0) return stated;
    const resolved = await Promise.all(
      stated.map((item) => (missed.has(item) ? this.#resolveItem(item.listed, undefined) : item)),
    );
    await this.#readManifests(resolved.filter((item) => !stated.includes(item)));
    return resolved;
  }

  #isMissed(item: Resolved): boolean {
    if ('error' in item || item.fetched || item.listed.digest !== undefined) return false;
    return this.#tree.failureOf(item.digest) instanceof NotFoundError;
  }

  /** Reads all manifests that are not stored: those of the tags, then the children of their indexes. */
  async #readManifests(resolved: readonly Resolved[]): Promise<void> {
    const digests = new Set<Digest>();
    const fetched = new Map<Digest, FetchedManifest>();
    const unchangedIndexes = new Set<Digest>();
    for (const item of resolved) {
      if ('error' in item || item.listed.archived) continue;
      if (item.unchanged === undefined) digests.add(item.digest);
      else if (item.unchanged === 'index') unchangedIndexes.add(item.digest);
      if (item.fetched) fetched.set(item.digest, item.fetched);
    }
    await this.#tree.grow([...digests], fetched, unchangedIndexes);
  }

  /** Reads configs and provenance of all new manifests, and returns their rows. */
  async #records(): Promise<{ manifests: NewManifest[]; blobs: NewBlob[] }> {
    const bodies = await readBlobs(this.#context, this.#tree);
    const manifests: NewManifest[] = [];
    const blobs: NewBlob[] = [];
    for (const { fetched, manifest } of this.#tree.manifests()) {
      try {
        const record = manifestRecordOf({ fetched, manifest, config: configOf(manifest, bodies), bodies });
        manifests.push(record.manifest);
        blobs.push(...record.blobs);
      } catch (error) {
        this.#tree.fail(fetched.digest, asItemFailure(error));
      }
    }
    return { manifests, blobs };
  }

  /**
   * Rows of manifests that are archived: the registry lists but does not return them. They are stored, and paid for.
   */
  #archivedRecords(resolved: readonly Resolved[]): readonly NewManifest[] {
    return resolved.flatMap((item) => {
      if ('error' in item || !item.listed.archived || this.#tree.isKept(item.digest)) return [];
      const { mediaType = '', subject } = item.listed;
      const kind = isIndexMediaType(mediaType) ? 'index' : 'unknown';
      return [{ digest: item.digest, mediaType, kind, layers: [], children: [], subject }];
    });
  }

  #outcome(resolved: readonly Resolved[]): Omit<BatchContent, 'blobs' | 'manifests'> {
    const sightings: Sighting[] = [];
    const failed: FailedItem[] = [];
    const left: ListedManifest[] = [];
    const done = { audited: 0, unchanged: 0 };
    for (const item of resolved) {
      const { listed } = item;
      const failures = this.#failuresOf(item);
      const isLeft = failures.some(mayPass);
      failed.push(...failures.map((failure) => ({ ...failure, isLeft })));
      // Nothing is written for unchanged tags: their open row says all.
      const isSeen = !('error' in item) && item.unchanged === undefined && !this.#tree.failureOf(item.digest);
      if (isSeen) sightings.push({ ...listed, digest: item.digest, ...this.#reading(listed) });
      if (isLeft) left.push(listed);
      else if (isSeen && listed.tag !== undefined) done.audited++;
      else if ('unchanged' in item) done.unchanged++;
    }
    return { sightings, failed, left, ...done };
  }

  /** Registries whose listings contain digests may also list the last pull, which after `--full` is this reading. */
  #reading({ digest, archived }: ListedManifest): Pick<Sighting, 'readAgain'> {
    return this.#context.settings.full && digest !== undefined && !archived ? { readAgain: true } : {};
  }

  #failuresOf(item: Resolved): readonly Omit<FailedItem, 'isLeft'>[] {
    const { tag } = item.listed;
    if ('error' in item) return [{ tag, error: item.error }];
    return this.#tree.failuresUnder(item.digest).map(([digest, error]) => ({ tag, digest, error }));
  }
}

/** The parsed config of an image that was read; undefined for other manifests. */
function configOf(manifest: Manifest, bodies: ReadonlyMap<Digest, Uint8Array>): ImageConfig | undefined {
  if (manifest.form !== 'manifest' || !needsConfig(manifest)) return undefined;
  const body = bodies.get(manifest.config.digest);
  return body && parseImageConfig(body);
}
