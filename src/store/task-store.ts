import type { TaskKey, TaskKind, TaskReference } from '../queue/queue.ts';
import type { Queryable } from './database.ts';
import { storableJson } from './storable.ts';

/** A task with what it needs to know; kept in the database, never in a queue. */
export interface NewTask {
  readonly key: TaskKey;
  readonly kind: TaskKind;
  readonly payload: object;
}

/** Adds tasks to an audit; those that it has already, by their keys, stay as they are. */
export async function addTasks(tx: Queryable, auditId: number, tasks: readonly NewTask[]): Promise<void> {
  if (tasks.length === 0) return;
  await tx.query(
    `insert into audit_task (audit_id, key, kind, payload)
     select $1, key, kind, payload::jsonb from unnest($2::text[], $3::text[], $4::text[]) as n (key, kind, payload)
     on conflict do nothing`,
    [
      auditId,
      tasks.map(({ key }) => key),
      tasks.map(({ kind }) => kind),
      tasks.map(({ payload }) => storableJson(payload)),
    ],
  );
}

/** @returns undefined when the task is settled already */
export async function findTask<P>(db: Queryable, task: TaskReference): Promise<P | undefined> {
  const [row] = await db.query<{ payload: P }>('select payload from audit_task where audit_id = $1 and key = $2', [
    task.auditId,
    task.key,
  ]);
  return row?.payload;
}

/**
 * Takes the tasks of what was read off the list of what is to do.
 * @returns those items whose task was on it. Of another one, somebody else has written what it brought, or its audit has
 * ended: nothing of it may be written any more.
 */
export async function settleTasks<T extends { readonly task: TaskReference }>(
  tx: Queryable,
  items: readonly T[],
): Promise<readonly T[]> {
  if (items.length === 0) return [];
  const rows = await tx.query<TaskReference>(
    `delete from audit_task t using unnest($1::int8[], $2::text[]) as n (audit_id, key)
     where t.audit_id = n.audit_id and t.key = n.key returning t.audit_id as "auditId", t.key`,
    [items.map(({ task }) => task.auditId), items.map(({ task }) => task.key)],
  );
  return ofTasks(rows, items);
}

/**
 * Says what is left to do of the tasks of what was read in part.
 * @returns those items whose task was still to do, see {@link settleTasks}
 */
export async function narrowTasks<T extends { readonly task: TaskReference; readonly payload: object }>(
  tx: Queryable,
  items: readonly T[],
): Promise<readonly T[]> {
  if (items.length === 0) return [];
  const rows = await tx.query<TaskReference>(
    `update audit_task t set payload = n.payload::jsonb from unnest($1::int8[], $2::text[], $3::text[]) as n (audit_id, key, payload)
     where t.audit_id = n.audit_id and t.key = n.key returning t.audit_id as "auditId", t.key`,
    [
      items.map(({ task }) => task.auditId),
      items.map(({ task }) => task.key),
      items.map(({ payload }) => storableJson(payload)),
    ],
  );
  return ofTasks(rows, items);
}

function ofTasks<T extends { readonly task: TaskReference }>(
  tasks: readonly Pick<TaskReference, 'auditId' | 'key'>[],
  items: readonly T[],
): readonly T[] {
  const byTask = new Map(items.map((item) => [`${item.task.auditId}/${item.task.key}`, item]));
  return tasks.flatMap(({ auditId, key }) => byTask.get(`${auditId}/${key}`) ?? []);
}

/** @returns whether it was still to do, see {@link settleTasks} */
export async function settleTask(tx: Queryable, task: TaskReference): Promise<boolean> {
  return (await settleTasks(tx, [{ task }])).length > 0;
}

/** Whether a task is still to do. If so, nobody else settles it before the transaction has ended. */
export async function holdTask(tx: Queryable, { auditId, key }: TaskReference): Promise<boolean> {
  const rows = await tx.query('select 1 from audit_task where audit_id = $1 and key = $2 for key share', [
    auditId,
    key,
  ]);
  return rows.length > 0;
}

/** An audit's tasks that are not settled, by key. */
export async function listOpenTasks(db: Queryable, auditId: number): Promise<readonly TaskReference[]> {
  return db.query<TaskReference>(
    `select t.audit_id as "auditId", t.kind, t.key, a.lane from audit_task t join audit a on a.id = t.audit_id
     where t.audit_id = $1 order by t.key`,
    [auditId],
  );
}

/** Whether a stage has nothing left to do. */
export async function hasOpenTasks(db: Queryable, auditId: number): Promise<boolean> {
  return (await db.query('select 1 from audit_task where audit_id = $1 limit 1', [auditId])).length > 0;
}
