import { describe, expect, test } from 'vitest';
import type { TaskReference } from '../../../src/queue/queue.ts';
import { insertAudit } from '../../../src/store/audit-store.ts';
import { listQueuedTasks, listStuckAudits, renewHeartbeats } from '../../../src/store/queued-audit-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { task } from '../../support/task.ts';

const AT = '2026-11-01T02:00:00.000Z';

describe.each(BACKENDS)('of audits in $name, workers', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** An audit of a source of its own, with some tasks. */
  async function started(name: string, runner: 'queue' | 'process', tasks: number): Promise<number> {
    const sourceIds = [await new Inventory(db).source(name)];
    const open = Array.from({ length: tasks }, (_, n) => {
      const { key, kind } = task('manifests', `manifests/${n}`);
      return { key, kind, payload: {} };
    });
    const lane = runner === 'queue' ? 'nightly' : 'adhoc';
    return (await insertAudit(db, { lane, runner, options: { sources: [] }, sourceIds, tasks: open, now: AT })) ?? 0;
  }
  const end = (id: number) =>
    db.query("update audit set status = 'finished', finished_at = started_at where id = $1", [id]);

  test('give signs of life for those that run and are theirs: one whose process was killed must seem so', async () => {
    const theirs = await started('theirs', 'queue', 0);
    await started('of a process', 'process', 0);
    await end(await started('ended', 'queue', 0));
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    await renewHeartbeats(db);
    expect(await db.query("select id from audit where heartbeat_at > now() - interval '1 minute'")).toEqual([
      { id: theirs },
    ]);
  });

  test('find each open task of their own, however many there are', async () => {
    const [many, few] = [await started('many', 'queue', 1_500), await started('few', 'queue', 2)];
    await started('of a process', 'process', 1);
    const pages: (readonly TaskReference[])[] = [];
    for await (const page of listQueuedTasks(db)) pages.push(page);
    expect(pages.map(({ length }) => length)).toEqual([1_000, 502]);
    const found = new Set(pages.flat().map(({ auditId, key }) => `${auditId} ${key}`));
    expect(found.size).toBe(1_502);
    expect(new Set(pages.flat().map(({ auditId }) => auditId))).toEqual(new Set([many, few]));
  });

  test('find those of their own that run without a task, whose last worker died before the next stage', async () => {
    const stuck = await started('stuck', 'queue', 0);
    await started('at work', 'queue', 1);
    await started('of a process', 'process', 0);
    await end(await started('ended', 'queue', 0));
    expect(await listStuckAudits(db)).toEqual([stuck]);
  });
});
