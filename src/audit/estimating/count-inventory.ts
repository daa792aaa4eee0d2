import { forEachConcurrently } from '../../common/concurrently.ts';
import type { Database } from '../../database/database.ts';
import { isItemFailure, RegistryUnavailableError, type SlimboardError, StoreUnavailableError } from '../../errors.ts';
import { repositorySelector, selectPages } from '../../fetch/select.ts';
import { isWantedLater } from '../../fetch/wanted-children.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryHost, Tag } from '../../oci/reference.ts';
import type { ListedManifest, ListedRepository, Registry } from '../../registry/registry.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { readKnownManifests } from '../../store/content-store.ts';
import { findMissingChildren } from '../../store/index-store.ts';
import { findRepositoryId, type KnownTag, readKnownTags } from '../../store/inventory-store.ts';
import { listUnreadLayersIn } from '../../store/layer-store.ts';

/** What the lists of a source contain, and what of it an audit would read. */
export interface Inventory {
  readonly tags: number;
  /** Tags to read, from listings without digests. */
  readonly newTags: number;
  /** Digests to read, from listings with digests. One may be in several repositories. */
  readonly newDigests: ReadonlySet<Digest>;
  /** What stored indexes list and this audit wants, and earlier ones did not read; each once in a repository. */
  readonly newChildren: number;
  /** With `--deep`: bytes of the layers of known images to read, by their row id. */
  readonly layers: ReadonlyMap<number, number>;
  /** How many repositories each registry has, whether selected or not. */
  readonly listed: ReadonlyMap<RegistryHost, number>;
  readonly repositories: readonly RepositoryCounts[];
  /** The failures of lists: what these would contain is not counted. */
  readonly failures: readonly SlimboardError[];
  /** Any listed tag. */
  readonly sample: { readonly repository: ListedRepository; readonly tag: Tag } | undefined;
}

/** What the listing of a repository says of the requests to come. */
export interface RepositoryCounts {
  readonly registry: RegistryHost;
  /** How many digests were listed. */
  readonly images: number;
  /** Manifests to read: one entry a digest. */
  readonly fresh: readonly ListedManifest[];
  /** How many layers of known images are to be read, without those of earlier repositories. */
  readonly layers: number;
}

/** The source to take the inventory of, and what it is compared with. */
export interface InventoryOptions {
  readonly settings: SourceSettings;
  readonly registry: Registry;
  readonly db: Database;
  readonly signal: AbortSignal;
}

/** A host that does not answer any more keeps each request for two minutes: the other lists are then not asked for. */
const MAX_UNANSWERED = 3;

/**
 * Lists a source and compares it with what is stored. Reads no manifest. A list that cannot be read is left out.
 * @throws the first failure if no list of tags could be read; a refusal for too many requests
 */
export async function countInventory(options: InventoryOptions): Promise<Inventory> {
  const counter = new InventoryCounter(options);
  await counter.count();
  return counter;
}

class InventoryCounter implements Inventory {
  tags = 0;
  newTags = 0;
  readonly newDigests = new Set<Digest>();
  newChildren = 0;
  readonly layers = new Map<number, number>();
  readonly listed = new Map<RegistryHost, number>();
  readonly repositories: RepositoryCounts[] = [];
  readonly failures: SlimboardError[] = [];
  sample: Inventory['sample'];
  readonly #options: InventoryOptions;
  /** How many lists in a row failed without an answer. */
  #unanswered = 0;

  constructor(options: InventoryOptions) {
    this.#options = options;
  }

  async count(): Promise<void> {
    const { settings, registry, signal } = this.#options;
    const selects = repositorySelector(settings);
    // Invalid names take no requests; the audit itself will report them as errors. `selects` refuses all repositories,
    // so that their owners are not looked up: these change no figure here.
    const listing = { signal, selects: () => false, onInvalid: () => undefined };
    try {
      for await (const page of registry.listRepositories(listing)) {
        for (const { registry: host } of page) this.listed.set(host, (this.listed.get(host) ?? 0) + 1);
        const repositories = page.filter(({ name }) => selects(name));
        await forEachConcurrently(repositories, settings.concurrency, (each) => this.#tryToCount(each));
      }
    } catch (error) {
      this.#keepFailure(error);
    }
    const [first] = this.failures;
    if (first && this.repositories.length === 0) throw first;
  }

  /** @throws the error itself if it is no failure of one list */
  #keepFailure(error: unknown): void {
    if (!isItemFailure(error) || error instanceof StoreUnavailableError) throw error;
    this.failures.push(error);
  }

  /** Counts a repository, or keeps the failure. @throws RegistryUnavailableError if the registry seems to be gone */
  async #tryToCount(repository: ListedRepository): Promise<void> {
    try {
      await this.#countRepository(repository);
      this.#unanswered = 0;
    } catch (error) {
      this.#keepFailure(error);
      // A failure with a cause is one of the connection; an answer of HTTP 500 concerns a single list.
      const isUnanswered = error instanceof RegistryUnavailableError && error.cause !== undefined;
      this.#unanswered = isUnanswered ? this.#unanswered + 1 : 0;
    }
    if (this.#unanswered < MAX_UNANSWERED) return;
    throw new RegistryUnavailableError(
      `${this.#options.settings.name}: ${this.#unanswered} lists in a row got no answer: the remaining ones were not tried`,
    );
  }

  async #countRepository(repository: ListedRepository): Promise<void> {
    const { db, settings } = this.#options;
    const id = await findRepositoryId(db, settings.name, repository);
    const found = await this.#listRepository(repository, id);
    const layers = id === undefined ? 0 : await this.#countLayers(id, found.deep);
    // Not before: a repository whose list breaks off is not counted.
    this.tags += found.tags;
    this.newTags += found.newTags;
    this.newChildren += found.children.size;
    for (const { digest } of found.fresh) if (digest !== undefined) this.newDigests.add(digest);
    this.repositories.push({ registry: repository.registry, images: found.digests.size, fresh: found.fresh, layers });
  }

  /** @param id the repository's row, if it is stored */
  async #listRepository(repository: ListedRepository, id: number | undefined): Promise<FoundInRepository> {
    const { settings, registry, signal } = this.#options;
    const found: FoundInRepository = {
      digests: new Set(),
      fresh: [],
      deep: [],
      children: new Set(),
      tags: 0,
      newTags: 0,
    };
    const pages = registry.listManifests(repository, { signal, onInvalid: () => undefined });
    const selected = selectPages(pages, settings, (page) => {
      for (const { tag, digest } of page) {
        if (digest !== undefined) found.digests.add(digest);
        if (tag !== undefined) this.sample ??= { repository, tag };
      }
    });
    for await (const batch of selected) {
      const { fresh, newTags, children } = await this.#findNew(id, batch);
      found.fresh.push(...fresh);
      found.tags += batch.filter(({ tag }) => tag !== undefined).length;
      found.newTags += newTags;
      for (const child of children) found.children.add(child);
      if (settings.deep) found.deep.push(...batch);
    }
    return found;
  }

  /**
   * What of a batch is to be read: manifests, one entry a digest, if the listing contains digests, else a number of
   * tags, and what known indexes list.
   */
  async #findNew(
    repositoryId: number | undefined,
    listed: readonly ListedManifest[],
  ): Promise<{
    readonly fresh: readonly ListedManifest[];
    readonly newTags: number;
    readonly children: readonly Digest[];
  }> {
    const { db, settings } = this.#options;
    const plain = tagsAlone(listed);
    const readable = readableManifests(listed);
    if (settings.full) return { fresh: [...readable.values()], newTags: plain.length, children: [] };
    const known = repositoryId === undefined ? new Map<Tag, KnownTag>() : await readKnownTags(db, repositoryId, plain);
    const indexes = [...known.values()].flatMap(({ kind, digest }) => (kind === 'index' ? [digest] : []));
    const missing = await findMissingChildren(db, indexes);
    const children = missing.filter((child) => isWantedLater(child, settings)).map(({ child }) => child);
    const read = await readKnownManifests(db, [...readable.keys()]);
    const fresh = [...readable].flatMap(([digest, item]) => (read.has(digest) ? [] : [item]));
    return { fresh, newTags: plain.length - known.size, children };
  }

  /** Counts the unread layers of wanted manifests. @returns how many of them were not counted before */
  async #countLayers(repositoryId: number, wanted: readonly ListedManifest[]): Promise<number> {
    if (wanted.length === 0) return 0;
    const named = { tags: tagsAlone(wanted), digests: [...readableManifests(wanted).keys()] };
    const unread = await listUnreadLayersIn(this.#options.db, repositoryId, named);
    const first = unread.filter(({ blobId }) => !this.layers.has(blobId));
    for (const { blobId, size } of first) this.layers.set(blobId, size);
    return first.length;
  }
}

/** What the list of a repository contains. */
interface FoundInRepository {
  readonly digests: Set<Digest>;
  /** Manifests to read: one entry a digest. */
  readonly fresh: ListedManifest[];
  /** Those whose layers are read, too. */
  readonly deep: ListedManifest[];
  readonly children: Set<Digest>;
  tags: number;
  newTags: number;
}

function tagsAlone(listed: readonly ListedManifest[]): readonly Tag[] {
  return listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
}

function readableManifests(listed: readonly ListedManifest[]): ReadonlyMap<Digest, ListedManifest> {
  return new Map(listed.flatMap((item) => (item.digest && !item.archived ? [[item.digest, item]] : [])));
}
