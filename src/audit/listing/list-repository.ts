import { NotFoundError, type SlimboardError, UnknownRepositoryError } from '../../errors.ts';
import { namedTags, selectPages, tagSelector } from '../../fetch/select.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Tag } from '../../oci/reference.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import { readKnownManifests } from '../../store/content-store.ts';
import type { ItemError } from '../../store/error-store.ts';
import type { StoredRepository } from '../../store/inventory-store.ts';
import { addTaskUnder } from '../../store/task-store.ts';
import { type AuditSource, sourceOf } from '../audit.ts';
import type { Work } from '../context.ts';
import { itemError, reportErrors } from '../item-error.ts';
import { manifestsTask, type RepositoryPayload, referenceTo } from '../task-payloads.ts';
import { cutBatches } from './cut-batches.ts';
import { listAgain } from './list-again.ts';

/**
 * Lists a repository's tags and untagged manifests page by page and adds a task for each batch of those to read. Ends
 * the stored tags that are no longer listed.
 */
export async function listRepository(work: Work<RepositoryPayload>): Promise<void> {
  const { context, task, audit, payload } = work;
  const { repository, again } = payload;
  if (again) return listAgain(work, again);
  const source = sourceOf(audit, repository.source);
  const found: Found = { tags: [], untagged: [], invalid: new Set(), errors: [] };
  const pages = listing(work, source, found);
  const isKnown = async (digests: readonly Digest[]) =>
    source.settings.full ? new Set<Digest>() : readKnownManifests(context.db, digests);
  let tagsSelected = 0;
  let missing: readonly ItemError[] = [];
  let isGone = false;
  try {
    for await (const batch of cutBatches(pages, isKnown)) {
      tagsSelected += batch.filter(({ tag }) => tag !== undefined).length;
      if (!(await dispatch(work, batch))) return;
    }
    missing = missingTags(source, repository, found.tags);
    found.errors.push(...missing);
  } catch (error) {
    // The repository is gone: it ends with its tags, and the error is recorded because the settings may name it.
    if (!(error instanceof UnknownRepositoryError) || found.tags.length > 0) throw error;
    isGone = true;
    found.errors.push(itemError(source.id, repository, error));
  }
  const tagsFailed = new Set(found.errors.map(({ tag }) => tag).filter((tag) => tag !== '')).size;
  await context.listings.write({
    task,
    sourceId: source.id,
    repository,
    ...found,
    tagsListed: found.tags.length + found.invalid.size,
    tagsWanted: tagsSelected + tagsFailed,
    tagsUnlisted: missing.length,
    isGone,
  });
  reportErrors(context, audit, found.errors);
  context.events.repositoryListed(source.settings.name, repository.name, found.tags.length);
}

/** Everything that a listing named, whether the settings select it or not. */
interface Found {
  readonly tags: Tag[];
  readonly untagged: Digest[];
  /** Listed names that are no valid tags. */
  readonly invalid: Set<string>;
  /** Errors of selected tags with invalid names, and of tags that the settings name and the repository lacks. */
  readonly errors: ItemError[];
}

function missingTags(source: AuditSource, repository: StoredRepository, listed: readonly Tag[]): readonly ItemError[] {
  const { registry, name } = repository;
  return namedTags(source.settings)
    .filter((tag) => !listed.some((found) => found === tag))
    .map((tag) => {
      const error = new NotFoundError(`${registry}/${name}:${tag}: the repository does not list this tag`);
      return itemError(source.id, { ...repository, tag }, error);
    });
}

/** Yields the selected items page by page, and collects all listed names in `found`. */
async function* listing(
  { context, payload: { repository }, signal }: Work<RepositoryPayload>,
  { id, settings }: AuditSource,
  found: Found,
): AsyncGenerator<readonly ListedManifest[]> {
  const registry = await context.registryOf(settings);
  const selects = tagSelector(settings);
  const onInvalid = (tag: string, error: SlimboardError): void => {
    found.invalid.add(tag);
    if (selects({ tag })) found.errors.push(itemError(id, { ...repository, tag }, error));
  };
  yield* selectPages(registry.listManifests(repository, { signal, onInvalid }), settings, (page) => {
    for (const { tag, digest } of page) {
      if (tag !== undefined) found.tags.push(tag);
      else if (digest !== undefined) found.untagged.push(digest);
    }
  });
}

/**
 * Adds and queues the task of a batch.
 * @returns false if another worker has settled the listing's task, or the audit has ended
 */
async function dispatch(
  { context: { db, queue }, task, payload, signal }: Work<RepositoryPayload>,
  batch: readonly ListedManifest[],
): Promise<boolean> {
  const made = manifestsTask(payload.repository, batch);
  const isAdded = await addTaskUnder(db, task, made);
  if (isAdded) await queue.add([referenceTo(made, task)], { signal });
  return isAdded;
}
