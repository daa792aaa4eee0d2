import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import { tellProgress } from '../../../src/audit/stages.ts';
import { endAsFailed, type StartOptions, startAudit } from '../../../src/audit/start-audit.ts';
import { singleTask } from '../../../src/audit/task-payloads.ts';
import type { Database } from '../../../src/database/database.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import type { TaskQueue, TaskReference } from '../../../src/queue/queue.ts';
import type { OciSource, PolicySettings, Settings } from '../../../src/settings/settings.ts';
import {
  type AuditStage,
  findAudit,
  listLiveAudits,
  recordHeartbeat,
  releaseAudit,
} from '../../../src/store/audit-store.ts';
import { isHandedToWorkers } from '../../../src/store/queued-audit-store.ts';
import { addTasks, type NewTask } from '../../../src/store/task-store.ts';
import { auditRegistry, defaultSettings, errorsOf, NO_EVENTS } from '../../support/audits.ts';
import { BACKENDS, databaseWith, emptyTables, useDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { task } from '../../support/task.ts';

const AT = '2026-03-10T02:00:00.000Z';
const none = { auditId: 0, claims: 0 };

describe.each(BACKENDS)('an audit that cannot continue, in $name', ({ open }) => {
  let settings: Settings;
  const queued: TaskReference[] = [];
  const ended: string[] = [];

  const db = useDatabase(open);
  beforeAll(async () => {
    settings = await defaultSettings();
  });
  beforeEach(async () => {
    queued.length = 0;
    ended.length = 0;
    await emptyTables(db);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const sourceOf = (name: string, registry = 'registry.example.com'): OciSource =>
    ({ ...settings.sourceDefaults, kind: 'oci', name, registry, dedup: 'registry' }) as OciSource;
  const start = (name: string, more: Partial<StartOptions> = {}) =>
    startAudit(db, { sources: [sourceOf(name)], lane: 'nightly', runner: 'process', alone: true, now: AT, ...more });
  /** What the table holds of an audit: these tasks and no others. */
  const leave = async (auditId: number, ...tasks: readonly NewTask[]) => {
    await db.query('delete from audit_task where audit_id = $1', [auditId]);
    await addTasks(db, auditId, tasks);
  };
  interface HandlerOptions {
    readonly database?: Database;
    readonly add?: TaskQueue['add'];
    readonly policy?: Partial<PolicySettings>;
  }
  const handlersOf = (options: HandlerOptions = {}) =>
    createAuditEngine({
      settings: { ...settings, policy: { ...settings.policy, ...options.policy } },
      environment: {},
      db: options.database ?? db,
      queue: { add: options.add ?? (async (tasks) => void queued.push(...tasks)) },
      events: {
        ...NO_EVENTS,
        layersListed: () => undefined,
        layerDone: () => undefined,
        stageBegan: () => undefined,
        auditEnded: ({ id, status }) => ended.push(`${id} ${status}`),
      },
      onNote: () => undefined,
    }).handlers;

  test('because its totals fail: it ends as failed with the reason, is announced once, and frees its source', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    const handlers = handlersOf();
    const close = task('close', 'close', { auditId });
    await leave(auditId, singleTask('close'));
    await handlers.giveUp(close, new TypeError('x is undefined'));
    await handlers.giveUp(close, new TypeError('x is undefined'));
    expect(ended).toEqual([`${auditId} failed`]);
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'failed' });
    expect(await errorsOf(db, auditId)).toMatchObject([{ code: 'internal', message: 'close failed: x is undefined' }]);
    expect(queued).toEqual([task('deliver', 'deliver', { auditId })]);
    expect(await db.query('select key from audit_task where audit_id = $1', [auditId])).toEqual([{ key: 'deliver' }]);
    expect(await start('prod')).toMatchObject({ resumed: false });
  });

  test('two processes that close it at the same time end it once, and neither fails', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await leave(auditId);
    await handlersOf().advance(auditId);
    const close = task('close', 'close', { auditId });
    expect(queued.splice(0)).toEqual([close]);
    const closing = () => handlersOf().run(close, { signal: new AbortController().signal });
    await Promise.all([closing(), closing()]);
    expect(ended).toEqual([`${auditId} finished`]);
    expect(queued).toEqual([task('deliver', 'deliver', { auditId })]);
  });

  test('if only the region of a source of Amazon ECR is missing, it closes all the same: others need their totals', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    const ecr = { ...settings.sourceDefaults, kind: 'ecr', name: 'ecr', dedup: 'repository' } as const;
    const auditId = (await start('prod', { sources: [sourceOf('prod'), ecr] }))?.auditId ?? 0;
    await leave(auditId, singleTask('close'));
    await db.query("update audit set stage = 'close' where id = $1", [auditId]);
    await handlersOf().run(task('close', 'close', { auditId }), { signal: new AbortController().signal });
    expect(ended).toEqual([`${auditId} finished`]);
  });

  test('because its next stage cannot begin: it ends as failed', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await db.query('delete from audit_task');
    await db.query('alter table image rename to image_elsewhere');
    try {
      await handlersOf().advance(auditId);
    } finally {
      await db.query('alter table image_elsewhere rename to image');
    }
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'failed' });
    expect(queued).toEqual([task('deliver', 'deliver', { auditId })]);
  });

  test('because its next stage exceeds a limit of the database: it ends as failed', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await leave(auditId);
    const cause = Object.assign(new Error('temporary file size exceeds "temp_file_limit"'), { code: '53400' });
    const failures = [new StoreUnavailableError('away'), new StoreUnavailableError('the statement failed', { cause })];
    const database = databaseWith(db, {
      transaction: async (work) => {
        const failure = failures.shift();
        if (failure) throw failure;
        return db.transaction(work);
      },
    });
    await expect(handlersOf({ database }).advance(auditId)).rejects.toThrow('away');
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'running' });
    await handlersOf({ database }).advance(auditId);
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'failed' });
  });

  test('because the queue accepts no tasks: it does not fail, as the tasks are in the table', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await leave(auditId);
    const handlers = handlersOf({ add: () => Promise.reject(new Error('READONLY')) });
    await expect(handlers.advance(auditId)).rejects.toThrow('READONLY');
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'running', stage: 'layers' });
    expect(await errorsOf(db, auditId)).toEqual([]);
  });

  test('an older version stopped it while reading layers: its indexes are completed before images are assessed', async () => {
    const deep = { ...sourceOf('prod'), deep: true };
    const auditId = (await start('prod', { sources: [deep] }))?.auditId ?? 0;
    await leave(auditId);
    await db.query("update audit set stage = 'layers' where id = $1", [auditId]);
    await db.query(
      `with outermost as (insert into manifest (digest, media_type, kind, fetched_at) values (sha256('outer'), '', 'index', $1) returning id)
       insert into index_child (index_id, position, digest) select id, position, sha256('inner') from outermost, generate_series(0, 1) position`,
      [AT],
    );
    await handlersOf().advance(auditId);
    expect(await db.query('select repeated from index_child order by position')).toEqual([
      { repeated: false },
      { repeated: true },
    ]);
  });

  test('giving up a task that another process has settled is no error, and advances the audit', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await leave(auditId);
    await handlersOf().giveUp(task('manifests', 'manifests/1/a', { auditId }), new Error('a lock was lost'));
    expect(await errorsOf(db, auditId)).toEqual([]);
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'running', stage: 'close' });
  });

  test('an audit that has ended does not end again, and gets no more errors', async () => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await leave(auditId, singleTask('close'));
    await db.query("update audit set status = 'finished', finished_at = now() where id = $1", [auditId]);
    await handlersOf().giveUp(task('close', 'close', { auditId }), new Error('a lock was lost'));
    expect(await errorsOf(db, auditId)).toEqual([]);
    expect({ ended, queued }).toEqual({ ended: [], queued: [] });
  });

  test('images whose assess task was given up are assessed by the next audit, even if nothing has changed', async () => {
    const registry = await startRegistry();
    registry.push('team/app', '1', image());
    await auditRegistry(db, registry, { source: { name: 'prod' } });
    const policy = { goal: { kind: 'reduction', ratio: 0.5 } } as const;
    const auditId = (await start('prod', { sources: [sourceOf('prod', registry.host)] }))?.auditId ?? 0;
    await leave(auditId);
    await db.query('update repository set seen_by = $1, listed_by = $1', [auditId]);
    const handlers = handlersOf({ policy });
    await handlers.advance(auditId);
    const [assess] = queued;
    expect(assess).toMatchObject({ kind: 'assess' });
    await handlers.giveUp(assess as TaskReference, new Error('canceling statement due to statement timeout'));
    await handlers.run(task('close', 'close', { auditId }), { signal: new AbortController().signal });
    expect(await findAudit(db, auditId)).toMatchObject({ status: 'incomplete' });
    const { id } = await auditRegistry(db, registry, { source: { name: 'prod' }, policy });
    const [row] = await db.query('select judged_tasks from audit where id = $1', [id]);
    expect(row).toEqual({ judged_tasks: 1 });
    await registry.close();
  });

  test('because it was killed, and another one of its source starts: that one also delivers its end, in its lane', async () => {
    const killed = (await start('prod'))?.auditId ?? 0;
    const next = await start('prod', { lane: 'adhoc' });
    expect(await findAudit(db, killed)).toMatchObject({ status: 'failed' });
    expect(next?.tasks).toEqual([
      task('deliver', 'deliver', { auditId: killed }),
      expect.objectContaining({ auditId: next?.auditId, kind: 'source' }),
    ]);
  });

  test('open deliveries are taken over by the next audit of the source, unless another process or workers run them', async () => {
    const killed = (await start('prod'))?.auditId ?? 0;
    const left = task('deliver', 'deliver', { auditId: killed });
    await start('prod', { lane: 'adhoc' });
    const again = (name: string, alone: boolean) => start(name, { lane: 'adhoc', alone });
    expect((await again('prod', true))?.tasks).toContainEqual(left);
    expect((await again('other', true))?.tasks).not.toContainEqual(left);
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes' where status = 'running'");
    expect((await again('prod', false))?.tasks).not.toContainEqual(left);
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    expect((await again('prod', false))?.tasks).toContainEqual(left);
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    await db.query("update audit set runner = 'queue' where id = $1", [killed]);
    expect((await again('prod', false))?.tasks).not.toContainEqual(left);
  });

  test('a refused audit does not change the settings of the source; one that begins does', async () => {
    await start('prod');
    const of = (platforms: OciSource['platforms'], dedup: OciSource['dedup']) =>
      start('prod', { alone: false, lane: 'adhoc', sources: [{ ...sourceOf('prod'), platforms, dedup }] });
    const stored = () => db.query('select platforms, dedup from source');
    const before = await stored();
    expect(await of('all', 'namespace')).toBeUndefined();
    expect(await stored()).toEqual(before);
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    expect(await of('all', 'namespace')).toMatchObject({ resumed: false });
    expect(await stored()).toEqual([{ platforms: null, dedup: 'namespace' }]);
  });

  test('nor does one whose slot was audited already, which stores nothing', async () => {
    const slot = '2026-03-10T01:00:00.000Z';
    const auditId = (await start('prod', { slot }))?.auditId ?? 0;
    await leave(auditId);
    await db.query("update audit set status = 'finished', finished_at = now()");
    await db.query('update audit_source set running = false');
    const stored = () => db.query('select platforms, dedup, (select max(id) from audit) as audit from source');
    const before = await stored();
    const changed = { ...sourceOf('prod'), platforms: 'all', dedup: 'namespace' } as const;
    expect(await start('prod', { slot, sources: [changed] })).toBeUndefined();
    expect(await stored()).toEqual(before);
    expect(await start('prod', { slot: AT, sources: [changed] })).toMatchObject({ resumed: false });
    expect(await stored()).toMatchObject([{ platforms: null, dedup: 'namespace' }]);
  });

  test('a refused audit ends no other', async () => {
    const killed = (await start('prod'))?.auditId ?? 0;
    await db.query("update audit set heartbeat_at = now() - interval '2 minutes'");
    await start('harbor', { alone: false });
    const both = { sources: [sourceOf('prod'), sourceOf('harbor')], alone: false };
    expect(await start('', both)).toBeUndefined();
    expect(await findAudit(db, killed)).toMatchObject({ status: 'running' });
  });

  test('the process or workers that resume an audit run its tasks, and open deliveries of others', async () => {
    const killed = (await start('prod'))?.auditId ?? 0;
    const isByWorkers = () => isHandedToWorkers(db, killed);
    expect(await isByWorkers()).toBe(false);
    expect(await start('prod', { runner: 'queue' })).toMatchObject({ auditId: killed, resumed: true });
    expect(await isByWorkers()).toBe(true);
    await start('prod');
    expect(await isByWorkers()).toBe(false);
    await start('prod', { lane: 'adhoc', runner: 'queue' });
    expect(await findAudit(db, killed)).toMatchObject({ status: 'failed' });
    expect(await isByWorkers()).toBe(true);
  });

  test.each<[AuditStage, readonly unknown[]]>([
    ['inventory', []],
    ['layers', [0, 'layers']],
    ['assess', ['assess']],
  ])('once resumed in stage %s, it tells %j', async (stage, told) => {
    const auditId = (await start('prod'))?.auditId ?? 0;
    await db.query('update audit set stage = $2 where id = $1', [auditId, stage]);
    const heard: unknown[] = [];
    const hear = (what: unknown) => void heard.push(what);
    await tellProgress({ db, events: { ...NO_EVENTS, layersListed: hear, stageBegan: hear } }, auditId);
    expect(heard).toEqual(told);
  });

  test('because it was killed: the next one takes over all of its tasks, however many', async () => {
    const killed = (await start('prod'))?.auditId ?? 0;
    await db.query(
      "insert into audit_task (audit_id, key, kind, payload) select $1, 'repository/' || n, 'repository', '{}' from generate_series(1, 12000) n",
      [killed],
    );
    const next = await start('prod');
    expect(next).toMatchObject({ auditId: killed, resumed: true });
    expect(next?.tasks).toHaveLength(12_001);
  });

  test('because its process slept: stopped once it was taken over, that one does not mark it as stopped', async () => {
    const slept = (await start('prod')) ?? none;
    const next = (await start('prod')) ?? none;
    await releaseAudit(db, slept);
    expect(await listLiveAudits(db)).toEqual([next.auditId]);
    await releaseAudit(db, next);
    expect(await listLiveAudits(db)).toEqual([]);
  });

  test('because its process slept: it is running again once that one goes on, though the one that took it over was stopped', async () => {
    const slept = (await start('prod')) ?? none;
    const next = (await start('prod')) ?? none;
    await releaseAudit(db, next);
    expect(await listLiveAudits(db)).toEqual([]);
    await recordHeartbeat(db, slept.auditId, { requests: 0, throttled: 0 });
    expect(await listLiveAudits(db)).toEqual([slept.auditId]);
  });

  test('because its process slept: what it had not delivered is of the one that took that over', async () => {
    const slept = (await start('prod')) ?? none;
    await endAsFailed(db, { id: slept.auditId, lane: 'nightly' }, AT);
    const others = await start('prod');
    expect(others?.tasks).toMatchObject([{ auditId: slept.auditId, kind: 'deliver' }, { kind: 'source' }]);
    await releaseAudit(db, slept);
    expect(await findAudit(db, slept.auditId)).toMatchObject({ runner: 'process' });
  });
});
