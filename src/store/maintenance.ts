import type { Database, Queryable } from './database.ts';

/** The embedded database has no autovacuum: without this, every night's updates would stay in its files, and plans would be made blindly. */
export async function compact(db: Database): Promise<void> {
  if (db.kind === 'pglite') await db.query('vacuum analyze');
}

/**
 * Lets the planner know what an audit brought, before its large queries. Autovacuum comes a minute later, or never
 * (embedded); a plan made for tables that were small then takes ten times as long.
 */
export async function refreshStatistics(tx: Queryable): Promise<void> {
  await tx.query('analyze repository, tag, manifest, manifest_layer, image, index_child, blob, assessment');
}
