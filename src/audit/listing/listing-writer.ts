import { groupBy } from '../../common/group-by.ts';
import type { Database, Queryable } from '../../database/database.ts';
import { GroupWriter } from '../../database/group-writer.ts';
import type { TaskReference } from '../../queue/queue.ts';
import { type ItemError, replaceErrors } from '../../store/error-store.ts';
import type { StoredRepository } from '../../store/inventory-store.ts';
import { type CompleteListing, closeListings } from '../../store/listing-store.ts';
import { settleTasks } from '../../store/task-store.ts';
import { itemOf } from '../item-error.ts';

/** A repository whose listing was read to its end. */
export interface ReadListing extends CompleteListing {
  readonly task: TaskReference;
  readonly sourceId: number;
  readonly repository: StoredRepository;
  readonly errors: readonly ItemError[];
}

/** Names in one statement; more are no faster. */
const MAX_NAMES = 5_000;

/**
 * Creates a writer that ends the stored tags and untagged manifests that a listing no longer contains, in the
 * transaction that settles its task. Nothing is written for a listing whose task another worker has settled.
 * @param now ISO 8601 in UTC
 */
export function createListingWriter(db: Database, now: () => string): GroupWriter<ReadListing> {
  return new GroupWriter({
    write: (listings) => db.transaction((tx) => writeListings(tx, listings, now())),
    weigh: ({ tags, untagged }) => 1 + tags.length + untagged.length,
    maxWeight: MAX_NAMES,
  });
}

async function writeListings(tx: Queryable, listings: readonly ReadListing[], at: string): Promise<void> {
  const settled = await settleTasks(tx, listings);
  for (const [auditId, ofAudit] of groupBy(settled, ({ task }) => task.auditId)) {
    await closeListings(tx, auditId, ofAudit, at);
    const items = ofAudit.map(({ sourceId, repository }) => itemOf(sourceId, repository));
    const errors = ofAudit.flatMap((listing) => listing.errors);
    await replaceErrors(tx, auditId, { items, errors }, at);
  }
}
