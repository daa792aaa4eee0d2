import type { Digest } from '../../oci/digest.ts';
import { isIndexMediaType } from '../../oci/media-type.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import { MANIFESTS_PER_TASK } from '../task-payloads.ts';

type Entries = readonly ListedManifest[];

/** All tags of an image go into one batch, which reads it once. Amazon ECR allows 1,000 tags an image. */
const MAX_ENTRIES = 10 * MANIFESTS_PER_TASK;

/**
 * Cuts pages of any length into batches. If the listing contains digests, those that were never read are collected
 * across pages into batches of 100, the size of one request. Indexes come last: by then most of their children are in
 * earlier batches, as entries of their own.
 * @param isKnown returns which of some digests have a stored manifest
 */
export async function* cutBatches(
  pages: AsyncIterable<Entries>,
  isKnown: (digests: readonly Digest[]) => Promise<{ has(digest: Digest): boolean }>,
): AsyncGenerator<Entries> {
  const settled = new Pile(({ tag, digest }) => `${tag}@${digest}`);
  const fresh = new Pile(({ digest }) => digest);
  const indexes: ListedManifest[] = [];
  for await (const page of pages) {
    const known = await isKnown([...new Set(page.flatMap(({ digest }) => digest ?? []))]);
    for (const listed of page) {
      const { digest, archived, mediaType } = listed;
      if (digest === undefined || archived || known.has(digest)) yield* settled.add(listed);
      else if (mediaType !== undefined && isIndexMediaType(mediaType)) indexes.push(listed);
      else yield* fresh.add(listed);
    }
  }
  for (const listed of indexes) yield* fresh.add(listed);
  yield* settled.take();
  yield* fresh.take();
}

/** Collects entries for a batch. */
class Pile {
  readonly #keyOf: (listed: ListedManifest) => string | undefined;
  readonly #keys = new Set<string | undefined>();
  #entries: ListedManifest[] = [];

  /** @param keyOf entries with the same key count as one */
  constructor(keyOf: (listed: ListedManifest) => string | undefined) {
    this.#keyOf = keyOf;
  }

  /** Adds an entry; yields the collected batch first if the entry does not fit into it. */
  *add(listed: ListedManifest): Generator<Entries> {
    const key = this.#keyOf(listed);
    const full = this.#keys.size >= MANIFESTS_PER_TASK && !this.#keys.has(key);
    if (full || this.#entries.length >= MAX_ENTRIES) yield* this.take();
    this.#keys.add(key);
    this.#entries.push(listed);
  }

  /** Yields the entries collected so far, if there are any. */
  *take(): Generator<Entries> {
    const entries = this.#entries;
    this.#entries = [];
    this.#keys.clear();
    if (entries.length > 0) yield entries;
  }
}
