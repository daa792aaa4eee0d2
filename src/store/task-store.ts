import type { Queryable, SqlValue } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import type { TaskKey, TaskKind, TaskReference } from '../queue/queue.ts';
import { columnArrays, hasRows } from './sql/rows.ts';

/** A task with its payload, which is stored in the database and never in a queue. */
export interface NewTask {
  readonly key: TaskKey;
  readonly kind: TaskKind;
  readonly payload: object;
}

/** The part of a reference that finds the row. */
type TaskId = Pick<TaskReference, 'auditId' | 'key'>;

/** Adds tasks to an audit. Tasks whose key exists already stay as they are. */
export async function addTasks(tx: Queryable, auditId: number, tasks: readonly NewTask[]): Promise<void> {
  if (tasks.length === 0) return;
  const payloads = tasks.map(({ payload }) => storableJson(payload));
  await tx.query(
    `insert into audit_task (audit_id, key, kind, payload)
     select $1, key, kind, payload::jsonb from unnest($2::text[], $3::text[], $4::text[]) as n (key, kind, payload)
     on conflict do nothing`,
    [auditId, ...columnArrays(tasks, 'key', 'kind'), payloads],
  );
}

/**
 * Adds a task unless `parent` is settled, in one statement: the audit of a registry with many small repositories adds
 * one for each.
 * @returns whether the parent is still open
 */
export async function addTaskUnder(db: Queryable, parent: TaskId, task: NewTask): Promise<boolean> {
  return hasRows(
    db,
    `with parent as (select audit_id from audit_task where audit_id = $1 and key = $2 for key share),
     added as (
       insert into audit_task (audit_id, key, kind, payload) select audit_id, $3, $4, $5::jsonb from parent on conflict do nothing)
     select 1 from parent`,
    [parent.auditId, parent.key, task.key, task.kind, storableJson(task.payload)],
  );
}

/**
 * Reads the payload of a task.
 * @returns undefined when the task is settled already; also when it is of another kind: whoever can write to Redis could
 * have an audit closed by the key of a task that is open
 */
export async function findTask<P>(
  db: Queryable,
  { auditId, key, kind }: Pick<TaskReference, 'auditId' | 'key' | 'kind'>,
): Promise<P | undefined> {
  const [row] = await db.query<{ payload: P }>(
    'select payload from audit_task where audit_id = $1 and key = $2 and kind = $3',
    [auditId, key, kind],
  );
  return row?.payload;
}

/**
 * Deletes the tasks of items whose results are about to be written, in the same transaction.
 * @returns the items whose task was still open. For any other one, another process has written the results, or the
 * audit has ended: its results must not be written.
 */
export async function settleTasks<T extends { readonly task: TaskReference }>(
  tx: Queryable,
  items: readonly T[],
): Promise<readonly T[]> {
  return changeTasks(tx, items, 'delete from audit_task t using unnest($1::int8[], $2::text[]) as n (audit_id, key)');
}

/**
 * Replaces the payloads of tasks that were done in part by what is left to do.
 * @returns the items whose task was still open, see {@link settleTasks}
 */
export async function narrowTasks<T extends { readonly task: TaskReference; readonly payload: object }>(
  tx: Queryable,
  items: readonly T[],
): Promise<readonly T[]> {
  const sql = `update audit_task t set payload = n.payload::jsonb
    from unnest($1::int8[], $2::text[], $3::text[]) as n (audit_id, key, payload)`;
  const payloads = items.map(({ payload }) => storableJson(payload));
  return changeTasks(tx, items, sql, payloads);
}

/** @param sql changes rows `t` of audit_task where they are those of `n`, the tasks of the items */
async function changeTasks<T extends { readonly task: TaskReference }>(
  tx: Queryable,
  items: readonly T[],
  sql: string,
  ...parameters: readonly SqlValue[]
): Promise<readonly T[]> {
  if (items.length === 0) return [];
  const tasks = items.map(({ task }) => task);
  const changed = await tx.query<TaskId>(
    `${sql} where t.audit_id = n.audit_id and t.key = n.key returning t.audit_id as "auditId", t.key`,
    [...columnArrays(tasks, 'auditId', 'key'), ...parameters],
  );
  const byTask = new Map(items.map((item) => [`${item.task.auditId}/${item.task.key}`, item]));
  return changed.flatMap(({ auditId, key }) => byTask.get(`${auditId}/${key}`) ?? []);
}

/** Deletes one task. @returns whether it was still open, see {@link settleTasks} */
export async function settleTask(tx: Queryable, task: TaskReference): Promise<boolean> {
  return (await settleTasks(tx, [{ task }])).length > 0;
}

/** Locks a task, so that nobody else settles it before the transaction has ended. @returns whether it is still open */
export async function lockTask(tx: Queryable, { auditId, key }: TaskId): Promise<boolean> {
  return hasRows(tx, 'select 1 from audit_task where audit_id = $1 and key = $2 for key share', [auditId, key]);
}

/** SQL: selects references to open tasks `t` of audits `a`. */
export const TASK_REFERENCES =
  'select t.audit_id as "auditId", t.kind, t.key, a.lane from audit_task t join audit a on a.id = t.audit_id';

/** Lists an audit's open tasks by key. */
export async function listOpenTasks(db: Queryable, auditId: number): Promise<readonly TaskReference[]> {
  return db.query<TaskReference>(`${TASK_REFERENCES} where t.audit_id = $1 order by t.key`, [auditId]);
}

/** Whether an audit has open tasks; its stage ends when it has none. */
export async function hasOpenTasks(db: Queryable, auditId: number): Promise<boolean> {
  return hasRows(db, 'select 1 from audit_task where audit_id = $1 limit 1', [auditId]);
}
