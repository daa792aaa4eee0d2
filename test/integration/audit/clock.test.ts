import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import { startAudit } from '../../../src/audit/start-audit.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import type { TaskReference } from '../../../src/queue/queue.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { readPage } from '../../../src/report/report-page.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { auditRegistry, defaultSettings, errorsOf, expectAsAnew, NO_EVENTS } from '../../support/audits.ts';
import { BACKENDS, emptyTables, newPostgresUrl, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { gate } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { useRegistry } from '../../support/use-registry.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const HOUR_MS = 3_600_000;

/** A clock that jumps by so many hours from one reading to the next, again and again. */
function jumping(...hours: readonly number[]): () => Date {
  let readings = 0;
  return () => new Date(NOON + (hours[readings++ % hours.length] ?? 0) * HOUR_MS);
}
const at = (hours: number) => jumping(hours);

describe.each(BACKENDS)('jumping clocks, in audits into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    for (const name of ['a', 'b']) registry.push(`team/${name}`, 'latest', image({ layers: [name] }));
  });

  const imagesOf = async (audit: number) => {
    const { rows, columns } = await readPage(db, KINDS.images, { audit, now: new Date(NOON), limit: 100 });
    const column = (wanted: string) => columns.findIndex(({ name }) => name === wanted);
    return rows.map((row) => `${row[column('repository')]}:${row[column('tag')]}`).sort();
  };

  const expectSoundTimes = async () => {
    const [times] = await db.query(
      `select (select count(*)::int from tag where ended_at < started_at) as tags,
         (select count(*)::int from tag a join tag b on a.repository_id = b.repository_id and a.name = b.name and a.id < b.id
           where a.ended_at is null or a.ended_at > b.started_at) as overlaps,
         (select count(*)::int from audit where finished_at < started_at) as audits,
         (select count(*)::int from audit a join audit b on a.id < b.id where b.started_at < a.finished_at) as order`,
    );
    expect(times).toEqual({ tags: 0, overlaps: 0, audits: 0, order: 0 });
  };

  test.each([
    ['back', at(0), at(-24)],
    ['ahead', at(0), at(24)],
    ['back and ahead all the time', jumping(0, -5, 3, -48), jumping(-1, 9, -30)],
  ])('%s: intervals do not overlap, and each audit has its own images', async (_direction, first, second) => {
    const before = await auditRegistry(db, registry, { clock: first });
    registry.push('team/a', 'latest', image({ layers: ['moved'] }));
    registry.push('team/c', '1', image({ layers: ['new'] }));
    const after = await auditRegistry(db, registry, { clock: second });
    expect([before.status, after.status]).toEqual(['finished', 'finished']);
    await expectSoundTimes();
    expect(await imagesOf(before.id)).toEqual(['team/a:latest', 'team/b:latest']);
    expect(await imagesOf(after.id)).toEqual(['team/a:latest', 'team/b:latest', 'team/c:1']);
    expect(await errorsOf(db, after.id)).toEqual([]);
  });

  test('if a worker is ahead of the one that ends the audit, the end is still later than everything found', async () => {
    const settings = await defaultSettings();
    const source = {
      ...settings.sourceDefaults,
      kind: 'oci',
      name: 'lab',
      registry: registry.host,
      dedup: 'registry',
    } as OciSource;
    const queue: TaskReference[] = [];
    const engineAt = (hours: number) =>
      createAuditEngine({
        settings,
        environment: {},
        db,
        clock: at(hours),
        queue: { add: async (tasks) => void queue.push(...tasks) },
        events: NO_EVENTS,
        onNote: () => undefined,
      });
    const [ahead, right] = [engineAt(2), engineAt(0)];
    const now = at(0)().toISOString();
    const started = await startAudit(db, { sources: [source], lane: 'nightly', runner: 'process', alone: true, now });
    queue.push(...(started?.tasks ?? []));
    for (const task of queue) {
      const { handlers } = task.kind === 'close' ? right : ahead;
      if (task.kind !== 'deliver') await handlers.run(task, { signal: new AbortController().signal });
    }
    expect(await imagesOf(started?.auditId ?? 0)).toEqual(['team/a:latest', 'team/b:latest']);
    expect(await db.query('select id from audit where finished_at < (select max(started_at) from tag)')).toEqual([]);
    for (const engine of [ahead, right]) await engine.close();
  });

  test('an audit that was killed before the clock was set back is resumed', async () => {
    const stop = new AbortController();
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      onRequest: () => stop.abort(new Error('killed on purpose')),
    });
    await expect(stopped).rejects.toThrow('killed on purpose');
    await db.query("update audit set runner = 'process', heartbeat_at = heartbeat_at + interval '1 day'");
    const resumed = await auditRegistry(db, registry);
    expect(resumed).toMatchObject({ id: 1, status: 'finished', tagsAudited: 2 });
    await expectAsAnew(db, () => auditRegistry(db, registry));
  });
});

describe('an audit that another process is running, in postgres', () => {
  let db: Database;
  let registry: RegistryServer;
  beforeAll(async () => {
    db = await openDatabase({ url: await newPostgresUrl(), dataDir: '' });
    await migrate(db);
    registry = await startRegistry();
    registry.push('team/a', '1', image());
  });
  afterAll(async () => {
    await registry?.close();
    await db?.close();
  });
  beforeEach(() => emptyTables(db));

  const giveSignOfLife = () => db.query("update audit set heartbeat_at = now() where status = 'running'");

  test('is not resumed while that process lives', async () => {
    const silence = gate(1);
    const undo = registry.fault({ path: /_catalog/, times: 1 }, silence.fault);
    const living = auditRegistry(db, registry);
    await silence.reached;
    const waits = vi.fn(giveSignOfLife);
    await expect(auditRegistry(db, registry, { onWait: waits })).rejects.toMatchObject({
      code: 'audit-running',
      message: expect.stringContaining('being audited now'),
    });
    expect(waits).toHaveBeenCalledOnce();
    silence.release();
    undo();
    expect(await living).toMatchObject({ id: 1, status: 'finished' });
  });

  const stopOne = async () => {
    const stop = new AbortController();
    const stopped = auditRegistry(db, registry, {
      signal: stop.signal,
      onRequest: () => stop.abort(new Error('stopped on purpose')),
    });
    await expect(stopped).rejects.toThrow('stopped on purpose');
  };

  test('is resumed at once if that process was stopped', async () => {
    await stopOne();
    expect(await auditRegistry(db, registry)).toMatchObject({ id: 1, status: 'finished' });
  });

  test('is resumed if it was killed a moment ago, once it has given no sign of life for a minute', async () => {
    await stopOne();
    await db.query("update audit set runner = 'process', heartbeat_at = now() - interval '59 seconds'");
    const waits = vi.fn();
    expect(await auditRegistry(db, registry, { onWait: waits })).toMatchObject({ id: 1, status: 'finished' });
    expect(waits).toHaveBeenCalledOnce();
  });

  test('is waited for no longer by a process that is stopped', async () => {
    await stopOne();
    await db.query("update audit set runner = 'process', heartbeat_at = now()");
    const stop = new AbortController();
    const waiting = auditRegistry(db, registry, { signal: stop.signal, onWait: () => stop.abort(new Error('enough')) });
    await expect(waiting).rejects.toThrow('enough');
  });

  test('is resumed by exactly one process when its heartbeat stops', async () => {
    await stopOne();
    await db.query("update audit set runner = 'process', heartbeat_at = heartbeat_at - interval '2 minutes'");
    const silence = gate(1);
    const undo = registry.fault({ path: /_catalog/, times: 1 }, silence.fault);
    const both = [1, 2].map(() => auditRegistry(db, registry, { onWait: giveSignOfLife }));
    await Promise.race(both.map((audit) => audit.catch(() => undefined)));
    silence.release();
    undo();
    const outcomes = await Promise.allSettled(both);
    expect(outcomes).toContainEqual({
      status: 'fulfilled',
      value: expect.objectContaining({ id: 1, status: 'finished' }),
    });
    expect(outcomes).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'audit-running' }),
    });
  });
});
