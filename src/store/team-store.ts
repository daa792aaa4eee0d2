import type { Queryable } from '../database/database.ts';
import { byBytes } from './sql/by-bytes.ts';
import { columnArrays } from './sql/rows.ts';

/** The team of repositories without an owner, as in the column's default. */
export const UNOWNED = 'unowned';

/** The team that owns a repository, and how that is known. */
export interface Ownership {
  readonly team: string;
  readonly origin: 'pattern' | 'registry' | 'label' | 'none';
}

/** A repository with its current owner and everything that may name another one. */
export interface RepositoryOwners extends Ownership {
  readonly id: number;
  readonly registry: string;
  readonly name: string;
  readonly registryTeam: string | null;
  /** The team label of the newest image that has one of its own. */
  readonly labelTeam: string | null;
}

/** Reads the current and possible owners of the repositories of these sources. */
export async function readOwners(db: Queryable, sourceIds: readonly number[]): Promise<readonly RepositoryOwners[]> {
  return db.query<RepositoryOwners>(
    `with label as (
       select distinct on (c.repository_id) c.repository_id, a.team_label
       from tag_content c join image i on i.manifest_id = c.manifest_id join assessment a on a.manifest_id = i.manifest_id
       join repository r on r.id = c.repository_id
       where r.source_id = any($1::int4[]) and a.team_label is not null and c.tag is not null
       order by c.repository_id, i.created_at desc nulls last, ${byBytes('a.team_label')})
     select r.id, r.registry, r.name, r.team, r.team_origin as origin, r.registry_team as "registryTeam", label.team_label as "labelTeam"
     from repository r left join label on label.repository_id = r.id
     where r.source_id = any($1::int4[]) and r.ended_at is null order by r.id`,
    [sourceIds],
  );
}

/** Stores the owners of repositories. */
export async function saveOwnership(
  tx: Queryable,
  changed: readonly (Ownership & { readonly id: number })[],
): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(
    `update repository r set team = n.team, team_origin = n.origin
     from unnest($1::int8[], $2::text[], $3::text[]) as n (id, team, origin) where r.id = n.id`,
    columnArrays(changed, 'id', 'team', 'origin'),
  );
}
