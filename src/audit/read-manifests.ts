import type { KnownContent } from '../fetch/known-content.ts';
import { type BatchContent, type FailedItem, mayPass, readBatch } from '../fetch/read-batch.ts';
import type { Digest } from '../oci/digest.ts';
import type { TaskReference } from '../queue/queue.ts';
import { readBodies, readKnownManifests } from '../store/content-store.ts';
import type { Database } from '../store/database.ts';
import { type ItemError, readErrorsOf } from '../store/error-store.ts';
import { findMissingChildren } from '../store/index-store.ts';
import { listedElsewhere, readKnownTags, type StoredRepository } from '../store/inventory-store.ts';
import type { AuditContext } from './context.ts';
import { type ItemFailure, itemFailure, itemName, itemOf, listedItems } from './item-failure.ts';
import type { PlannedSource } from './plan.ts';
import type { ManifestsPayload } from './task-payloads.ts';

/**
 * Reads a batch of tags and stores the result, in the transaction that settles the task or, if some items may succeed
 * later, narrows it to these.
 * @throws the first error that may pass, so that the task is tried again
 */
export async function readManifests(
  context: AuditContext,
  task: TaskReference,
  source: PlannedSource,
  { repository, listed }: ManifestsPayload,
  signal: AbortSignal,
): Promise<void> {
  const registry = await context.registryOf(source.settings);
  const elsewhere = (digests: readonly Digest[]) => listedElsewhere(context.db, task.auditId, repository.id, digests);
  const known = {
    ...knownContent(context.db, repository),
    ...(listed.some(({ digest }) => digest !== undefined) ? { listedElsewhere: elsewhere } : {}),
  };
  const content = await readBatch(
    { registry, repository, settings: source.settings, known, options: { signal } },
    listed,
  );
  const errorOf = ({ tag, digest, error }: FailedItem): ItemError => ({
    ...itemOf(source.id, { ...repository, tag, digest }),
    ...itemFailure(error),
  });
  const errors = content.failed.map(errorOf);
  await context.batches.write({ task, sourceId: source.id, repository, listed, content, errors });
  reportRead(context, source, content, content.failed.filter(({ isLeft }) => !isLeft).map(errorOf));
  const passing = content.failed.find(mayPass);
  if (passing) throw passing.error;
}

/** The errors of a given-up task's items: the recorded one of each item, or else the failure of the task. */
export async function leftErrors(
  { db }: AuditContext,
  { auditId }: TaskReference,
  source: PlannedSource,
  { repository, listed }: ManifestsPayload,
  failure: ItemFailure,
): Promise<readonly ItemError[]> {
  const items = listedItems(source.id, repository, listed);
  const recorded = await readErrorsOf(db, auditId, items);
  const named = new Set(recorded.map(({ tag, digest }) => tag || digest));
  const others = items.filter(({ tag, digest }) => !named.has(tag || digest));
  return [...recorded, ...others.map((item) => ({ ...item, ...failure }))];
}

function knownContent(db: Database, repository: StoredRepository): KnownContent {
  return {
    tags: (tags) => readKnownTags(db, repository.id, tags),
    manifests: (digests) => readKnownManifests(db, digests),
    missingChildren: (indexes) => findMissingChildren(db, indexes),
    readBodies: (digests) => readBodies(db, digests),
  };
}

/** Reports what was read, and the items that failed for good. Items to be tried again are reported later. */
function reportRead(
  { events }: AuditContext,
  { settings }: PlannedSource,
  content: BatchContent,
  errors: readonly ItemError[],
): void {
  events.itemDone(settings.name, 'unchanged', content.unchanged);
  events.itemDone(settings.name, 'audited', content.audited);
  for (const error of errors) events.itemFailed(settings.name, itemName(error), error.message);
}
