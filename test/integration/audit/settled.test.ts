import { beforeEach, describe, expect, test } from 'vitest';
import { createAuditEngine } from '../../../src/app/engine.ts';
import { assessRange } from '../../../src/audit/assessing/assess-range.ts';
import { createListingWriter, type ReadListing } from '../../../src/audit/listing/listing-writer.ts';
import { parseTag } from '../../../src/oci/reference.ts';
import type { TaskKey, TaskKind } from '../../../src/queue/queue.ts';
import type { StoredRepository } from '../../../src/store/inventory-store.ts';
import { type AuditOptions, auditRegistry, contentOf, defaultSettings, NO_EVENTS } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import type { Fault } from '../../support/registry-server.ts';
import { task } from '../../support/task.ts';
import { useRegistry } from '../../support/use-registry.ts';

describe.each(BACKENDS)('a task that another process has settled, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry({ pageSize: 1 });
  beforeEach(() => {
    for (const tag of ['1', '2']) registry.push('team/app', tag, image({ layers: [tag] }));
  });

  const tagsOf = () => db.query('select name, ended_at is null as open from tag order by name');

  /** Audits again, and does what another process does while a request is under way. */
  async function auditMeanwhile(path: RegExp, meanwhile: () => Promise<unknown>, options: AuditOptions = {}) {
    const fault: Fault = (_request, _response, next) => void meanwhile().then(next);
    const undo = registry.fault({ path, times: 1 }, fault);
    const audit = await auditRegistry(db, registry, options);
    undo();
    return audit;
  }
  const settle = (kind: TaskKind) => db.query('delete from audit_task where kind = $1', [kind]);

  test('ends no tag by an older listing, and does not change the repository', async () => {
    const { id } = await auditRegistry(db, registry);
    const [repository] = await db.query<StoredRepository>(
      'select r.id, s.name as source, r.registry, r.name from repository r join source s on s.id = r.source_id',
    );
    const [source] = await db.query<{ id: number }>('select id from source');
    if (!repository || !source) throw new Error('nothing was audited');
    const listing: ReadListing = {
      task: task('repository', 'an older one', { auditId: id }),
      sourceId: source.id,
      repository,
      tags: [parseTag('1')],
      untagged: [],
      tagsListed: 1,
      tagsWanted: 1,
      tagsUnlisted: 0,
      isGone: false,
      errors: [],
    };
    const writer = createListingWriter(db, () => new Date().toISOString());
    await writer.write(listing);
    expect(await tagsOf()).toEqual([
      { name: '1', open: true },
      { name: '2', open: true },
    ]);
    expect(await db.query('select tags_listed from repository')).toEqual([{ tags_listed: 2 }]);
  });

  test('creates no batches of a listing', async () => {
    await auditMeanwhile(/\/tags\/list/, () => settle('repository'));
    expect(await tagsOf()).toEqual([]);
    expect(registry.count({ path: /\/manifests\// })).toBe(0);
  });

  test('ends no repository, and adds none', async () => {
    await auditRegistry(db, registry);
    const before = await contentOf(db);
    registry.push('team/new', '1', image({ layers: ['new'] }));
    await auditMeanwhile(/_catalog/, () => settle('source'));
    expect((await contentOf(db)).repositories).toEqual(before.repositories);
  });

  test('stores no tag of a batch', async () => {
    await auditMeanwhile(/\/manifests\//, () => settle('manifests'));
    expect(await tagsOf()).toEqual([]);
  });

  test('leaves what is still open to that process, and says so', async () => {
    const takeOver = () =>
      db.query(
        "insert into audit_task select audit_id, 'of the other process', kind, payload from audit_task where kind = 'manifests' limit 1",
      );
    await expect(auditMeanwhile(/\/manifests\//, takeOver)).rejects.toThrow('taken over by another process');
    expect(await db.query('select key from audit_task')).toEqual([{ key: 'of the other process' }]);
  });

  const openEngine = async () =>
    closedAfterTest(
      createAuditEngine({
        settings: await defaultSettings(),
        environment: {},
        db,
        queue: { add: async () => undefined },
        events: NO_EVENTS,
        onNote: () => undefined,
      }),
    );

  test.each(['deliver', 'close', 'assess'] as const)(
    'is not done as a task of another kind, as whoever can write to Redis could ask: %s',
    async (kind) => {
      const stop = new AbortController();
      const stopped = auditRegistry(db, registry, { signal: stop.signal, onRequest: () => stop.abort() });
      await expect(stopped).rejects.toThrow();
      const openTasks = () => db.query<{ key: TaskKey }>('select key from audit_task order by key');
      const open = await openTasks();
      expect(open).not.toEqual([]);
      const { handlers } = await openEngine();
      for (const { key } of open)
        await handlers.run({ auditId: 1, key, kind, lane: 'adhoc' }, { signal: new AbortController().signal });
      expect(await openTasks()).toEqual(open);
    },
  );

  test('replaces no assessment', async () => {
    const { id } = await auditRegistry(db, registry);
    const sources = await db.query<{ id: number }>('select id from source');
    const engine = await openEngine();
    await db.query('delete from assessment');
    await assessRange({
      context: engine.context,
      audit: { id, lane: 'adhoc', sources: [], sourceIds: sources.map((source) => source.id) },
      task: task('assess', 'an older one', { auditId: id }),
      payload: { from: 1, to: Number.MAX_SAFE_INTEGER },
      signal: new AbortController().signal,
    });
    expect(await db.query('select manifest_id from assessment')).toEqual([]);
  });
});
