import type { Database, Queryable } from '../database/database.ts';
import { PLAN_AS_A_WHOLE } from '../database/planning.ts';
import { BASE_SUMS, baseSums } from './base-sums.ts';
import { GROUP_SUMS, groupSums, KEPT_GROUPINGS, taggedImages } from './group-sums.ts';

/** SQL for each table of sums over all sources: computes and stores its rows. */
const STORE = {
  fleet_base: `insert into fleet_base (${BASE_SUMS}) ${baseSums('slimboard_images', 'true')}`,
  fleet_group: `
    insert into fleet_group (grouping, name, ${GROUP_SUMS})
    select grouping, name, ${GROUP_SUMS} from (${groupSums(taggedImages('slimboard_images', 'true'), KEPT_GROUPINGS)}) s`,
} as const;

/** A table of sums over all sources. */
export type FleetTable = keyof typeof STORE;
const TABLES = Object.keys(STORE) as readonly FleetTable[];

/**
 * SQL: whether the given sources hold at least a tenth of all tags, and there are several sources. Tags are counted by
 * the newest totals of each source.
 */
const ARE_A_TENTH_OF_SEVERAL = `
  select count(*) > 1 and 10 * coalesce(sum(t.tags) filter (where s.id = any($1::int4[])), 0) >= sum(t.tags) as answer
  from source s cross join lateral (
    select tags from source_total x where x.source_id = s.id order by x.audit_id desc limit 1) t`;

/**
 * Recomputes the sums over all sources after the totals of some changed, if these hold at least a tenth of all tags:
 * adding up ten images takes less time than auditing one. Otherwise deletes the sums, and the first report that needs
 * them stores them ({@link fillFleetSums}). Needs a transaction, and holds a lock until it ends: concurrent callers run
 * one after another, each seeing what earlier ones wrote.
 */
export async function keepFleetSums(tx: Queryable, sourceIds: readonly number[]): Promise<void> {
  await lockSums(tx);
  for (const table of TABLES) await tx.query(`delete from ${table}`);
  const [large] = await tx.query<{ answer: boolean | null }>(ARE_A_TENTH_OF_SEVERAL, [[...sourceIds]]);
  if (large?.answer) for (const table of TABLES) await store(tx, table);
}

/**
 * SQL: whether sums are missing that may be stored now. While an audit runs they may not, because reports show stored
 * sums until the next audit ends.
 */
const mayFill = (table: FleetTable): string => `
  select not exists (select from ${table}) and (select count(*) > 1 from source)
    and not exists (select from audit where status = 'running')
    and has_table_privilege('${table}', 'insert') and has_table_privilege('fleet_base', 'delete')
    and current_setting('transaction_read_only') = 'off' as answer`;

/**
 * Stores sums over all sources if they are missing, so that of several reports only the first computes them. Does
 * nothing if the role or the server only reads.
 */
export async function fillFleetSums(db: Database, table: FleetTable): Promise<void> {
  const needed = async (on: Queryable) => (await on.query<{ answer: boolean }>(mayFill(table)))[0]?.answer;
  if (!(await needed(db))) return;
  await db.transaction(async (tx) => {
    await lockSums(tx);
    if (await needed(tx)) await store(tx, table);
  });
}

/** Whether any sums over all sources are stored. */
export async function hasFleetSums(tx: Queryable): Promise<boolean> {
  const rows = await tx.query('select where exists (select from fleet_base) or exists (select from fleet_group)');
  return rows.length > 0;
}

function lockSums(tx: Queryable): Promise<unknown> {
  return tx.query('lock table fleet_base in exclusive mode');
}

async function store(tx: Queryable, table: FleetTable): Promise<void> {
  await tx.query(PLAN_AS_A_WHOLE);
  await tx.query(STORE[table]);
}
