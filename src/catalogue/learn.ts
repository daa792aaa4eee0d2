import { forEachConcurrently } from '../common/concurrently.ts';
import { isGlob } from '../common/glob.ts';
import { isItemFailure, type SlimboardError } from '../errors.ts';
import type { KnownContent } from '../fetch/known-content.ts';
import { readBatch } from '../fetch/read-batch.ts';
import { newestTags, repositorySelector, tagSelector } from '../fetch/select.ts';
import type { Digest } from '../oci/digest.ts';
import { parseTag, type Tag } from '../oci/reference.ts';
import type { ListedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { readKnownBaseImages, readKnownBaseTags, saveBaseTags } from '../store/catalogue-store.ts';
import type { Database } from '../store/database.ts';
import { baseTagsOf } from './base-content.ts';
import type { BaseContent } from './base-image.ts';

/** Tags that are read and kept together. */
const TAGS_PER_BATCH = 100;
/** Batches in hand: while one waits for the database, the others keep the registry's places filled. */
const BATCHES_AT_ONCE = 4;

export interface LearnOptions {
  readonly signal: AbortSignal;
  /** ISO 8601. */
  readonly now: string;
  /** Told of each repository, tag or digest that could not be read; the others go on. */
  readonly onFailure: (item: string, error: SlimboardError) => void;
}

/** What learning did, in tags. */
export interface Learned {
  repositories: number;
  tags: number;
  unchanged: number;
  failed: number;
  /** Images that the catalogue did not hold. */
  images: number;
}

/**
 * Reads the base images that a source's settings select, and keeps their layer chains. Tags that name what they named
 * cost a request without a body, images that are known cost none.
 * @throws RateLimitedError when the registry lets nobody in for now: what was learned is kept
 */
export async function learnBases(
  db: Database,
  registry: Registry,
  source: SourceSettings,
  options: LearnOptions,
): Promise<Learned> {
  const learned: Learned = { repositories: 0, tags: 0, unchanged: 0, failed: 0, images: 0 };
  const fail = (item: string, error: unknown): void => {
    if (!isItemFailure(error)) throw error;
    learned.failed++;
    options.onFailure(item, error);
  };
  const batches = listBatches(registry, source, learned, fail, options.signal);
  await forEachConcurrently(batches, BATCHES_AT_ONCE, (batch) =>
    learnBatch(db, registry, source, batch, learned, fail, options),
  );
  return learned;
}

interface Batch {
  readonly repository: ListedRepository;
  readonly listed: readonly ListedManifest[];
}

type Fail = (item: string, error: unknown) => void;

async function* listBatches(
  registry: Registry,
  source: SourceSettings,
  learned: Learned,
  fail: Fail,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const selects = repositorySelector(source);
  const onInvalid = (name: string, error: SlimboardError): void => fail(name, error);
  // Nobody owns a base image: no owner is looked up for any of them.
  for await (const page of registry.listRepositories({ signal, onInvalid, selects: () => false })) {
    for (const repository of page.filter(({ name }) => selects(name))) {
      const listed = await listTags(registry, repository, source, fail, signal);
      learned.repositories++;
      learned.tags += listed.length;
      for (let at = 0; at < listed.length; at += TAGS_PER_BATCH)
        yield { repository, listed: listed.slice(at, at + TAGS_PER_BATCH) };
    }
  }
}

/** The tags that are wanted. Those that are named are asked for without a listing: some have ten thousand others. */
async function listTags(
  registry: Registry,
  repository: ListedRepository,
  source: SourceSettings,
  fail: Fail,
  signal: AbortSignal,
): Promise<readonly ListedManifest[]> {
  if (!source.tags.some(isGlob)) return source.tags.map((tag) => ({ tag: parseTag(tag) }));
  const selects = tagSelector(source);
  const listed: ListedManifest[] = [];
  const onInvalid = (tag: string, error: SlimboardError): void => fail(`${repository.name}:${tag}`, error);
  try {
    for await (const page of registry.listManifests(repository, { signal, onInvalid }))
      listed.push(...page.filter((item) => item.tag !== undefined && !item.archived && selects(item)));
  } catch (error) {
    fail(repository.name, error);
  }
  return source.newest === 'all' ? listed : newestTags(listed, source.newest);
}

async function learnBatch(
  db: Database,
  registry: Registry,
  source: SourceSettings,
  { repository, listed }: Batch,
  learned: Learned,
  fail: Fail,
  { signal, now }: LearnOptions,
): Promise<void> {
  const before = await tagsBefore(db, repository, source, listed);
  const isUnchanged = (tag: Tag | undefined, digest: Digest | undefined): boolean =>
    tag !== undefined && digest !== undefined && before.get(tag) === digest;
  // Where the listing tells digests (ECR), a tag that did not move costs nothing at all.
  const unread = listed.filter(({ tag, digest }) => !isUnchanged(tag, digest));
  const seen = new Map<Digest, BaseContent>();
  const batch = await readBatch(registry, repository, unread, source, knownBases(db, before, seen), { signal });
  const moved = batch.sightings.filter(({ tag, digest }) => !isUnchanged(tag, digest));
  const tags = baseTagsOf(repository, { ...batch, sightings: moved }, seen);
  await db.transaction((tx) => saveBaseTags(tx, repository, tags, source.platforms, now));
  learned.unchanged += listed.length - unread.length + batch.unchanged;
  learned.images += batch.manifests.filter(({ image }) => image !== undefined).length;
  for (const { tag, digest, error } of batch.failed) fail(itemName(repository, tag, digest), error);
}

async function tagsBefore(
  db: Database,
  repository: ListedRepository,
  source: SourceSettings,
  listed: readonly ListedManifest[],
): Promise<ReadonlyMap<Tag, Digest>> {
  if (source.full) return new Map();
  const tags = listed.flatMap(({ tag }) => tag ?? []);
  return readKnownBaseTags(db, repository, tags, source.platforms);
}

/** What of the catalogue a batch need not read; `seen` takes the known images that it came upon. */
function knownBases(db: Database, before: ReadonlyMap<Tag, Digest>, seen: Map<Digest, BaseContent>): KnownContent {
  return {
    // The kind matters to an audit, which asks for children that it left out: here they are read, or the tag is again.
    tags: async () => new Map([...before].map(([tag, digest]) => [tag, { digest, kind: 'image' }])),
    manifests: async (digests) => {
      const found = await readKnownBaseImages(db, digests);
      for (const [digest, content] of found) seen.set(digest, content);
      return new Map([...found.keys()].map((digest) => [digest, 'image']));
    },
    missingChildren: async () => [],
    readBodies: async () => new Map(),
  };
}

function itemName({ name }: ListedRepository, tag: Tag | undefined, digest: Digest | undefined): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
