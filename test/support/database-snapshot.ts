import type { Database } from '../../src/database/database.ts';

/** The views that reports read, each with its columns to leave out: row ids and times, which differ between audits. */
const VIEWS: Readonly<Record<string, readonly string[]>> = {
  slimboard_images: [
    'first_seen_at',
    'last_seen_at',
    'audited_at',
    'ended_at',
    'tag_id',
    'manifest_id',
    'repository_id',
    'source_id',
  ],
  slimboard_findings: ['first_seen_at', 'ended_at', 'source_id', 'manifest_id'],
  slimboard_teams: ['audit_id', 'finished_at', 'source_id'],
  slimboard_repositories: ['first_seen_at', 'last_seen_at', 'repository_id', 'source_id'],
  slimboard_bases: [],
  slimboard_improvements: ['source_id', 'repository_id'],
  slimboard_goals: ['audit_id', 'finished_at', 'source_id', 'repository_id'],
  slimboard_errors: ['audit_id', 'occurred_at', 'source_id'],
};

/** Queries for the stored contents, which are identified by digests instead of row ids. */
const CONTENTS: Readonly<Record<string, string>> = {
  blob: `select encode(digest, 'hex') as digest, size, media_type, stored, md5(body) as body, layer_class, instruction from blob`,
  manifest: `select encode(m.digest, 'hex') as digest, m.media_type, m.kind, md5(m.body) as body,
      encode(b.digest, 'hex') as config, encode(m.subject, 'hex') as subject
    from manifest m left join blob b on b.id = m.config_id`,
  manifest_layer: `select encode(m.digest, 'hex') as manifest, l.position, encode(b.digest, 'hex') as blob, encode(l.chain_id, 'hex') as chain
    from manifest_layer l join manifest m on m.id = l.manifest_id join blob b on b.id = l.blob_id`,
  index_child: `select encode(m.digest, 'hex') as index, c.position, encode(c.digest, 'hex') as digest, encode(k.digest, 'hex') as child, c.platform
    from index_child c join manifest m on m.id = c.index_id left join manifest k on k.id = c.child_id`,
};

/** A snapshot that is equal for all databases with the same results, in whatever order and by whatever processes. */
export async function databaseSnapshot(db: Database): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const snapshot: Record<string, readonly unknown[]> = {};
  for (const [view, volatile] of Object.entries(VIEWS))
    snapshot[view] = await rowsOf(db, `select to_jsonb(v) - $1::text[] as row from ${view} v`, [[...volatile]]);
  for (const [table, sql] of Object.entries(CONTENTS))
    snapshot[table] = await rowsOf(db, `select to_jsonb(v) as row from (${sql}) v`, []);
  return snapshot;
}

async function rowsOf(db: Database, sql: string, parameters: readonly string[][]): Promise<readonly unknown[]> {
  const rows = await db.query<{ row: unknown }>(
    `select row from (${sql}) r order by row::text collate "C"`,
    parameters,
  );
  return rows.map(({ row }) => row);
}
