import type { Database, Queryable } from '../database/database.ts';

/**
 * Frees the space of the task rows that an audit deleted, and of old versions of repository rows, for the next audit to
 * reuse. The embedded database has no autovacuum: there every table is vacuumed, and analyzed, as the planner has no
 * statistics otherwise.
 */
export async function compact(db: Database): Promise<void> {
  await db.query(db.kind === 'pglite' ? 'vacuum analyze' : 'vacuum audit_task, repository');
}

/** Of wide tables only the columns by which an audit joins, filters and groups: the others take twice as long again. */
const ANALYZED = `repository, tag, manifest (id, kind, config_id), manifest_layer, image, index_child, blob (id, size, stored),
  assessment (manifest_id, rules_key, bases_key, base_image, base_confidence, base_layers, distro, distro_version, runtime, judged_at)`;

/**
 * Updates the planner's statistics to what an audit has stored, before its large queries. Autovacuum would do so a
 * minute later, or never (embedded), and a plan made for tables that were small then takes ten times as long.
 */
export async function refreshStatistics(tx: Queryable): Promise<void> {
  await tx.query(`analyze ${ANALYZED}`);
}
