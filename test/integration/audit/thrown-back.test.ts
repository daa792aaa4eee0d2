import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditEngine, createAuditEngine } from '../../../src/app/engine.ts';
import { itemName } from '../../../src/audit/item-error.ts';
import { startAudit } from '../../../src/audit/start-audit.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { InProcessQueue } from '../../../src/queue/in-process-queue.ts';
import type { TaskReference } from '../../../src/queue/queue.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { type AuditRow, findAudit } from '../../../src/store/audit-store.ts';
import { auditRegistry, defaultSettings, errorsOf, expectAsAnew, NO_EVENTS } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { attestation, image, index } from '../../support/image-builder.ts';
import { answer, body } from '../../support/registry-faults.ts';
import { ofEachKind } from '../../support/task.ts';
import { useRegistry } from '../../support/use-registry.ts';

const AT = '2026-03-10T02:00:00.000Z';
const ATTEMPTS = 5;
const signal = new AbortController().signal;

const whole = image({ layers: ['base', 'whole'] });
const withoutConfig = image({ layers: ['base', 'config'] });
const child = image({ layers: ['base', 'child'] });
const ofPlatforms = index([child]);
const moving = image({ layers: ['base', 'moving'] });
const DONE = 'whole, config, platforms and moving';

describe.each(BACKENDS)('a batch with temporary failures, in $name', ({ open }) => {
  let engines: AuditEngine[];
  let done: Record<string, number>;
  let told: string[];

  const db = useEmptyDatabase(open);
  const registry = useRegistry();
  beforeEach(() => {
    engines = [];
    done = {};
    told = [];
    registry.push('app', 'whole', whole);
    registry.push('app', 'config', withoutConfig);
    registry.push('app', 'platforms', ofPlatforms);
    registry.push('app', 'moving', moving);
  });
  afterEach(async () => {
    for (const engine of engines) await engine.close();
  });

  /** Other bytes than those that were asked for. */
  const broken = (path: string, times: number) =>
    registry.fault(
      { path: new RegExp(`${path}$`), times },
      body('{}', { 'content-type': moving.mediaType, 'docker-content-digest': moving.digest }),
    );
  const breakAll = (times: number): void => {
    broken('manifests/moving', times);
    broken(withoutConfig.config.digest, times);
    broken(child.digest, times);
  };
  const asked = (path: string): number => registry.count({ path: new RegExp(`${path}$`) });

  async function start(add: (tasks: readonly TaskReference[]) => Promise<void>) {
    const settings = await defaultSettings();
    const source = { ...settings.sourceDefaults, kind: 'oci', name: 'lab', registry: registry.host, dedup: 'registry' };
    const engine = createAuditEngine({
      settings,
      environment: {},
      db,
      queue: { add },
      events: {
        ...NO_EVENTS,
        itemDone: (outcome, count) => {
          done[outcome] = (done[outcome] ?? 0) + count;
        },
        itemFailed: (_source, error) => told.push(itemName(error)),
      },
      onNote: () => undefined,
    });
    engines.push(engine);
    const started = await startAudit(db, {
      sources: [source as OciSource],
      lane: 'nightly',
      runner: 'process',
      alone: true,
      now: AT,
    });
    if (!started) throw new Error('the source is being audited');
    return { ...engine, ...started };
  }

  /** Audits, or goes on with the audit that was left, with delays that pass at once. */
  async function audit(): Promise<AuditRow | undefined> {
    const { handlers, auditId, tasks } = await start((added) => queue.add(added));
    const tasksAtOnce = ofEachKind(1);
    const limits = { attempts: ATTEMPTS, firstDelayMs: 1 };
    const queue = new InProcessQueue({ handlers, tasksAtOnce, limits, wait: async () => undefined });
    await queue.add(tasks);
    await queue.drain();
    return findAudit(db, auditId);
  }

  /** The task of the batch, tried once, by a process that then ends. */
  async function tryOnce() {
    const queued: TaskReference[] = [];
    const { handlers, auditId, tasks } = await start(async (added) => void queued.push(...added));
    queued.push(...tasks);
    for (let next = queued.shift(); next; next = queued.shift()) {
      if (next.kind === 'manifests') {
        await expect(handlers.run(next, { signal })).rejects.toMatchObject({ code: 'content-mismatch' });
        return { handlers, auditId, task: next };
      }
      await handlers.run(next, { signal });
    }
    throw new Error('there was no batch');
  }

  /** What an audit of the registry leaves in which nothing fails. */
  async function expectWhole(): Promise<void> {
    await expectAsAnew(db, () => auditRegistry(db, registry));
  }

  test(`is read again only where it failed, until ${DONE} are there`, async () => {
    breakAll(ATTEMPTS - 1);
    expect(await audit()).toMatchObject({ status: 'finished', tagsListed: 4, tagsAudited: 4, tagsFailed: 0 });
    expect(told).toEqual([]);
    expect((done.audited ?? 0) + (done.unchanged ?? 0)).toBe(4);
    expect(asked('manifests/whole')).toBe(1);
    expect(asked('manifests/moving')).toBe(ATTEMPTS);
    expect(asked(child.digest)).toBe(ATTEMPTS);
    await expectWhole();
  });

  test('is read again for build provenance, too: blobs that cannot be read for a moment lose none', async () => {
    const attested = attestation(child, { buildType: 'test' });
    registry.push('app', 'attested', index([child, attested]));
    for (const digest of attested.blobs.keys()) broken(digest, ATTEMPTS - 1);
    expect(await audit()).toMatchObject({ status: 'finished', tagsListed: 5, tagsAudited: 5, tagsFailed: 0 });
    const statements = await db.query('select 1 from blob where media_type = $1 and body is not null', [
      MEDIA_TYPE.inToto,
    ]);
    expect(statements).toHaveLength(1);
    await expectWhole();
  });

  test('ends with an error for each item that failed in every attempt', async () => {
    breakAll(ATTEMPTS);
    const ended = await audit();
    expect(ended).toMatchObject({ status: 'incomplete', tagsListed: 4, tagsFailed: 3 });
    expect(asked('manifests/whole')).toBe(1);
    expect(asked('manifests/moving')).toBe(ATTEMPTS);
    const errors = await errorsOf(db, ended?.id ?? 0);
    expect(errors.map(({ tag, code, message }) => [tag, code, message.includes(moving.digest)])).toEqual([
      ['config', 'content-mismatch', false],
      ['moving', 'content-mismatch', true],
      ['platforms', 'content-mismatch', false],
    ]);
    expect(told.sort()).toEqual(['config', 'moving', 'platforms'].map((tag) => `${registry.host}/app:${tag}`));
    expect(done).toEqual({ audited: 1, unchanged: 0 });
  });

  test('reports a permanent failure of an index once, however often the rest is read again', async () => {
    const gone = image({ layers: ['base', 'gone'] });
    registry.push('app', 'sparse', index([child, gone]));
    registry.fault({ path: new RegExp(`${gone.digest}$`) }, answer(404, {}, 'MANIFEST_UNKNOWN'));
    broken(child.digest, ATTEMPTS - 1);
    const ended = await audit();
    expect(await errorsOf(db, ended?.id ?? 0)).toMatchObject([{ tag: 'sparse', code: 'not-found' }]);
    expect(told).toEqual([`${registry.host}/app:sparse`]);
  });

  test('continues where it was after the process is killed between attempts', async () => {
    breakAll(1);
    const { auditId } = await tryOnce();
    expect(await audit()).toMatchObject({ id: auditId, status: 'finished', tagsAudited: 4, tagsFailed: 0 });
    expect(asked('manifests/whole')).toBe(1);
    await expectWhole();
  });

  test('is given up for another reason: what was read is stored, and each unread item has its own error', async () => {
    broken('manifests/moving', 1);
    const { handlers, auditId, task } = await tryOnce();
    await handlers.giveUp(task, new StoreUnavailableError('the database is away'));
    expect(await errorsOf(db, auditId)).toMatchObject([{ tag: 'moving', code: 'content-mismatch' }]);
    expect(told).toEqual([`${registry.host}/app:moving`]);
  });
});
