import { afterAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { readSummaries } from '../../../src/html/overview/read-summaries.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import type { SourceSettings } from '../../../src/settings/settings.ts';
import { countPrunable, type PruneOptions, prune, removeSource } from '../../../src/store/retention-store.ts';
import { auditRegistry, auditSources, contentOf, defaultSettings, expectAsAnew } from '../../support/audits.ts';
import { BACKENDS, databaseWith, useEmptyDatabase, useFilledDatabase } from '../../support/databases.ts';
import { ARM, image, index } from '../../support/image-builder.ts';
import { Inventory } from '../../support/inventory.ts';
import { answer } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';
import { useRegistry } from '../../support/use-registry.ts';

const BASE = ['os', 'runtime'];

/** Everything that ended before now is old; batches of two rows, so that each step takes several. */
function everything(signal = new AbortController().signal): PruneOptions {
  const now = new Date().toISOString();
  return { auditsBefore: now, contentBefore: now, signal, batchRows: 2 };
}

function multi(name: string) {
  return index([image({ layers: [...BASE, name] }), image({ layers: ['os arm', name], platform: ARM })]);
}

describe.each(BACKENDS)('retention after five nights on $name', ({ open }) => {
  let registry: RegistryServer;

  /** Five nights: tags move to other images, tags and a repository go, one item fails. */
  async function nights(db: Database): Promise<void> {
    registry = await startRegistry();
    registry.push('team/steady', '1', image({ layers: [...BASE, 'steady'] }));
    for (let night = 0; night < 5; night++) {
      for (const name of ['a', 'b', 'c']) registry.push(`team/${name}`, 'latest', multi(`${name} ${night}`));
      registry.push('team/tags', `${night}`, image({ layers: [...BASE, `tag ${night}`] }));
      const fixed = registry.fault({ path: /steady\/manifests/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
      if (night !== 2) fixed();
      // A repository that cannot be listed any more is gone for an audit that does not take it.
      const gone = night > 2 ? { exclude: [] as string[] } : {};
      await auditRegistry(db, registry, { source: { platforms: 'all', ...gone } });
      fixed();
    }
  }

  const db = useFilledDatabase(open, nights);
  afterAll(() => registry.close());

  const live = async () => {
    const { tags, layers, children, findings, ...rest } = await contentOf(db);
    return { ...rest, openTags: tags.filter((row) => row.open) };
  };

  test('keeps exactly the contents of open tags', async () => {
    const before = await live();
    const expected = await countPrunable(db, everything());
    const pruned = await prune(db, everything());
    expect(pruned).toEqual(expected);
    expect(pruned.rows).toMatchObject({ audits: 4, errors: 1, tags: 12, manifests: 36 });
    expect(await live()).toEqual(before);
    expect(await prune(db, everything())).toMatchObject({ rows: { audits: 0, tags: 0, manifests: 0, blobs: 0 } });
    const [left] = await db.query(
      `select (select count(*)::int from manifest) as manifests, (select count(*)::int from tag) as tags, (select count(*)::int from audit) as audits`,
    );
    expect(left).toEqual({ manifests: 3 * 3 + 1 + 5, tags: 9, audits: 1 });
  });

  test('leaves the database as an audit of the current registry would create it', async () => {
    await prune(db, everything());
    await expectAsAnew(db, () => auditRegistry(db, registry, { source: { platforms: 'all' } }));
  });

  test('keeps the lists of the overview for the newest audit of each source only, whatever the age of the others', async () => {
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const before = await readSummaries(db);
    const never = '2020-01-01T00:00:00.000Z';
    await prune(db, { ...everything(), auditsBefore: never, contentBefore: never });
    expect(await db.query('select audit_id from source_summary')).toEqual([{ audit_id: 5 }]);
    expect(await db.query('select id from audit')).toHaveLength(6);
    expect(await readSummaries(db)).toEqual(before);
  });

  test('keeps the sizes of a repository that has not changed since a removed audit', async () => {
    const sizes = "select stored_bytes, growth_bytes from slimboard_repositories where repository = 'team/steady'";
    const before = await db.query(sizes);
    await prune(db, everything());
    expect(await db.query(sizes)).toMatchObject([{ stored_bytes: Object(before[0]).stored_bytes }]);
    const audits = await db.query('select distinct audit_id from repository_total');
    expect(audits).toEqual(await db.query('select id as audit_id from audit'));
  });

  test('keeps audits and contents below the given age', async () => {
    const before = await contentOf(db);
    const past = '2020-01-01T00:00:00.000Z';
    const pruned = await prune(db, { ...everything(), auditsBefore: past, contentBefore: past });
    expect(new Set(Object.values(pruned.rows))).toEqual(new Set([0]));
    expect(await contentOf(db)).toEqual(before);
  });

  test('removes nothing more once it is told to stop', async () => {
    const before = await contentOf(db);
    await expect(prune(db, everything(AbortSignal.abort(new Error('stopped'))))).rejects.toThrow('stopped');
    expect(await contentOf(db)).toEqual(before);
  });

  test('can be stopped at any time, and continues the next time', async () => {
    const before = await live();
    for (let batches = 1; batches < 60; batches += 7) {
      await expect(prune(stoppingAfter(db, batches), everything())).rejects.toThrow('stopped on purpose');
      expect(await live()).toEqual(before);
      if (Object((await db.query('select count(*)::int as count from tag where ended_at is not null'))[0]).count === 0)
        break;
    }
    await prune(db, everything());
    expect(await live()).toEqual(before);
    expect((await countPrunable(db, everything())).rows).toMatchObject({ audits: 0, tags: 0, manifests: 0, blobs: 0 });
  });

  test('removes no contents while an audit runs, which depends on what it has found stored', async () => {
    await db.query("update audit set status = 'running', finished_at = null where id = (select max(id) from audit)");
    const kept = { contentKept: true, rows: { tags: 0, manifests: 0, blobs: 0 } };
    expect(await countPrunable(db, everything())).toMatchObject(kept);
    // Also while the audit ends a stage in a long transaction, for which the embedded database has no connection left.
    const pruned = await (db.kind === 'pglite'
      ? prune(db, everything())
      : db.transaction(async (tx) => {
          await tx.query("update audit set heartbeat_at = now() where status = 'running'");
          return prune(db, everything());
        }));
    expect(pruned).toMatchObject(kept);
    expect(await db.query('select 1 from tag where ended_at is not null limit 1')).toHaveLength(1);

    await db.query("update audit set heartbeat_at = now() - interval '20 minutes' where status = 'running'");
    expect(await prune(db, everything())).toMatchObject({ contentKept: false, rows: { tags: 12 } });
  });
});

describe.each(BACKENDS)('retention on $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  test('moves those sizes to the next kept audit, not to an earlier one that is kept for another source', async () => {
    const dropped = await startRegistry();
    dropped.push('team/dropped', '1', image({ layers: [...BASE, 'dropped'] }));
    registry.push('team/app', '1', image({ layers: [...BASE, 'app'] }));
    const { sourceDefaults } = await defaultSettings();
    const source = (name: string, { host }: RegistryServer): SourceSettings => ({
      ...sourceDefaults,
      kind: 'oci',
      name,
      registry: parseRegistryHost(host),
      dedup: 'registry',
    });
    await auditSources(db, [source('lab', registry), source('dropped', dropped)]);
    await dropped.close();
    for (let night = 2; night < 6; night++) {
      const changed = night === 5 ? 'team/other' : 'team/app';
      registry.push(changed, `${night}`, image({ layers: [...BASE, `${changed} ${night}`] }));
      await auditRegistry(db, registry);
    }
    const ofApp = `select t.audit_id, t.stored_bytes from repository_total t join repository r on r.id = t.repository_id
      where r.name = 'team/app' order by t.audit_id`;
    const [first, , , last] = await db.query<{ audit_id: number; stored_bytes: number }>(ofApp);
    const [{ newest } = {}] = await db.query<{ newest: number }>('select max(id) as newest from audit');
    const expected = await countPrunable(db, everything());
    expect(await prune(db, everything())).toEqual(expected);
    expect(await db.query(ofApp)).toEqual([first, { ...last, audit_id: newest }]);
  });

  test('moves the sizes of an audit of several sources to the next audit of their own source', async () => {
    const night = (day: number) => `2026-01-0${day}T02:00:00Z`;
    const inventory = new Inventory(db);
    const [other, lab] = [await inventory.source('other'), await inventory.source('lab')];
    const app = await inventory.repository(lab, 'team/app', 'team', night(1));
    await inventory.tag(app, '1', await inventory.image({ name: 'app', layers: [['app', 7]] }), night(1));
    const both = await inventory.audit(lab, night(1));
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [both, other]);
    await inventory.audit(other, night(2));
    const newest = await inventory.audit(lab, night(3));
    const holders = () => db.query('select audit_id from repository_total');
    expect(await holders()).toEqual([{ audit_id: both }]);
    expect((await prune(db, everything())).rows).toMatchObject({ audits: 1 });
    expect(await holders()).toEqual([{ audit_id: newest }]);
  });

  test('keeps of the progress of repositories where it began, and what the audits that are left show', async () => {
    const night = (day: number) => new Date(Date.UTC(2026, 0, day));
    for (const day of [1, 2, 3, 4, 5, 6]) {
      const layers = [`${day}`.repeat(day)];
      for (const name of ['a', 'b'])
        registry.push(`team/${name}`, `${day}`, image({ layers, created: night(day).toISOString() }));
      if (day === 1) registry.push('team/still', '1', image({ layers: ['still'] }));
      await auditRegistry(db, registry, { clock: () => night(day) });
    }
    // Not progress_change, which needs the audit before.
    const shown = async () => {
      const audits = await Promise.all([4, 5, 6].map((audit) => readRecords(db, KINDS.goals, { audit })));
      return audits.flat().map(({ progress_change, ...row }) => row);
    };
    const [before, stored] = [await shown(), await goals()];
    // Three rows: a batch ends among those of a repository.
    await prune(db, { ...everything(), auditsBefore: night(4).toISOString(), batchRows: 3 });
    expect(await shown()).toEqual(before);
    const first = (at: number) => stored.filter((row) => row.at === night(at).toISOString());
    expect(await goals()).toEqual([1, 4, 5, 6].flatMap(first));
  });

  const goals = () =>
    db.query<{ name: string; at: string }>(
      'select r.name, g.since as at from repository_goal g join repository r on r.id = g.repository_id order by g.since, r.name',
    );

  test('keeps what tags named while an image is built on it, by themselves or by an index', async () => {
    const at = '2026-01-01T02:00:00Z';
    const inventory = new Inventory(db);
    const repository = await inventory.repository(await inventory.source('lab'), 'team/app', 'team', at);
    const ended = async (name: string, manifest: number) =>
      inventory.endTag(await inventory.tag(repository, name, manifest, at), at);
    const os = await inventory.image({ name: 'os', layers: [['root', 7]] });
    await ended('os', os);
    await ended('os of all platforms', await inventory.index('index', [os]));
    await ended('other', await inventory.image({ name: 'other', layers: [['other', 7]] }));
    // Nothing but its base: it is no image that is built on itself.
    const bare = { name: 'bare', layers: [['bare', 3]], base: { name: 'bare', layers: 1 } } as const;
    await ended('bare', await inventory.image(bare));
    const layers = [
      ['root', 7],
      ['app', 2],
    ] as const;
    const app = await inventory.image({ name: 'app', layers, base: { name: 'os', layers: 1 } });
    await inventory.tag(repository, 'app', app, at);
    await db.query('update manifest_layer l set chain_id = b.digest from blob b where b.id = l.blob_id');
    await db.query(
      `update image i set chain_id = l.chain_id from manifest_layer l where l.manifest_id = i.manifest_id and l.position = i.layer_count - 1`,
    );
    expect((await prune(db, everything())).rows).toMatchObject({ tags: 2, manifests: 2 });
    expect((await db.query('select name from tag order by name')).map((row) => Object(row).name)).toEqual([
      'app',
      'os',
      'os of all platforms',
    ]);
  });

  test('notes when the newest of the removed builds of a line came, also if an older one is removed later', async () => {
    const day = (number: number) => `2026-01-0${number}T00:00:00.000Z`;
    const inventory = new Inventory(db);
    const repository = await inventory.repository(await inventory.source('lab'), 'team/app', 'team', day(1));
    for (const [tag, came, ended] of [
      ['1.1', 1, 4],
      ['1.2', 2, 3],
      ['1.3', 1, 3],
    ] as const) {
      const built = await inventory.image({ name: tag, layers: [[tag, 1]] });
      await inventory.endTag(await inventory.tag(repository, tag, built, day(came)), day(ended));
    }
    for (const [before, tags] of [
      [4, 2],
      [5, 1],
    ] as const) {
      expect((await prune(db, { ...everything(), contentBefore: day(before) })).rows).toMatchObject({ tags });
      expect(await db.query('select came_at from forgotten_build')).toEqual([{ came_at: day(2) }]);
    }
  });

  test('removes a source that is no longer audited, as if it had never been', async () => {
    const { sourceDefaults } = await defaultSettings();
    const source = {
      ...sourceDefaults,
      kind: 'oci',
      registry: parseRegistryHost(registry.host),
      dedup: 'registry',
    } as const;
    const ofBoth = async () => db.query('select source, repository, tag from slimboard_images order by 1, 2, 3');
    registry.push('team/app', '1', multi('app'));
    await auditSources(db, [{ ...source, name: 'new' }]);
    const before = await ofBoth();
    await auditSources(db, [{ ...source, name: 'old' }]);
    registry.push('team/app', '2', multi('app 2'));
    await auditSources(db, [{ ...source, name: 'old' }]);

    const interrupted = new AbortController();
    registry.fault({ path: /tags/ }, () => interrupted.abort(new Error('stopped')));
    await expect(auditSources(db, [{ ...source, name: 'old' }], { signal: interrupted.signal })).rejects.toThrow(
      'stopped',
    );
    if (db.kind === 'postgres') {
      await db.query("update audit set runner = 'queue' where status = 'running'");
      await expect(removeSource(db, 'old')).rejects.toMatchObject({ code: 'audit-running' });
      await expect(countPrunable(db, everything(), 'old')).rejects.toMatchObject({ code: 'audit-running' });
      await db.query("update audit set runner = 'none' where status = 'running'");
    }

    const withOld = await ofBoth();
    const counted = await countPrunable(db, everything(), 'old');
    expect(await ofBoth()).toEqual(withOld);
    expect(await removeSource(db, 'old')).toBe(true);
    expect(await ofBoth()).toEqual(before);
    expect(await db.query('select id from audit')).toHaveLength(1);
    expect(await removeSource(db, 'old')).toBe(false);
    expect(counted.rows).toMatchObject({ manifests: 2 });
    expect(await prune(db, everything())).toEqual(counted);
  });

  test('removes only what has been without use since before the time', async () => {
    const at = '2026-01-01T00:00:00Z';
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const [here, gone] = [
      await inventory.repository(source, 'team/here', 'team', at),
      await inventory.repository(source, 'team/gone', 'team', at),
    ];
    await db.query('update repository set ended_at = $2 where id = $1', [gone, at]);
    const named = await inventory.image({ name: 'named', layers: [['a', 1]] });
    await inventory.endTag(await inventory.tag(here, '1', named, at), at);
    await inventory.image({ name: 'read but never named', layers: [['b', 1]] });
    const removed = async (contentBefore: string) => {
      const options = { ...everything(), contentBefore };
      const counted = await countPrunable(db, options);
      expect(await prune(db, options)).toEqual(counted);
      return counted.rows;
    };
    expect(await removed(at)).toMatchObject({ tags: 0, repositories: 0, manifests: 0, blobs: 0 });
    expect(await removed('2026-01-01T00:00:00.001Z')).toMatchObject({
      tags: 1,
      repositories: 1,
      manifests: 2,
      blobs: 4,
    });
  });

  test('keeps the newest audit that read anything, and the audit whose totals hold for it', async () => {
    registry.push('team/app', '1', image({ layers: [...BASE, 'app'] }));
    registry.push('team/app', 'broken', image({ layers: ['broken'] }));
    registry.fault({ path: /manifests\/broken/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
    await auditRegistry(db, registry);
    expect(await auditRegistry(db, registry)).toMatchObject({ status: 'incomplete' });
    registry.fault({ path: /_catalog/ }, answer(404, {}, 'NOT_FOUND'));
    expect(await auditRegistry(db, registry)).toMatchObject({ status: 'failed' });
    const sizes = () => db.query('select audit_id, team, stored_bytes from slimboard_teams order by audit_id');
    const before = await sizes();
    expect((await prune(db, everything())).rows).toMatchObject({ audits: 1 });
    expect(await sizes()).toEqual(before);
    expect(before).toHaveLength(2);
  });

  test('removes ended repositories, with everything that only they contained', async () => {
    registry.push('team/kept', '1', image({ layers: [...BASE, 'kept'] }));
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const before = await contentOf(db);
    const second = await startRegistry();
    second.push('team/gone', '1', image({ layers: [...BASE, 'gone'] }));
    await auditRegistry(db, second, { source: { name: 'second' } });
    await db.query(
      "update tag set ended_at = started_at where repository_id = (select id from repository where name = 'team/gone')",
    );
    await db.query("update repository set ended_at = last_seen_at where name = 'team/gone'");
    await second.close();
    const expected = await countPrunable(db, everything());
    const pruned = await prune(db, everything());
    expect(pruned).toEqual(expected);
    expect(pruned.rows).toMatchObject({ totals: 1, repositories: 1, tags: 1, manifests: 1, blobs: 2 });
    const { layers, tags } = await contentOf(db);
    expect({ layers, tags }).toEqual({ layers: before.layers, tags: before.tags });
  });
});

/** The database, whose transactions end after so many with an error before they begin. */
function stoppingAfter(db: Database, transactions: number): Database {
  let left = transactions;
  return databaseWith(db, {
    transaction: (work) => {
      if (left-- <= 0) throw new Error('stopped on purpose');
      return db.transaction(work);
    },
  });
}
