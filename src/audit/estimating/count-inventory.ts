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
import type { EcrRepositoryCounts } from './estimate-ecr.ts';

/** What the lists of a source contain, and what of it an audit would read. */
export type Inventory = Omit<InventoryCounter, 'count'>;

/** A host that does not answer any more keeps each request for two minutes: the other lists are then not asked for. */
const MAX_UNANSWERED = 3;

/**
 * Lists a source and compares it with what is stored. Reads no manifest. A list that cannot be read is left out.
 * @throws the first failure if no list of tags could be read; a refusal for too many requests
 */
export async function countInventory(
  db: Database,
  registry: Registry,
  settings: SourceSettings,
  signal: AbortSignal,
): Promise<Inventory> {
  const counter = new InventoryCounter(db, registry, settings, signal);
  await counter.count();
  return counter;
}

class InventoryCounter {
  tags = 0;
  /** Tags to read, from listings without digests. */
  newTags = 0;
  /** Digests to read, from listings with digests. One may be in several repositories. */
  readonly newDigests = new Set<Digest>();
  /** What stored indexes list and this audit wants, and earlier ones did not read; each once in a repository. */
  newChildren = 0;
  /** With `--deep`: bytes of the layers of known images to read, by their row id. */
  readonly layers = new Map<number, number>();
  /** How many repositories each registry has, whether selected or not. */
  readonly listed = new Map<RegistryHost, number>();
  readonly repositories: EcrRepositoryCounts[] = [];
  /** The failures of lists: what these would contain is not counted. */
  readonly failures: SlimboardError[] = [];
  /** Any listed tag. */
  sample: { readonly repository: ListedRepository; readonly tag: Tag } | undefined;
  readonly #db: Database;
  readonly #registry: Registry;
  readonly #settings: SourceSettings;
  readonly #signal: AbortSignal;
  /** How many lists in a row failed without an answer. */
  #unanswered = 0;

  constructor(db: Database, registry: Registry, settings: SourceSettings, signal: AbortSignal) {
    this.#db = db;
    this.#registry = registry;
    this.#settings = settings;
    this.#signal = signal;
  }

  async count(): Promise<void> {
    const selects = repositorySelector(this.#settings);
    // Invalid names take no requests; the audit itself will report them as errors. `selects` refuses all repositories,
    // so that their owners are not looked up: these change no figure here.
    const listing = { signal: this.#signal, selects: () => false, onInvalid: () => undefined };
    try {
      for await (const page of this.#registry.listRepositories(listing)) {
        for (const { registry: host } of page) this.listed.set(host, (this.listed.get(host) ?? 0) + 1);
        const repositories = page.filter(({ name }) => selects(name));
        await forEachConcurrently(repositories, this.#settings.concurrency, (each) => this.#tryToCount(each));
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
      `${this.#settings.name}: ${this.#unanswered} lists in a row got no answer: the remaining ones were not tried`,
    );
  }

  async #countRepository(repository: ListedRepository): Promise<void> {
    const settings = this.#settings;
    const id = await findRepositoryId(this.#db, settings.name, repository);
    const digests = new Set<Digest>();
    const fresh: ListedManifest[] = [];
    const wanted: ListedManifest[] = [];
    const children = new Set<Digest>();
    let tags = 0;
    let newTags = 0;
    const pages = this.#registry.listManifests(repository, { signal: this.#signal, onInvalid: () => undefined });
    const selected = selectPages(pages, settings, (page) => {
      for (const { tag, digest } of page) {
        if (digest !== undefined) digests.add(digest);
        if (tag !== undefined) this.sample ??= { repository, tag };
      }
    });
    for await (const batch of selected) {
      const found = await this.#findNew(id, batch);
      fresh.push(...found.fresh);
      tags += batch.filter(({ tag }) => tag !== undefined).length;
      newTags += found.newTags;
      for (const child of found.children) children.add(child);
      if (settings.deep) wanted.push(...batch);
    }
    const layers = id === undefined ? 0 : await this.#countLayers(id, wanted);
    // Not before: a repository whose list breaks off is not counted.
    this.tags += tags;
    this.newTags += newTags;
    this.newChildren += children.size;
    for (const { digest } of fresh) if (digest !== undefined) this.newDigests.add(digest);
    this.repositories.push({ registry: repository.registry, images: digests.size, fresh, layers });
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
    const plain = tagsAlone(listed);
    const readable = readableManifests(listed);
    if (this.#settings.full) return { fresh: [...readable.values()], newTags: plain.length, children: [] };
    const known =
      repositoryId === undefined ? new Map<Tag, KnownTag>() : await readKnownTags(this.#db, repositoryId, plain);
    const indexes = [...known.values()].flatMap(({ kind, digest }) => (kind === 'index' ? [digest] : []));
    const missing = await findMissingChildren(this.#db, indexes);
    const children = missing.filter((child) => isWantedLater(child, this.#settings)).map(({ child }) => child);
    const read = await readKnownManifests(this.#db, [...readable.keys()]);
    const fresh = [...readable].flatMap(([digest, item]) => (read.has(digest) ? [] : [item]));
    return { fresh, newTags: plain.length - known.size, children };
  }

  /** Counts the unread layers of wanted manifests. @returns how many of them were not counted before */
  async #countLayers(repositoryId: number, wanted: readonly ListedManifest[]): Promise<number> {
    if (wanted.length === 0) return 0;
    const named = { tags: tagsAlone(wanted), digests: [...readableManifests(wanted).keys()] };
    const unread = await listUnreadLayersIn(this.#db, repositoryId, named);
    const first = unread.filter(({ blobId }) => !this.layers.has(blobId));
    for (const { blobId, size } of first) this.layers.set(blobId, size);
    return first.length;
  }
}

function tagsAlone(listed: readonly ListedManifest[]): readonly Tag[] {
  return listed.flatMap(({ tag, digest }) => (tag !== undefined && digest === undefined ? [tag] : []));
}

function readableManifests(listed: readonly ListedManifest[]): ReadonlyMap<Digest, ListedManifest> {
  return new Map(listed.flatMap((item) => (item.digest && !item.archived ? [[item.digest, item]] : [])));
}
