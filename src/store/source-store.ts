import type { Queryable } from '../database/database.ts';
import { wantedNames } from '../oci/platform.ts';
import type { DedupScope } from '../registry/registry.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { byBytes } from './sql/by-bytes.ts';
import { hasRows } from './sql/rows.ts';

/** The settings of a source that its row holds. */
type SourceRow = Pick<SourceSettings, 'name' | 'kind' | 'dedup' | 'platforms'>;

/** Creates a source unless one of this name exists, which stays as it is. @returns its id */
export async function findOrMakeSource(tx: Queryable, source: SourceRow): Promise<number> {
  const [row] = await tx.query<{ id: number }>(
    `insert into source (name, kind, dedup, platforms) values ($1, $2, $3, $4::text[])
     -- Updates nothing, but without an update no id would be returned.
     on conflict (name) do update set name = excluded.name returning id`,
    [source.name, source.kind, source.dedup, wantedNames(source.platforms)],
  );
  if (!row) throw new Error('an upsert returned no row');
  return row.id;
}

/** Lists all sources by name. */
export function listSources(db: Queryable): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return db.query(`select id, name from source order by ${byBytes('name')}`);
}

/** Repositories with tags that two sources have. */
export interface SharedRepositories {
  /** The names of the sources. */
  readonly source: string;
  readonly other: string;
  readonly repositories: number;
  /** One of them: `registry/name`. */
  readonly example: string;
}

/**
 * Finds repositories of which two sources have the same tags now: a registry may be configured several times, and the
 * account of an ECR source is known only to AWS.
 */
export function findSharedRepositories(db: Queryable): Promise<readonly SharedRepositories[]> {
  return db.query(
    `select s.name as source, o.name as other, count(*)::int as repositories, min(a.registry || '/' || a.name) as example
     from repository a join repository b on b.name = a.name and b.registry = a.registry and b.source_id <> a.source_id
     join source s on s.id = a.source_id join source o on o.id = b.source_id and o.name > s.name
     where a.ended_at is null and b.ended_at is null and exists (
       select from tag t join tag u on u.repository_id = b.id and u.name = t.name and u.ended_at is null
       where t.repository_id = a.id and t.ended_at is null)
     group by 1, 2 order by 1, 2`,
  );
}

/** Updates a source to what the settings say; reports and totals depend on it. */
export async function updateSource(tx: Queryable, source: SourceRow): Promise<void> {
  await tx.query(
    `update source set kind = $2, platforms = $4::text[],
       -- ECR reports the scope itself (see saveDedupScope), and a resumed audit does not ask for it again.
       dedup = case when kind = 'ecr' and $2 = 'ecr' then dedup else $3 end
     where name = $1`,
    [source.name, source.kind, source.dedup, wantedNames(source.platforms)],
  );
}

/**
 * Stores the scope within which the registry itself says it shares blobs; it knows better than the settings.
 * @returns whether the scope changed
 */
export async function saveDedupScope(tx: Queryable, sourceId: number, dedup: DedupScope): Promise<boolean> {
  return hasRows(tx, 'update source set dedup = $2 where id = $1 and dedup <> $2 returning id', [sourceId, dedup]);
}
