import type { Digest } from '../oci/digest.ts';
import type { TaskReference } from '../queue/queue.ts';
import type { ItemError } from '../store/audit-store.ts';
import { knownManifests, missingChildren, readBodies } from '../store/content-store.ts';
import type { Database } from '../store/database.ts';
import { knownTags, listedElsewhere, type StoredRepository } from '../store/inventory-store.ts';
import type { AuditContext } from './context.ts';
import { itemFailure } from './item-failure.ts';
import type { PlannedSource } from './plan.ts';
import { type BatchContent, type FailedItem, type KnownContent, readBatch } from './read-batch.ts';
import type { ManifestsPayload } from './task-payloads.ts';

/** Reads a batch of tags and keeps what it brought, in one transaction with the task's end. */
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
  const content = await readBatch(registry, repository, listed, source.settings, known, { signal });
  const errors = content.failed.map((item) => itemError(source, repository, item));
  await context.batches.write({ task, sourceId: source.id, repository, listed, content, errors });
  tell(context, source, repository, content, errors);
}

function knownContent(db: Database, repository: StoredRepository): KnownContent {
  return {
    tags: (tags) => knownTags(db, repository.id, tags),
    manifests: (digests) => knownManifests(db, digests),
    missingChildren: (indexes) => missingChildren(db, indexes),
    readBodies: (digests) => readBodies(db, digests),
  };
}

function itemError(source: PlannedSource, repository: StoredRepository, { tag, digest, error }: FailedItem): ItemError {
  return {
    sourceId: source.id,
    registry: repository.registry,
    repository: repository.name,
    tag: tag ?? '',
    digest: digest ?? '',
    ...itemFailure(error),
  };
}

function tell(
  { events }: AuditContext,
  { settings }: PlannedSource,
  repository: StoredRepository,
  content: BatchContent,
  errors: readonly ItemError[],
): void {
  events.itemDone(settings.name, 'unchanged', content.unchanged);
  events.itemDone(settings.name, 'audited', content.sightings.filter(({ tag }) => tag !== undefined).length);
  for (const { tag, digest, message } of errors) {
    events.itemFailed(
      settings.name,
      `${repository.registry}/${repository.name}${tag ? `:${tag}` : `@${digest}`}`,
      message,
    );
  }
}
