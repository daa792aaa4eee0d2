import type { Queryable } from '../../database/database.ts';

/** An earlier audit whose totals still hold. */
export interface UnchangedSince {
  readonly auditId: number;
  readonly finishedAt: string;
  /** Stored by `recordAssessStage`; null if some images were not assessed. */
  readonly assessKey: string | null;
}

/**
 * Finds the audit that computed the newest totals of each of these sources, if it was the same for all and they have
 * not changed since: no tag or repository was added, moved or ended, or came back, no manifest was fetched, and the settings
 * for platforms, provenance and deduplication are the same. For other sources, whose images may be bases of these, changes
 * during that audit count as well, as it may have missed them.
 */
export async function findUnchangedSince(
  tx: Queryable,
  sourceIds: readonly number[],
  auditId: number,
): Promise<UnchangedSince | undefined> {
  const [row] = await tx.query<UnchangedSince>(
    `with newest as (
       select t.source_id, max(a.id) as id from source_total t join audit a on a.id = t.audit_id
       where t.source_id = any($1::int4[]) and a.id < $2 and a.status in ('finished', 'incomplete') group by t.source_id),
     same as (select min(id) as id from newest having count(*) = $3 and min(id) = max(id))
     select a.id as "auditId", a.finished_at as "finishedAt", a.rules_key as "assessKey" from same join audit a on a.id = same.id
     where not exists (
       select 1 from tag t join repository r on r.id = t.repository_id
       where greatest(t.started_at, t.ended_at) > case when r.source_id = any($1::int4[]) then a.finished_at else a.started_at end)
     and not exists (
       select 1 from repository r
       where greatest(r.first_seen_at, r.ended_at) > case when r.source_id = any($1::int4[]) then a.finished_at else a.started_at end)
     and not exists (
       select 1 from repository r
       cross join lateral (select x.gone from repository_total x where x.repository_id = r.id order by x.audit_id desc limit 1) t
       where r.source_id = any($1::int4[]) and r.ended_at is null and t.gone)
     and not exists (select 1 from manifest m where m.fetched_at > a.finished_at)
     and not exists (
       select 1 from audit asked
       cross join lateral jsonb_array_elements(asked.options -> 'sources') n
       join lateral jsonb_array_elements(a.options -> 'sources') o on o -> 'name' = n -> 'name'
       where asked.id = $2 and n ->> 'name' in (select name from source where id = any($1::int4[]))
         and (n -> 'platforms', n -> 'provenance', n -> 'dedup') is distinct from (o -> 'platforms', o -> 'provenance', o -> 'dedup'))`,
    [sourceIds, auditId, sourceIds.length],
  );
  return row;
}
