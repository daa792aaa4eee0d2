import type { Database } from '../../database/database.ts';
import { RateLimitedError } from '../../errors.ts';
import type { KnownContent } from '../../fetch/known-content.ts';
import { type FailedItem, mayPass, readBatch } from '../../fetch/read-batch.ts';
import type { TaskReference } from '../../queue/queue.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import { readBodies, readKnownManifests } from '../../store/content-store.ts';
import { type ItemError, readErrorsOf } from '../../store/error-store.ts';
import { findMissingChildren } from '../../store/index-store.ts';
import { listedElsewhere, readKnownTags } from '../../store/inventory-store.ts';
import { type Audit, type AuditSource, sourceOf } from '../audit.ts';
import type { AuditContext, Work } from '../context.ts';
import { type ErrorDetails, itemError, listedItems, reportErrors } from '../item-error.ts';
import type { ManifestsPayload } from '../task-payloads.ts';

/**
 * The sources whose registry put a batch off in an audit, as this process saw it. A batch that is put off starts over:
 * while a quota is smaller than what all batches in hand ask for, large ones would never end.
 */
export class LimitedSources {
  /** The newest audit of each source in which that happened. */
  readonly #audits = new Map<number, number>();

  add(sourceId: number, auditId: number): void {
    this.#audits.set(sourceId, auditId);
  }

  has(sourceId: number, auditId: number): boolean {
    return this.#audits.get(sourceId) === auditId;
  }
}

/** So few that a quota of some dozen requests is enough for all batches in hand to go on. */
const TAGS_UNDER_QUOTA = 4;

/**
 * Reads a batch of tags and stores the result, in the transaction that settles the task or, if some items may succeed
 * later, narrows it to these. Once the registry has put a batch of the source off, stores a few tags at a time.
 * @throws the first error that may pass, so that the task is tried again
 */
export async function readManifests({ context, task, audit, payload, signal }: Work<ManifestsPayload>): Promise<void> {
  const { repository, listed } = payload;
  const source = sourceOf(audit, repository.source);
  const { settings } = source;
  const registry = await context.registryOf(settings);
  const known = knownContent(context.db, task.auditId, payload);
  const reading = { registry, repository, settings, known, options: { signal } };
  const errorOf = ({ tag, digest, error }: FailedItem): ItemError =>
    itemError(source.id, { ...repository, tag, digest }, error);
  const size = atOnce(context, task, source) ?? listed.length;
  const left: ListedManifest[] = [];
  let passing: FailedItem | undefined;
  for (let at = 0; at < listed.length; at += size) {
    const part = listed.slice(at, at + size);
    const read = await readBatch(reading, part).catch((error) => {
      if (error instanceof RateLimitedError) context.limited.add(source.id, task.auditId);
      throw error;
    });
    left.push(...read.left);
    const content = { ...read, left: [...left, ...listed.slice(at + size)] };
    const errors = read.failed.map(errorOf);
    await context.batches.write({ task, sourceId: source.id, repository, listed: part, content, errors });
    context.events.itemDone('unchanged', read.unchanged);
    context.events.itemDone('audited', read.audited);
    // Items to be tried again are reported when they have failed for good.
    reportErrors(context, audit, read.failed.filter(({ isLeft }) => !isLeft).map(errorOf));
    passing ??= read.failed.find(mayPass);
  }
  if (passing) throw passing.error;
}

/** How many tags to store at a time; undefined: all of the batch. Amazon ECR is asked for many images at once. */
function atOnce({ limited }: AuditContext, { auditId }: TaskReference, source: AuditSource): number | undefined {
  return source.settings.kind === 'oci' && limited.has(source.id, auditId) ? TAGS_UNDER_QUOTA : undefined;
}

/** The errors of a given-up task's items: the recorded one of each item, or else the failure of the task. */
export async function leftErrors(
  { db }: AuditContext,
  audit: Audit,
  { repository, listed }: ManifestsPayload,
  failure: ErrorDetails,
): Promise<readonly ItemError[]> {
  const items = listedItems(sourceOf(audit, repository.source).id, repository, listed);
  const recorded = await readErrorsOf(db, audit.id, items);
  const named = new Set(recorded.map(({ tag, digest }) => tag || digest));
  const others = items.filter(({ tag, digest }) => !named.has(tag || digest));
  return [...recorded, ...others.map((item) => ({ ...item, ...failure }))];
}

function knownContent(db: Database, auditId: number, { repository, listed }: ManifestsPayload): KnownContent {
  const known: KnownContent = {
    tags: (tags) => readKnownTags(db, repository.id, tags),
    manifests: (digests) => readKnownManifests(db, digests),
    missingChildren: (indexes) => findMissingChildren(db, indexes),
    readBodies: (digests) => readBodies(db, digests),
  };
  if (listed.every(({ digest }) => digest === undefined)) return known;
  return { ...known, listedElsewhere: (digests) => listedElsewhere(db, auditId, repository.id, digests) };
}
