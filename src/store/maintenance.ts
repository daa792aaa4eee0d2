import type { Database, Queryable } from '../database/database.ts';

/**
 * Frees the space of the task rows that an audit deleted, and of old versions of repository rows, for the next audit to
 * reuse. The embedded database has no autovacuum: there every table is vacuumed, and analyzed, as the planner has no
 * statistics otherwise.
 */
export async function compact(db: Database): Promise<void> {
  await db.query(db.kind === 'pglite' ? 'vacuum analyze' : 'vacuum audit_task, repository');
}

/**
 * Updates the planner's statistics to what an audit has stored, before its large queries. Autovacuum would do so a
 * minute later, or never (embedded), and a plan made for tables that were small then takes ten times as long.
 */
export async function refreshStatistics(tx: Queryable): Promise<void> {
  await tx.query('analyze repository, tag, manifest, manifest_layer, image, index_child, blob, assessment');
}
