import { BASE_SUMS, baseSums } from './base-sums.ts';
import type { Queryable } from './database.ts';
import { GROUP_SUMS, groupSums, KEPT_GROUPINGS, taggedImages } from './group-sums.ts';
import { PLAN_AS_A_WHOLE } from './planning.ts';

/**
 * SQL: whether the given sources hold at least half of all tags, and there are several sources. Tags are counted by the
 * newest totals of each source.
 */
const ARE_HALF_OF_SEVERAL = `
  select count(*) > 1 and 2 * coalesce(sum(t.tags) filter (where s.id = any($1::int4[])), 0) >= sum(t.tags) as answer
  from source s cross join lateral (
    select tags from source_total x where x.source_id = s.id order by x.audit_id desc limit 1) t`;

/**
 * Recomputes the sums over all sources after the totals of some changed, if these hold at least half of all tags: so no
 * audit adds up more than twice its own rows. Otherwise deletes the sums, and reports compute them when asked. Needs a
 * transaction, and holds a lock until it ends: concurrent callers run one after another, each seeing what earlier ones
 * wrote.
 */
export async function keepFleetSums(tx: Queryable, sourceIds: readonly number[]): Promise<void> {
  await tx.query('lock table fleet_base in exclusive mode');
  await tx.query('delete from fleet_base');
  await tx.query('delete from fleet_group');
  const [half] = await tx.query<{ answer: boolean | null }>(ARE_HALF_OF_SEVERAL, [[...sourceIds]]);
  if (!half?.answer) return;
  await tx.query(PLAN_AS_A_WHOLE);
  await tx.query(`insert into fleet_base (${BASE_SUMS}) ${baseSums('slimboard_images', 'true')}`);
  await tx.query(
    `insert into fleet_group (grouping, name, ${GROUP_SUMS})
     select grouping, name, ${GROUP_SUMS} from (${groupSums(taggedImages('slimboard_images', 'true'), KEPT_GROUPINGS)}) s`,
  );
}

/** Whether sums over all sources are stored. */
export async function hasFleetSums(tx: Queryable): Promise<boolean> {
  const rows = await tx.query('select from fleet_base limit 1');
  return rows.length > 0;
}
