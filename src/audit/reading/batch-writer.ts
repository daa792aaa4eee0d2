import { groupBy } from '../../common/group-by.ts';
import type { Database, Queryable } from '../../database/database.ts';
import { GroupWriter } from '../../database/group-writer.ts';
import type { BatchContent } from '../../fetch/read-batch.ts';
import type { TaskQueue, TaskReference } from '../../queue/queue.ts';
import type { ListedManifest } from '../../registry/registry.ts';
import { saveContent } from '../../store/content-store.ts';
import { type ItemError, replaceErrors } from '../../store/error-store.ts';
import { type RepositorySighting, recordSightings, type StoredRepository } from '../../store/inventory-store.ts';
import { refreshStatistics } from '../../store/maintenance.ts';
import { addTasks, narrowTasks, settleTasks } from '../../store/task-store.ts';
import { UnassessedImages } from '../assessing/unassessed-images.ts';
import { listedItems } from '../item-error.ts';
import type { ManifestsPayload } from '../task-payloads.ts';

/** A batch of a repository's tags, with what was read of it. */
export interface ReadBatch {
  readonly task: TaskReference;
  readonly sourceId: number;
  readonly repository: StoredRepository;
  readonly listed: readonly ListedManifest[];
  readonly content: BatchContent;
  readonly errors: readonly ItemError[];
}

/** Rows in one statement; more are no faster, measured on both databases. */
const MAX_ROWS = 5_000;

/**
 * Creates a writer of what each batch read, which settles its task in the same transaction. Where part of a batch failed
 * for now, its task is narrowed to that part. Nothing is written for a batch whose task another worker has settled.
 * @param now ISO 8601 in UTC
 */
export function createBatchWriter(db: Database, queue: TaskQueue, now: () => string): GroupWriter<ReadBatch> {
  const unassessed = new UnassessedImages();
  return new GroupWriter({
    async write(batches) {
      const gathered = await db.transaction(async (tx) => {
        const settled = await settle(tx, batches);
        const images = await writeBatches(tx, settled, now());
        const found = unassessed.gather(settled, images);
        // In the transaction that settles the batches, so that the inventory stage cannot end before this task is
        // known.
        if (found.task) await addTasks(tx, found.task.auditId, [found.task]);
        if (found.isDoubled) await refreshStatistics(tx);
        return found;
      });
      unassessed.keep(gathered);
      if (gathered.task) await queue.add([gathered.task]);
    },
    weigh: ({ listed, content }) => listed.length + content.blobs.length,
    maxWeight: MAX_ROWS,
  });
}

/** @returns the row ids of new images */
async function writeBatches(tx: Queryable, batches: readonly ReadBatch[], at: string): Promise<readonly number[]> {
  const blobs = batches.flatMap(({ content }) => content.blobs);
  const manifests = batches.flatMap(({ content }) => content.manifests);
  const images = saveContent(tx, blobs, manifests, at);
  await Promise.all([
    images,
    recordSightings(tx, batches.flatMap(sightingsOf), at),
    ...[...groupBy(batches, ({ task }) => task.auditId)].map(([auditId, ofAudit]) => {
      const items = ofAudit.flatMap(({ sourceId, repository, listed }) => listedItems(sourceId, repository, listed));
      const errors = ofAudit.flatMap((batch) => batch.errors);
      return replaceErrors(tx, auditId, { items, errors }, at);
    }),
  ]);
  return images;
}

/** Settles or narrows the batches' tasks. @returns the batches whose task was still open */
async function settle(tx: Queryable, batches: readonly ReadBatch[]): Promise<readonly ReadBatch[]> {
  const whole = batches.filter(({ content }) => content.left.length === 0);
  const inPart = batches.filter(({ content }) => content.left.length > 0);
  const [settled, narrowed] = await Promise.all([settleTasks(tx, whole), narrowTasks(tx, inPart.map(restOf))]);
  return [...settled, ...narrowed.map(({ batch }) => batch)];
}

/** The part of a batch that is to be read again. */
function restOf(batch: ReadBatch) {
  const { task, repository, content } = batch;
  return { batch, task, payload: { repository, listed: content.left } satisfies ManifestsPayload };
}

function sightingsOf({ repository, content }: ReadBatch): readonly RepositorySighting[] {
  return content.sightings.map((sighting) => ({ ...sighting, repositoryId: repository.id }));
}
