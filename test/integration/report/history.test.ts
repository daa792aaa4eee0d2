import { describe, expect, onTestFinished, test } from 'vitest';
import { readOverview } from '../../../src/html/overview/read-overview.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { reclaimable } from '../../../src/report/kinds/reclaim.ts';
import { comparableTrends, grownRepositories } from '../../../src/report/kinds/trends.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { parseInUse } from '../../../src/report/reclaim/in-use.ts';
import { auditRegistry, auditSources, defaultSettings } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { ARM, image, index, textLayer } from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';
import { useRegistry } from '../../support/use-registry.ts';

const BASE = ['a base of one layer'.repeat(50), 'and another'.repeat(40)];

/** Text that does not compress. */
const LONG = Array.from({ length: 60 }, (_, at) => digestOf(`part ${at}`).slice('sha256:'.length)).join('');

describe.each(BACKENDS)('what changed over time, from $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  const rowsOf = (kind: 'trends' | 'regressions' | 'reclaim', filters = {}) =>
    readRecords(db, KINDS[kind], { filters });

  const build = (month: number, layers: readonly string[]) =>
    image({ layers: [...BASE, ...layers], created: `2025-${String(month).padStart(2, '0')}-01T00:00:00Z` });

  test('trends have a point for each audit, and compare only audits of the same coverage', async () => {
    registry.push('team/app', '1', build(1, ['app']));
    await auditRegistry(db, registry);
    registry.push('team/app', '2', build(2, ['app, but larger than before']));
    await auditRegistry(db, registry);
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const points = (await rowsOf('trends')).filter(({ scope }) => scope === 'source');
    const [newest, second, first] = points;
    expect(points).toHaveLength(3);
    expect(first?.change_bytes).toBeNull();
    expect(second?.change_bytes).toBe((second?.stored_bytes as number) - (first?.stored_bytes as number));
    // Other platforms were audited: that is no growth.
    expect(newest?.change_bytes).toBeNull();
    expect((await rowsOf('trends', { repository: 'team/*' })).map(({ name }) => name)).toEqual([
      'team/app',
      'team/app',
    ]);
  });

  test('settings that do not change which images are audited do not end the history', async () => {
    const points = async () =>
      (await readRecords(db, comparableTrends({ scope: 'source' }))).map((row) => row.change_bytes);
    const growth = async () => (await readRecords(db, KINDS.repositories)).map((row) => row.growth_bytes);
    const moved = async () => {
      const board = leaderboard({ by: 'team', metric: 'stored', since: new Date().toISOString() });
      return (await readRecords(db, board)).map((row) => row.growth_bytes);
    };
    registry.push('team/app', '1', build(1, ['app']));
    await auditRegistry(db, registry);
    registry.push('team/app', '2', build(2, ['app, but larger than before']));
    await auditRegistry(db, registry, {
      source: { concurrency: 7, timezone: 'Europe/Berlin', deep: false, full: true },
    });
    const [grown] = await growth();
    expect(grown).toBeGreaterThan(0);
    expect(await points()).toEqual([grown, null]);
    expect(await moved()).toEqual([grown]);
    await auditRegistry(db, registry, { source: { newest: 1 } });
    expect([await points(), await growth(), await moved()]).toEqual([[null], [null], [null]]);
  });

  test('an item that fails every time ends no history', async () => {
    const growth = async () => {
      const ofApp = { filters: { repository: 'team/app' } };
      const board = leaderboard({ by: 'repository', metric: 'stored', since: new Date().toISOString() });
      const found = (await readRecords(db, KINDS.repositories, ofApp)).map((row) => row.growth_bytes);
      expect((await readRecords(db, board, ofApp)).map((row) => row.growth_bytes)).toEqual(found);
      return found;
    };
    const points = async () =>
      (await readRecords(db, comparableTrends({ scope: 'source', name: 'lab' }))).map((row) => row.audit_id);
    registry.push('team/app', '1', build(1, ['app']));
    registry.push('team/broken', '1', build(1, ['broken']));
    registry.push('team/broken', '2', build(2, ['broken, too']));
    const audit = async (tag: number) => {
      registry.push('team/app', `${tag + 1}`, build(tag + 1, ['app', 'larger'.repeat(tag)]));
      return auditRegistry(db, registry);
    };
    const failing = (tag: string) => registry.fault({ path: new RegExp(`team/broken/manifests/${tag}`) }, answer(403));
    const mend = failing('1');
    expect([(await audit(1)).status, await growth(), await points()]).toEqual(['incomplete', [null], [1]]);
    expect([(await audit(2)).status, await growth(), await points()]).toEqual([
      'incomplete',
      [expect.any(Number)],
      [2, 1],
    ]);
    // Something else failed: nothing to compare it with.
    const mendOther = failing('2');
    expect([(await audit(3)).status, await growth(), await points()]).toEqual(['incomplete', [null], [2, 1]]);
    mendOther();
    expect([(await audit(4)).status, await growth(), await points()]).toEqual([
      'incomplete',
      [expect.any(Number)],
      [4, 2, 1],
    ]);
    mend();
    expect([(await audit(5)).status, await growth(), await points()]).toEqual(['finished', [null], [4, 2, 1]]);
    expect([(await audit(6)).status, await growth(), await points()]).toEqual([
      'finished',
      [expect.any(Number)],
      [6, 5],
    ]);
  });

  test('a source that fails ends the history of no other source, and has none itself', async () => {
    const broken = await startRegistry();
    onTestFinished(() => broken.close());
    const { sourceDefaults } = await defaultSettings();
    const sources = Object.entries({ whole: registry, broken }).map(([name, { host }]) => ({
      ...sourceDefaults,
      ...{ name, kind: 'oci' as const, registry: host, dedup: 'registry' as const },
    }));
    const moved = async () => {
      const board = leaderboard({ by: 'repository', metric: 'stored', since: new Date().toISOString() });
      return (await readRecords(db, board)).map(({ source, growth_bytes: growth }) => [source, growth !== null]);
    };
    for (const server of [registry, broken]) server.push('team/app', '1', build(1, ['app']));
    await auditSources(db, sources);
    broken.fault({ path: /_catalog/ }, answer(403));
    for (const nights of [1, 2]) {
      registry.push('team/app', `${nights + 1}`, build(nights + 1, ['app', 'larger'.repeat(nights)]));
      expect((await auditSources(db, sources)).status).toBe('incomplete');
      expect(new Map((await moved()) as [string, boolean][])).toEqual(
        new Map([
          ['whole', true],
          ['broken', false],
        ]),
      );
    }
  });

  test('a repository that went and came back is not listed as of the audits between, unlike one that was empty', async () => {
    const names = ['team/app', 'team/back', 'team/emptied'];
    for (const name of names) registry.push(name, '1', build(1, [name]));
    await auditRegistry(db, registry);
    registry.deleteRepository('team/back');
    registry.untag('team/emptied', '1');
    await auditRegistry(db, registry);
    registry.push('team/back', '1', build(1, ['team/back']));
    await auditRegistry(db, registry);
    const listed = async (audit: number) => {
      const board = await readRecords(db, leaderboard({ by: 'repository', metric: 'stored' }), { audit });
      const found = (await readRecords(db, KINDS.repositories, { audit })).map((row) => row.repository).toSorted();
      expect(board.map(({ repository }) => repository).toSorted()).toEqual(
        found.map((name) => `${registry.host}/${name}`),
      );
      return found;
    };
    expect(await listed(1)).toEqual(names);
    expect(await listed(2)).toEqual(['team/app', 'team/emptied']);
    expect(await listed(3)).toEqual(names);
  });

  test('a repository that comes back empty is listed and counted, even if nothing else has changed', async () => {
    for (const name of ['team/app', 'team/back']) registry.push(name, '1', build(1, [name]));
    await auditRegistry(db, registry);
    registry.deleteRepository('team/back');
    await auditRegistry(db, registry);
    registry.push('team/back', '1', build(1, ['team/back']));
    registry.untag('team/back', '1');
    for (const audit of [3, 4]) {
      expect((await auditRegistry(db, registry)).id).toBe(audit);
      const found = (await readRecords(db, KINDS.repositories, { audit })).map(({ repository }) => repository);
      expect(found.toSorted()).toEqual(['team/app', 'team/back']);
      expect(await readRecords(db, KINDS.teams, { audit })).toMatchObject([{ repositories: 2, tags: 1 }]);
    }
    expect(await db.query('select totals_of from audit order by id')).toMatchObject(
      [1, 2, 3, 3].map((totals_of) => ({ totals_of })),
    );
  });

  test('the role decides which ECR registry it is if no account is named', async () => {
    const alike = async (...ecr: readonly object[]): Promise<unknown> => {
      const [one, other] = ecr.map((source) => JSON.stringify({ sources: [{ name: 'prod', kind: 'ecr', ...source }] }));
      const sql = "select coverage($1::jsonb, 'prod') = coverage($2::jsonb, 'prod') as alike";
      return (await db.query<{ alike: boolean }>(sql, [one ?? '', other ?? '']))[0]?.alike;
    };
    expect(await alike({ assumeRole: 'a' }, { assumeRole: 'b' })).toBe(false);
    expect(await alike({ account: '1', assumeRole: 'a' }, { account: '1', profile: 'b' })).toBe(true);
  });

  test('trends of repositories include what an audit found that is not compared', async () => {
    registry.push('team/app', '1', build(1, ['app']));
    registry.push('team/broken', '1', build(1, ['broken']));
    await auditRegistry(db, registry);
    registry.push('team/app', '2', build(2, ['app, but larger than before']));
    const mend = registry.fault({ path: /team\/broken\/tags\/list/ }, answer(403));
    expect((await auditRegistry(db, registry)).status).toBe('incomplete');
    mend();
    await auditRegistry(db, registry);
    const [app] = await readRecords(db, KINDS.repositories, { filters: { repository: 'team/app' } });
    const trend = await readRecords(db, comparableTrends({ scope: 'repository', name: 'team/app' }));
    expect(app?.growth_bytes).toBeGreaterThan(0);
    expect(trend).toMatchObject([
      { audit_id: 3, stored_bytes: app?.stored_bytes, change_bytes: app?.growth_bytes },
      { audit_id: 1, change_bytes: null },
    ]);
    expect(await readRecords(db, grownRepositories)).toMatchObject([
      { name: 'team/app', stored_bytes: app?.stored_bytes, change_bytes: app?.growth_bytes },
    ]);
    registry.push('team/app', '3', build(3, ['app']));
    await auditRegistry(db, registry);
    const changes = (await rowsOf('trends')).filter(
      (row) => row.audit_id === 4 && ['source', 'repository'].includes(`${row.scope}`),
    );
    const [{ growth_bytes: growth } = {}] = await readRecords(db, KINDS.repositories, {
      filters: { repository: '*/app' },
    });
    expect(changes.map((row) => row.change_bytes)).toEqual([growth, growth]);
    expect(await readRecords(db, grownRepositories, { audit: 3 })).toMatchObject([
      { name: 'team/app', stored_bytes: app?.stored_bytes, change_bytes: app?.growth_bytes },
    ]);
  });

  test('a build that was found later is no previous build as of an earlier audit', async () => {
    registry.push('team/app', '2', build(2, ['app, but larger than before']));
    await auditRegistry(db, registry);
    registry.push('team/app', '1', build(1, ['app']));
    await auditRegistry(db, registry);
    const tagsAt = async (audit: number) =>
      (await readRecords(db, KINDS.regressions, { audit })).map((row) => [row.previous_tag, row.tag]);
    expect(await tagsAt(2)).toEqual([['1', '2']]);
    expect(await tagsAt(1)).toEqual([]);
  });

  test('a regression names the step that grew', async () => {
    registry.push('team/app', '1', build(1, ['small']));
    registry.push('team/app', '2', build(2, ['small', 'a new step '.repeat(300)]));
    registry.push('team/app', '3', build(3, ['small']));
    await auditRegistry(db, registry);
    const found = await rowsOf('regressions');
    expect(found).toMatchObject([{ repository: 'team/app', tag: '2', previous_tag: '1', step: 4 }]);
    expect(found[0]?.change_bytes).toBe(found[0]?.step_bytes);
    expect(found[0]?.change_bytes).toBe((found[0]?.compressed_bytes as number) - (found[0]?.previous_bytes as number));
  });

  test('a step is compared with the layer it replaced, by whatever instruction another image has for that layer', async () => {
    const made = (name: string, text: string) => ({ layer: textLayer(text), step: { created_by: name } });
    const push = (reference: string, month: number, ...steps: readonly ReturnType<typeof made>[]) => {
      const [repository = '', tag = ''] = reference.split(':');
      const created = `2025-0${month}-01T00:00:00Z`;
      const layers = steps.map(({ layer }) => layer);
      registry.push(repository, tag, image({ layers, history: steps.map(({ step }) => step), created }));
    };
    const root = made('ADD rootfs.tar /', 'root');
    push('shop/web:1.0', 1, root, made('RUN npm ci', LONG.slice(0, 1_000)));
    push('shop/web:1.1', 2, root, made('RUN npm ci', LONG));
    push('shop/api:1.0', 3, root, made('COPY node_modules /app', LONG.slice(0, 1_000)));
    await auditRegistry(db, registry, { source: { include: ['shop/web'] } });
    const alone = await rowsOf('regressions');
    expect(alone).toMatchObject([
      { tag: '1.1', step: 2, step_bytes: alone[0]?.change_bytes, instruction: 'RUN npm ci' },
    ]);
    await auditRegistry(db, registry);
    expect(await rowsOf('regressions')).toEqual(alone);
    // Of two like steps the one that stayed is not the one that grew.
    push('shop/web:1.2', 4, root, made('RUN npm ci', LONG), made('RUN npm ci', LONG.slice(0, 2_000)));
    await auditRegistry(db, registry);
    const [added] = await readRecords(db, KINDS.regressions, { filters: { tag: '1.2' } });
    expect(added).toMatchObject({ step: 3, step_bytes: added?.change_bytes });
  });

  test('the total growth counts the bytes of a team that is gone', async () => {
    const teams = ['big', 'small'].map((name) => ({ name, repositories: [`${name}/**`] }));
    const audited = async () => {
      await auditRegistry(db, registry, { teams });
      return (await readOverview(db, { now: new Date(), prices: { storagePerGBMonth: 0, currency: 'USD' } })).totals;
    };
    registry.push('big/app', '1', image({ layers: ['large '.repeat(900)] }));
    registry.push('small/app', '1', image({ layers: ['small'] }));
    const before = await audited();
    expect(before.growthBytes).toBeNull();
    registry.deleteRepository('big/app');
    const { storedBytes, growthBytes } = await audited();
    expect(growthBytes).toBe(storedBytes - before.storedBytes);
    expect(growthBytes).toBeLessThan(0);
  });

  test('a build is compared within its lines of tags, with the newest build before it', async () => {
    const full = ['a whole', 'distribution', 'in layers'];
    registry.push('team/app', '1.0-alpine', build(1, ['small']));
    registry.push('team/app', '1.0', build(2, full));
    registry.push('team/app', '1.1-alpine', build(3, ['small', 'one more step']));
    const second = build(4, [...full, 'one more step']);
    registry.push('team/app', '1.1', second);
    registry.push('team/app', 'latest', second);
    await auditRegistry(db, registry);
    const third = build(5, [...full, 'one more step', 'and another']);
    registry.push('team/app', '1.2', third);
    registry.push('team/app', 'latest', third);
    await auditRegistry(db, registry);
    const found = await rowsOf('regressions');
    expect(found.map(({ tag, previous_tag }) => `${previous_tag} to ${tag}`).toSorted()).toEqual([
      '1.0 to 1.1',
      '1.0-alpine to 1.1-alpine',
      '1.1 to 1.2',
    ]);
  });

  test('builds of one date are ordered by when they were first seen', async () => {
    const undated = (tag: string, bytes: number) => {
      const layer = { ...textLayer(tag), body: Buffer.alloc(bytes, tag) };
      registry.push('team/app', tag, image({ layers: [layer], created: '1970-01-01T00:00:00Z' }));
    };
    for (const [minor, bytes] of [10, 300, 20, 500, 900].entries()) undated(`1.${minor}`, bytes);
    await auditRegistry(db, registry);
    expect(await rowsOf('regressions')).toEqual([]);
    undated('1.5', 1_500);
    await auditRegistry(db, registry);
    const found = await rowsOf('regressions');
    expect(found.map(({ tag }) => tag)).toEqual(['1.5']);
    // The registry tells when they were pushed, which the listing had not.
    await db.query("update tag set pushed_at = timestamptz '2025-01-01' + make_interval(days => -right(name, 1)::int)");
    const pushed = await rowsOf('regressions');
    expect(pushed.map(({ tag, previous_tag }) => `${previous_tag} to ${tag}`).toSorted()).toEqual(['1.2 to 1.1']);
  });

  test('builds of one date that one audit found have no order, however many batches it read them in', async () => {
    const undated = (tag: string, bytes: number) => {
      const layer = { ...textLayer(tag), body: Buffer.alloc(bytes, tag) };
      registry.push('team/app', tag, image({ layers: [layer], created: '1970-01-01T00:00:00Z' }));
    };
    for (let minor = 100; minor < 320; minor++) undated(`1.${minor}`, minor);
    await auditRegistry(db, registry);
    expect(await rowsOf('regressions')).toEqual([]);
    undated('1.400', 1_500);
    await auditRegistry(db, registry);
    expect((await rowsOf('regressions')).map(({ tag }) => tag)).toEqual(['1.400']);
  });

  test('builds of one date that one audit read one after another follow the build before in the order of their tags', async () => {
    const push = (tag: string, month: number, bytes: number) => {
      const layer = { ...textLayer(tag), body: Buffer.alloc(bytes, tag) };
      registry.push('team/app', tag, image({ layers: [layer], created: `2025-0${month}-01T00:00:00Z` }));
    };
    push('1.0', 1, 100);
    await auditRegistry(db, registry);
    push('1.1', 2, 300);
    push('1.2', 2, 200);
    await auditRegistry(db, registry);
    // As if the second tag had been read long before the first: by another worker, or before the audit was killed.
    await db.query(
      "update tag set started_at = (select started_at from audit order by id desc limit 1) where name = '1.2'",
    );
    const names = [{ tag: '1.1', previous_tag: '1.0' }];
    expect(await rowsOf('regressions')).toMatchObject(names);
    expect(await db.query('select tag, previous_tag from slimboard_regressions')).toEqual(names);
  });

  test('removing what the planner chose frees exactly the bytes that it said', async () => {
    for (let month = 1; month <= 12; month++)
      registry.push('team/app', `${month}`, build(month, ['shared step', `build ${month}`]));
    registry.push('team/other', '1', build(1, ['build 1']));
    await auditRegistry(db, registry);
    const stored = async () =>
      Object((await db.query('select stored_bytes from source_total order by audit_id desc limit 1'))[0]).stored_bytes;
    const before = await stored();
    const chosen = await rowsOf('reclaim');
    expect(chosen.map(({ repository, tags, reason }) => [repository, tags, reason])).toEqual([
      ['team/app', '1', 'superseded'],
      ['team/app', '2', 'superseded'],
    ]);
    for (const { tags } of chosen) registry.untag('team/app', String(tags));
    await auditRegistry(db, registry);
    expect(before - (await stored())).toBe(chosen.reduce((sum, { freed_bytes }) => sum + (freed_bytes as number), 0));
    expect(before - (await stored())).toBeGreaterThan(0);
    expect(await rowsOf('reclaim')).toEqual([]);
  });

  test('an index is superseded by newer builds, whatever order they were read in, unless an image of it runs; fixed dates tell no order', async () => {
    for (let month = 12; month >= 1; month--) {
      registry.push('team/app', `${month}`, index([build(month, [`build ${month}`])]));
      registry.push('team/jib', `${month}`, image({ layers: [`jib ${month}`], created: '1970-01-01T00:00:00Z' }));
    }
    await auditRegistry(db, registry);
    const chosen = await rowsOf('reclaim');
    expect(chosen.map(({ repository, tags, dated_at }) => [repository, tags, dated_at])).toEqual([
      ['team/app', '1', '2025-01-01T00:00:00Z'],
      ['team/app', '2', '2025-02-01T00:00:00Z'],
    ]);
    const running = parseInUse(build(1, ['build 1']).digest);
    expect((await readRecords(db, reclaimable(running))).map(({ tags }) => tags)).toEqual(['2']);
  });

  test('images that are in use, or listed by an index, are not candidates', async () => {
    const builds = Array.from({ length: 12 }, (_, month) => build(month + 1, [`build ${month + 1}`]));
    const [, second] = builds.map((content, place) => registry.push('team/app', `${place + 1}`, content));
    await auditRegistry(db, registry);
    const chosen = async (inUse: string) => {
      return (await readRecords(db, reclaimable(parseInUse(inUse)))).map(({ tags }) => tags);
    };
    expect(await chosen('')).toEqual(['1', '2']);
    expect(await chosen('team/app:1')).toEqual(['2']);
    expect(await chosen(`${registry.host}/team/app:1`)).toEqual(['2']);
    expect(await chosen(`team/app@${second}`)).toEqual(['1']);
    registry.push('team/app', 'all', index(builds.slice(0, 1)));
    await auditRegistry(db, registry);
    expect(await chosen('')).not.toContain('1');
  });

  test('an index that may be removed is as large as the blobs of its images', async () => {
    const arm = image({ layers: ['arm'], platform: ARM });
    registry.push('team/app', 'old', index([build(1, ['app']), build(2, ['app']), arm]));
    registry.push('team/app', 'new', build(3, ['new']));
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    await db.query("update tag set pulled_at = '2025-01-01', pushed_at = '2025-01-01' where name = 'old'");
    const [{ bytes } = {}] = await db.query<{ bytes: number }>(
      `select sum(size)::int8 as bytes from blob where id in (
         select l.blob_id from manifest_layer l where l.manifest_id in (select child_id from index_child))`,
    );
    expect(await rowsOf('reclaim', { minSize: `${bytes}` })).toMatchObject([{ tags: 'old' }]);
    expect(await rowsOf('reclaim', { minSize: `${Number(bytes) + 1}` })).toEqual([]);
  });
});
