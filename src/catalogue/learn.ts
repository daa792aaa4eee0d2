import { chunksOf } from '../common/chunks-of.ts';
import { forEachConcurrently } from '../common/concurrently.ts';
import { isGlob } from '../common/glob.ts';
import type { Database } from '../database/database.ts';
import { isItemFailure, type SlimboardError } from '../errors.ts';
import type { KnownContent } from '../fetch/known-content.ts';
import { readBatch } from '../fetch/read-batch.ts';
import { newestTags, repositorySelector, tagSelector } from '../fetch/select.ts';
import type { Digest } from '../oci/digest.ts';
import { parseTag, type Tag } from '../oci/reference.ts';
import type { ListedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { countTagsWithBase, readKnownBaseImages, readKnownBaseTags, saveBaseTags } from '../store/catalogue-store.ts';
import { baseTagsOf } from './base-content.ts';
import type { BaseContent } from './base-image.ts';

/** Tags that are read and stored together. */
const TAGS_PER_BATCH = 100;
/** Batches at the same time: while one waits for the database, the others keep the registry's places filled. */
const BATCHES_AT_ONCE = 4;

/** The time, the signal and the callback of one call of {@link learnBases}. */
export interface LearnOptions {
  readonly signal: AbortSignal;
  /** ISO 8601. */
  readonly now: string;
  /** Called for each repository, tag or digest that could not be read; learning goes on with the others. */
  readonly onFailure: (item: string, error: SlimboardError) => void;
}

/** Counts of what was learned. */
export interface Learned {
  repositories: number;
  tags: number;
  /** Tags that name what they named before. */
  unchanged: number;
  /** Tags that name an image of the catalogue now: others name artifacts, or images for other platforms. */
  withImage: number;
  /** Repositories, tags and digests that could not be read. */
  failed: number;
  /** Images that are new to the catalogue. */
  images: number;
}

/** What one call of {@link learnBases} reads, from where, and what it has counted so far. */
interface Run extends Pick<LearnOptions, 'signal' | 'now'> {
  readonly db: Database;
  readonly registry: Registry;
  readonly source: SourceSettings;
  readonly learned: Learned;
  /** Counts and reports an item's failure. @throws the error if it concerns more than one item */
  readonly fail: (item: string, error: unknown) => void;
}

/**
 * Reads the base images that a source's settings select, and stores their layer chains. A tag that names the same
 * manifest as before costs a request without a body; an image that is known costs none.
 * @throws RateLimitedError when the registry refuses all requests for now: what was learned is kept
 */
export async function learnBases(
  db: Database,
  registry: Registry,
  source: SourceSettings,
  { signal, now, onFailure }: LearnOptions,
): Promise<Learned> {
  const learned: Learned = { repositories: 0, tags: 0, unchanged: 0, withImage: 0, failed: 0, images: 0 };
  const fail = (item: string, error: unknown): void => {
    if (!isItemFailure(error)) throw error;
    learned.failed++;
    onFailure(item, error);
  };
  const run: Run = { db, registry, source, learned, fail, signal, now };
  await forEachConcurrently(listBatches(run), BATCHES_AT_ONCE, (batch) => learnBatch(run, batch));
  return learned;
}

interface Batch {
  readonly repository: ListedRepository;
  readonly listed: readonly ListedManifest[];
}

async function* listBatches(run: Run): AsyncGenerator<Batch> {
  const { registry, source, learned, fail, signal } = run;
  const selects = repositorySelector(source);
  // Nobody owns a base image: no repository's owner is looked up.
  for await (const page of registry.listRepositories({ signal, onInvalid: fail, selects: () => false })) {
    for (const repository of page.filter(({ name }) => selects(name))) {
      const listed = await listTags(run, repository);
      learned.repositories++;
      learned.tags += listed.length;
      for (const batch of chunksOf(listed, TAGS_PER_BATCH)) yield { repository, listed: batch };
    }
  }
}

/** Lists the wanted tags. Tags that the settings name need no listing: a repository may have ten thousand others. */
async function listTags(
  { registry, source, fail, signal }: Run,
  repository: ListedRepository,
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

async function learnBatch(run: Run, { repository, listed }: Batch): Promise<void> {
  const { db, registry, source, learned, fail, signal, now } = run;
  const before = await readTagsBefore(run, { repository, listed });
  const isUnchanged = (tag: Tag | undefined, digest: Digest | undefined): boolean =>
    tag !== undefined && digest !== undefined && before.get(tag) === digest;
  // A listing with digests (ECR) shows which tags have not moved: these need no request.
  const unread = listed.filter(({ tag, digest }) => !isUnchanged(tag, digest));
  const seen = new Map<Digest, BaseContent>();
  const batch = await readBatch(
    { registry, repository, settings: source, known: knownBases(db, before, seen), options: { signal } },
    unread,
  );
  const moved = batch.sightings.filter(({ tag, digest }) => !isUnchanged(tag, digest));
  const tags = baseTagsOf(repository, { ...batch, sightings: moved }, seen);
  await db.transaction((tx) => saveBaseTags(tx, repository, tags, { platforms: source.platforms, now }));
  const withImage = await countTagsWithBase(db, repository, tagsOf(listed));
  learned.withImage += withImage;
  learned.unchanged += listed.length - unread.length + batch.unchanged;
  learned.images += batch.manifests.filter(({ image }) => image !== undefined).length;
  for (const { tag, digest, error } of batch.failed) fail(nameOf(repository, tag, digest), error);
}

/** Returns the manifests that the catalogue's tags name, or none if nothing stored is to be believed. */
async function readTagsBefore({ db, source }: Run, { repository, listed }: Batch): Promise<ReadonlyMap<Tag, Digest>> {
  if (source.full) return new Map();
  return readKnownBaseTags(db, repository, tagsOf(listed), source.platforms);
}

function tagsOf(listed: readonly ListedManifest[]): readonly Tag[] {
  return listed.flatMap(({ tag }) => tag ?? []);
}

/**
 * Tells `readBatch` what the catalogue holds and need not be read.
 * @param seen receives the content of each known image that the batch came upon
 */
function knownBases(db: Database, before: ReadonlyMap<Tag, Digest>, seen: Map<Digest, BaseContent>): KnownContent {
  return {
    // An audit uses the kind to look for children that it left out earlier. Learning leaves out none: while a child of
    // a tag's index is unread, the tag is read again.
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

function nameOf({ name }: ListedRepository, tag: Tag | undefined, digest: Digest | undefined): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
