import type { Database, Queryable } from './database.ts';

/**
 * Gives back what the rows of an audit's tasks took, so that the next one finds room instead of making it. The embedded
 * database has no autovacuum at all: there every table is due, and plans would be made blindly.
 */
export async function compact(db: Database): Promise<void> {
  await db.query(db.kind === 'pglite' ? 'vacuum analyze' : 'vacuum audit_task, repository');
}

/**
 * Lets the planner know what an audit brought, before its large queries. Autovacuum comes a minute later, or never
 * (embedded); a plan made for tables that were small then takes ten times as long.
 */
export async function refreshStatistics(tx: Queryable): Promise<void> {
  await tx.query('analyze repository, tag, manifest, manifest_layer, image, index_child, blob, assessment');
}
