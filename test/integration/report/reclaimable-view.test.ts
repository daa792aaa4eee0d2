import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import type { ReportFilters } from '../../../src/report/filters.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { reclaimable, STALE_DAYS, SUPERSEDED_BUILDS, SUPERSEDED_DAYS } from '../../../src/report/kinds/reclaim.ts';
import { parseInUse } from '../../../src/report/reclaim/in-use.ts';
import { FIXED_DATES_BEFORE } from '../../../src/store/known-bases.ts';
import { BACKENDS, emptyTables, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const DAY_MS = 86_400_000;

describe.each(BACKENDS)('the view of removable manifests, in $name', ({ open }) => {
  const db = useDatabase(open);

  test('calls stale and superseded what reports say it does, and believes the dates that they believe', async () => {
    const [view] = await db.query<{ sql: string }>("select pg_get_viewdef('slimboard_reclaimable'::regclass) as sql");
    expect(view?.sql.match(/created_at >= '[^']*'/g)).toHaveLength(2);
    for (const [, date = ''] of view?.sql.matchAll(/created_at >= '([^']*)'/g) ?? [])
      expect(new Date(date)).toEqual(new Date(FIXED_DATES_BEFORE));
    expect(view?.sql).toMatch(new RegExp(`pulled_at < .*'${STALE_DAYS} days'.*'stale'`));
    expect(view?.sql).toMatch(
      new RegExp(`age_rank > ${SUPERSEDED_BUILDS}\\b.*dated_at < .*'${SUPERSEDED_DAYS} days'.*'superseded'`),
    );
  });

  test('spares what describes an image, and the build that was pushed last or has the newest image; dates the others by their last pull', async () => {
    const inventory = new Inventory(db);
    const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
    const source = await inventory.source('lab');
    const [pushed, built] = [
      await inventory.repository(source, 'pushed', 'team', daysAgo(999)),
      await inventory.repository(source, 'built', 'team', daysAgo(999)),
    ];
    const image = (name: string, days: number) =>
      inventory.image({ name, layers: [[name, 1]], createdAt: daysAgo(days) });
    const tag = async (
      repository: number,
      name: string,
      manifest: number,
      pushedAt: string | null,
      pulledAt: string,
    ) => {
      const id = await inventory.tag(repository, name, manifest, daysAgo(999));
      await db.query('update tag set pushed_at = $2, pulled_at = $3 where id = $1', [id, pushedAt, pulledAt]);
    };
    await tag(pushed, 'newest', await image('newest', 500), daysAgo(10), daysAgo(190));
    await tag(pushed, 'older', await image('older', 100), daysAgo(290), daysAgo(195));
    const signature = await image('signature', 300);
    await db.query('update manifest set subject = sha256(digest) where id = $1', [signature]);
    await inventory.tag(pushed, null, signature, daysAgo(300));
    const index = await inventory.index('index', [await image('first', 600), await image('second', 20)]);
    await tag(built, 'index', index, null, daysAgo(200));
    await tag(built, 'single', await image('single', 50), null, daysAgo(205));
    const found = await db.query(
      `select tags, reason, round(extract(epoch from now() - dated_at) / 86400)::int as days from slimboard_reclaimable order by tags`,
    );
    expect(found).toEqual([
      { tags: 'older', reason: 'stale', days: 195 },
      { tags: 'single', reason: 'stale', days: 205 },
    ]);
  });

  test('is filtered by the images that a manifest is or lists', async () => {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const now = new Date('2026-11-30T12:00:00Z');
    const repository = await inventory.repository(await inventory.source('lab'), 'app', 'team', '2025-01-01T00:00:00Z');
    const image = (distro: string, createdAt: string) =>
      inventory.image({ name: distro, layers: [[distro, 1]], createdAt, assessment: { distro } });
    const builds = [
      ['list', await inventory.index('list', [await image('alpine', '2025-01-02T00:00:00Z')])],
      ['old', await image('debian', '2025-01-03T00:00:00Z')],
      ['new', await image('fedora', '2025-01-04T00:00:00Z')],
    ] as const;
    for (const [name, manifest] of builds) await inventory.tag(repository, name, manifest, '2025-01-05T00:00:00Z');
    await db.query("update tag set pulled_at = '2025-01-06'");
    const tagsOf = async (filters: ReportFilters) =>
      (await readRecords(db, KINDS.reclaim, { filters, now })).map(({ tags }) => tags);
    expect(await tagsOf({})).toHaveLength(2);
    expect(await tagsOf({ distro: 'alpine' })).toEqual(['list']);
    expect(await tagsOf({ tag: 'o*' })).toEqual(['old']);
    expect(await tagsOf({ tag: 'o*', distro: 'alpine' })).toEqual([]);
    expect(await tagsOf({ since: '30d' })).toEqual([]);
  });

  test.each([[['one', 'two', 'three']], [['three', 'two', 'one']]])(
    'what nothing dates is as old as the audit that found it, in whatever order that read it: %j',
    async (order) => {
      await emptyTables(db);
      const inventory = new Inventory(db);
      const source = await inventory.source('lab');
      const repository = await inventory.repository(source, 'undated', 'team', '2026-11-01T02:00:00Z');
      for (const [minute, name] of order.entries()) {
        const image = await inventory.image({ name, layers: [['shared', 5]], configBytes: 0 });
        await inventory.tag(repository, null, image, `2026-11-01T02:0${minute}:00Z`);
      }
      await inventory.audit(source, '2026-11-01T03:00:00Z', { startedAt: '2026-11-01T02:00:00Z' });
      const [, ...gone] = ['one', 'two', 'three'].map((name) => digestOf(name)).toSorted();
      const dated_at = '2026-11-01T03:00:00Z';
      const found = await readRecords(db, KINDS.reclaim);
      expect(found).toMatchObject(gone.map((digest) => ({ digest, reason: 'untagged', dated_at })));
    },
  );

  test('spares the newest of undated builds, also if the audits that found them were pruned', async () => {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'undated', 'team', '2024-01-01T02:00:00Z');
    const names = Array.from({ length: 12 }, (_, at) => `build-${at}`);
    // By digest, the newest would be the last.
    const digests = new Map(names.map((name) => [digestOf(name), name]));
    const found = [...digests.keys()].toSorted().toReversed();
    for (const [month, digest] of found.entries()) {
      const name = digests.get(digest) ?? '';
      const image = await inventory.image({ name, layers: [['shared', 5]], configBytes: 0 });
      await inventory.tag(repository, name, image, `2024-${String(12 - month).padStart(2, '0')}-01T02:00:00Z`);
    }
    await inventory.audit(source, '2026-02-01T03:00:00Z');
    expect(await readRecords(db, KINDS.reclaim)).toMatchObject([
      { digest: found[11], reason: 'superseded', dated_at: '2024-01-01T02:00:00Z' },
      { digest: found[10], reason: 'superseded', dated_at: '2024-02-01T02:00:00Z' },
    ]);
  });

  test('an index holds what indexes that it lists lead to, also before an audit gave it their entries', async () => {
    await emptyTables(db);
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const at = '2024-01-01T02:00:00Z';
    const image = (name: string, createdAt: string) =>
      inventory.image({
        name,
        layers: [
          ['shared', 1000],
          [name, 10],
        ],
        createdAt,
      });
    const app = await inventory.repository(source, 'app', 'team', at);
    const [old, deep] = [await image('old', at), await image('deep', at)];
    const nest = async (name: string, child: number) =>
      inventory.index(`outer ${name}`, [await inventory.index(`inner ${name}`, [child])]);
    await inventory.tag(app, 'stays', await nest('stays', deep), at);
    await inventory.tag(app, 'newest', await image('newest', '2026-01-01T02:00:00Z'), at);
    await inventory.tag(app, 'old', old, at);
    await inventory.tag(app, 'part', deep, at);
    const used = await image('used', at);
    await inventory.tag(app, 'used', await nest('used', used), at);
    await db.query("update tag set pulled_at = started_at where name in ('old', 'part', 'used')");
    const inUse = parseInUse(digestOf(`child ${used}`));
    expect(await readRecords(db, reclaimable(inUse))).toMatchObject([{ tags: 'old', freed_bytes: 10 + 1 }]);
  });
});
