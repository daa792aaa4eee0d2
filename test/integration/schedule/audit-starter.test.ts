import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import type { TaskQueue, TaskReference } from '../../../src/queue/queue.ts';
import { createAuditStarter, type StarterOptions } from '../../../src/schedule/audit-starter.ts';
import type { SourceSettings } from '../../../src/settings/settings.ts';
import { listQueuedTasks } from '../../../src/store/queued-audit-store.ts';
import { defaultSettings } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { task } from '../../support/task.ts';

const AT = '2026-03-10T02:00:00.000Z';

describe.each(BACKENDS)('starting audits for workers, in $name', ({ open }) => {
  let sources: readonly SourceSettings[];
  const db = useEmptyDatabase(open);
  beforeAll(async () => {
    const { sourceDefaults } = await defaultSettings();
    sources = ['prod', 'harbor'].map((name) => {
      return { ...sourceDefaults, kind: 'oci', name, registry: `${name}.example.com`, dedup: 'registry' };
    }) as SourceSettings[];
  });

  const starterOn = (database: Database, queued: TaskReference[] = [], onStarted?: StarterOptions['onStarted']) =>
    createAuditStarter({
      db: database,
      queue: { add: async (tasks) => void queued.push(...tasks) },
      sources: async () => sources,
      now: () => AT,
      ...(onStarted && { onStarted }),
    });

  /** The database, in which something happens just before the first statement that holds some text. */
  function justBefore(text: string, happening: () => Promise<unknown>): Database {
    let isOver = false;
    return Object.assign(Object.create(db), {
      transaction: db.transaction.bind(db),
      async query(sql: string, parameters: never) {
        if (!isOver && sql.includes(text)) {
          isOver = true;
          await happening();
        }
        return db.query(sql, parameters);
      },
    });
  }

  test('who starts an audit is told its source, once', async () => {
    const told: unknown[] = [];
    const starter = starterOn(db, [], async ({ name }, auditId) => void told.push([name, auditId]));
    const { auditId } = await starter.startAudit('harbor', 'adhoc');
    expect(await starter.startAudit('harbor', 'adhoc')).toEqual({ kind: 'running', auditId });
    expect(told).toEqual([['harbor', auditId]]);
  });

  test('a start fails if its tasks cannot be queued', async () => {
    const queue = { add: () => Promise.reject(new Error('no memory')) };
    const starter = createAuditStarter({ db, queue, sources: async () => sources, now: () => AT });
    await expect(starter.startAudit('prod', 'adhoc')).rejects.toThrow('no memory');
  });

  test('the wait for room in the queue ends with its signal', async () => {
    const stop = new AbortController();
    const queue: TaskQueue = {
      async add(_, { signal } = {}) {
        stop.abort(new Error('stopped'));
        signal?.throwIfAborted();
      },
    };
    const starter = createAuditStarter({ db, queue, sources: async () => sources, now: () => AT });
    await expect(starter.startAudit('prod', 'adhoc', { signal: stop.signal })).rejects.toThrow('stopped');
  });

  test('an audit belongs to the workers from its first moment, even if the process that started it dies', async () => {
    const dying = justBefore('where t.audit_id = $1 order by', () => Promise.reject(new StoreUnavailableError('away')));
    await expect(starterOn(dying).startAudit('prod', 'nightly', { slot: new Date(AT) })).rejects.toThrow('away');
    const lost: TaskReference[] = [];
    for await (const page of listQueuedTasks(db)) lost.push(...page);
    expect(lost).toEqual([task('source', 'source/prod', { auditId: 1 })]);
  });

  test('an audit whose process was killed is abandoned, until it is handed to workers, or has ended', async () => {
    const starter = starterOn(db);
    const { auditId } = await starter.startAudit('prod', 'adhoc');
    const since = (age: string) =>
      db.query(`update audit set runner = 'process', heartbeat_at = now() - interval '${age}'`);
    await since('30 seconds');
    expect(await starter.auditStatus(auditId)).toBe('running');
    await since('2 minutes');
    expect(await starter.auditStatus(auditId)).toBe('abandoned');
    expect(await starter.startAudit('prod', 'adhoc')).toMatchObject({ kind: 'started', auditId });
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    expect(await starter.auditStatus(auditId)).toBe('running');
    await since('2 minutes');
    await db.query("update audit set status = 'incomplete', finished_at = now()");
    expect(await starter.auditStatus(auditId)).toBe('incomplete');
  });

  test('a slot is served once, while its audit is running and when it has ended; the next one and an ad-hoc audit wait for its end', async () => {
    const starter = starterOn(db);
    const slot = new Date(AT);
    const next = new Date('2026-03-11T02:00:00Z');
    const { auditId } = await starter.startAudit('prod', 'nightly', { slot });
    expect(await starter.startAudit('prod', 'nightly', { slot: next })).toEqual({ kind: 'running', auditId });
    expect(await starter.startAudit('prod', 'adhoc')).toEqual({ kind: 'running', auditId });
    expect(await starter.startAudit('prod', 'nightly', { slot })).toEqual({ kind: 'served', auditId });
    expect(await starter.startAudit('harbor', 'nightly', { slot })).toMatchObject({ kind: 'started' });
    await db.query('update audit_source set running = false where audit_id = $1', [auditId]);
    expect(await starter.startAudit('prod', 'nightly', { slot })).toEqual({ kind: 'served', auditId });
    const later = await starter.startAudit('prod', 'nightly', { slot: next });
    expect(later).toMatchObject({ kind: 'started' });
    expect(await starter.startAudit('prod', 'nightly', { slot })).toEqual({ kind: 'running', auditId: later.auditId });
  });

  test('its tasks are queued in its lane when it starts, and none when it does not', async () => {
    const queued: TaskReference[] = [];
    const starter = starterOn(db, queued);
    const { auditId } = await starter.startAudit('prod', 'adhoc');
    expect(await starter.startAudit('prod', 'adhoc')).toEqual({ kind: 'running', auditId });
    const harbor = await starter.startAudit('harbor', 'nightly', { slot: new Date(AT) });
    expect(queued).toEqual([
      task('source', 'source/prod', { auditId, lane: 'adhoc' }),
      task('source', 'source/harbor', { auditId: harbor.auditId, lane: 'nightly' }),
    ]);
  });

  test('the last audit by the schedule is the newest one of the source itself, and none outside the schedule', async () => {
    const starter = starterOn(db);
    expect(await starter.lastAudit('prod')).toBeUndefined();
    const { auditId } = await starter.startAudit('prod', 'nightly', { slot: new Date(AT) });
    expect(await starter.lastAudit('prod')).toEqual({ finishedAt: undefined });
    expect(await starter.lastAudit('harbor')).toBeUndefined();
    const end = (id: number, at: string) =>
      db.query(
        "with ended as (update audit set status = 'finished', finished_at = $2 where id = $1) update audit_source set running = false where audit_id = $1",
        [id, at],
      );
    await end(auditId, '2026-03-10T03:00:00Z');
    const adhoc = await starter.startAudit('prod', 'adhoc');
    await end(adhoc.auditId, '2026-03-10T09:00:00Z');
    expect(await starter.lastAudit('prod')).toEqual({ finishedAt: new Date('2026-03-10T03:00:00Z') });
    await starter.startAudit('prod', 'nightly', { slot: new Date('2026-03-11T02:00:00Z') });
    expect(await starter.lastAudit('prod')).toEqual({ finishedAt: undefined });
  });

  test('an audit that was removed has failed for those who wait for it, and a source that was removed is named', async () => {
    const starter = starterOn(db);
    expect(await starter.auditStatus(999)).toBe('failed');
    await expect(starter.startAudit('gone', 'nightly', { slot: new Date(AT) })).rejects.toMatchObject({
      code: 'settings',
      message: 'there is no source "gone" in the settings',
    });
  });

  test('an audit that ends while it is looked for does not prevent another from starting', async () => {
    const starter = starterOn(db);
    const { auditId } = await starter.startAudit('prod', 'nightly');
    const end = () => db.query('update audit_source set running = false where audit_id = $1', [auditId]);
    const unlucky = starterOn(justBefore('or o.slot =', end));
    expect(await unlucky.startAudit('prod', 'adhoc')).toMatchObject({ kind: 'started' });
  });
});
