import { beforeAll, describe, expect, test } from 'vitest';
import type { ReportFilters } from '../../../src/report/filters.ts';
import { leaderboard, teams } from '../../../src/report/leaderboard.ts';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-24T02:00:00Z';
const LATER = '2026-11-25T02:00:00Z';

describe.each(BACKENDS)('teams over several sources on $name', ({ open }) => {
  let ofBoth: number;
  let endLarge: () => Promise<void>;

  const db = useDatabase(open);
  beforeAll(async () => {
    const inventory = new Inventory(db);
    const image = (bytes: number) => inventory.image({ name: `${bytes}`, layers: [[`layer of ${bytes}`, bytes]] });
    const [small, both, inIndex, large, old] = [
      await image(10),
      await image(20),
      await image(30),
      await image(40),
      await image(90),
    ];
    // The second is for a platform that is not audited.
    const index = await inventory.index('index', [inIndex, old]);
    await db.query("update index_child set platform = 'linux/arm64' where position = 1");
    const east = await inventory.source('east');
    const west = await inventory.source('west');
    await db.query("update source set platforms = '{linux/amd64}'");
    const shopEast = await inventory.repository(east, 'shop/cart', 'shop', AT);
    const shopWest = await inventory.repository(west, 'shop/cart', 'shop', AT);
    const pay = await inventory.repository(west, 'pay/api', 'pay', AT);
    for (const [number, held] of [small, both, index].entries()) await inventory.tag(shopEast, `${number}`, held, AT);
    await inventory.tag(shopWest, '0', both, AT);
    const passing = await inventory.tag(shopWest, '1', large, AT);
    await inventory.tag(shopEast, null, old, AT);
    await inventory.endTag(await inventory.tag(shopWest, 'ended', old, AT), AT);
    await inventory.tag(pay, '1', old, AT);
    ofBoth = await inventory.audit(east, AT);
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [ofBoth, west]);
    await db.transaction((tx) => computeTotals(tx, west, ofBoth));
    endLarge = async () => {
      await inventory.endTag(passing, LATER);
      for (const source of [east, west]) await inventory.audit(source, LATER);
    };
  });

  const rows = (filters: ReportFilters = {}, audit?: number) =>
    readRecords(db, teams, { filters, ...(audit === undefined ? {} : { audit }) });

  test('have the median sizes of all their images under tags; an image in several sources counts once', async () => {
    expect(await rows()).toMatchObject([
      { team: 'shop', tags: 5, median_bytes: 20, p90_bytes: 40, largest_bytes: 40 },
      { team: 'pay', tags: 1, median_bytes: 90, p90_bytes: 90, largest_bytes: 90 },
    ]);
  });

  test('have those of one source with --source', async () => {
    expect(await rows({ source: 'west', team: 'shop' })).toMatchObject([
      { team: 'shop', tags: 2, median_bytes: 20, p90_bytes: 40 },
    ]);
    expect(await rows({ source: 'east' })).toMatchObject([{ team: 'shop', tags: 3, median_bytes: 20, p90_bytes: 30 }]);
  });

  test('rank by repository what several sources read, and say which', async () => {
    const kind = leaderboard({ by: 'repository', metric: 'stored' });
    expect(kind.columns.at(-1)?.name).toBe('source');
    const board = await readRecords(db, kind);
    expect(board.map(({ repository, source }) => `${repository} of ${source}`)).toEqual([
      'registry.example.com/shop/cart of east',
      'registry.example.com/pay/api of west',
      'registry.example.com/shop/cart of west',
    ]);
  });

  test('have those of that time with --audit', async () => {
    await endLarge();
    expect(await rows({ team: 'shop' })).toMatchObject([{ team: 'shop', tags: 4, median_bytes: 20, p90_bytes: 30 }]);
    expect(await rows({ team: 'shop' }, ofBoth)).toMatchObject([
      { team: 'shop', tags: 5, median_bytes: 20, p90_bytes: 40 },
    ]);
  });

  test('have no median at an audit since which another team took over one of their repositories', async () => {
    await db.query("update repository set team = 'shop' where name = 'pay/api'");
    expect(await rows({ team: 'shop' }, ofBoth)).toMatchObject([
      { team: 'shop', tags: 5, images: 5, median_bytes: null, p90_bytes: null, largest_bytes: 40 },
    ]);
  });
});

describe.each(BACKENDS)('teams over several sources, audited again, on $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    const inventory = new Inventory(db);
    const image = (bytes: number, base?: string) =>
      inventory.image({
        name: `${bytes}`,
        layers: [[`layer of ${bytes}`, bytes]],
        configBytes: 0,
        ...(base === undefined ? {} : { base: { name: 'base', image: base, layers: 1 } }),
      });
    const [east, west] = [await inventory.source('east'), await inventory.source('west')];
    const north = await inventory.source('north');
    const shopEast = await inventory.repository(east, 'shop/cart', 'shop', AT);
    const shopWest = await inventory.repository(west, 'shop/cart', 'shop', AT);
    const pay = await inventory.repository(west, 'pay/api', 'pay', AT);
    const old = await inventory.tag(shopEast, '1', await image(100), AT);
    await inventory.tag(shopWest, '1', await image(300), AT);
    await inventory.tag(pay, '1', await image(50, '100'), AT);
    for (const source of [east, west]) await inventory.audit(source, AT);
    await inventory.endTag(old, LATER);
    await inventory.tag(shopEast, '1', await image(140), LATER);
    await inventory.tag(await inventory.repository(north, 'search/web', 'search', LATER), '1', await image(7), LATER);
    for (const source of [east, west, north]) await inventory.audit(source, LATER);
  });

  test.each(['team', 'repository'] as const)(
    'grew by what their source grew, whatever became of others: by %s',
    async (by) => {
      const of = (source: string) => readRecords(db, leaderboard({ by, metric: 'growth' }), { filters: { source } });
      expect(await of('east')).toMatchObject([{ stored_bytes: 140, growth_bytes: 40, growth_percent: 40 }]);
      expect(await of('west')).toMatchObject([{ growth_bytes: 0 }, { growth_bytes: 0 }]);
      expect(await of('north')).toMatchObject([{ stored_bytes: 7, growth_bytes: null }]);
    },
  );

  test.each([
    ['team', { shop: 0, pay: 0 }, ['shop', 'pay', 'search']],
    [
      'repository',
      { 'registry.example.com/shop/cart': 0, 'registry.example.com/pay/api': 0 },
      ['shop/cart', 'shop/cart', 'pay/api', 'search/web'].map((name) => `registry.example.com/${name}`),
    ],
  ] as const)('are not ranked against an audit that lacks one of the sources: by %s', async (by, ofWest, all) => {
    const board = leaderboard({ by, metric: 'stored' });
    const moved = async (filters: ReportFilters) =>
      (await readRecords(db, board, { filters })).map((row) => [row[by], row.moved]);
    expect(await moved({ source: 'west' })).toEqual(Object.entries(ofWest));
    expect(await moved({})).toEqual(all.map((name) => [name, null]));
  });
});

test.each(BACKENDS)(
  'growth since a time is against the last comparable audit that had ended by then on $name',
  async ({ open }) => {
    const db = closedAfterTest(await open());
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const night = (day: number) => `2026-11-0${day}T02:00:00Z`;
    const repository = await inventory.repository(source, 'shop/app', 'shop', night(1));
    const audit = async (day: number, bytes: number, status = 'finished', options = {}) => {
      const image = await inventory.image({ name: `${day}`, layers: [[`layer ${day}`, bytes]] });
      await inventory.tag(repository, `${day}`, image, night(day));
      await inventory.audit(source, night(day), { status, options });
    };
    await audit(1, 10);
    await audit(2, 100, 'incomplete');
    await audit(3, 1_000, 'finished', { sources: [{ name: 'lab', tags: ['1*'] }] });
    await audit(4, 10_000);
    const growthSince = async (since: string) =>
      (await readRecords(db, leaderboard({ by: 'team', metric: 'growth', since }))).map((row) => row.growth_bytes);
    const sinceFirst = 100 + 1_000 + 10_000 + 3;
    expect(await growthSince(night(3))).toEqual([sinceFirst]);
    expect(await growthSince(night(1))).toEqual([sinceFirst]);
    expect(await growthSince('2026-11-01T01:59:59Z')).toEqual([null]);
  },
);

test.each(BACKENDS)(
  'a team has no median at an audit since which repositories of equally many images changed hands on $name',
  async ({ open }) => {
    const db = closedAfterTest(await open());
    const inventory = new Inventory(db);
    const [east, west] = [await inventory.source('east'), await inventory.source('west')];
    const holds = async (source: number, name: string, team: string, bytes: number) => {
      const image = await inventory.image({ name: `${bytes}`, layers: [[`layer of ${bytes}`, bytes]] });
      await inventory.tag(await inventory.repository(source, name, team, AT), '1', image, AT);
    };
    await holds(east, 'shop/cart', 'shop', 10);
    await holds(west, 'shop/search', 'shop', 30);
    await holds(west, 'pay/api', 'pay', 50);
    const audit = await inventory.audit(east, AT);
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [audit, west]);
    await db.transaction((tx) => computeTotals(tx, west, audit));
    const p90 = async () =>
      (await readRecords(db, teams, { audit, filters: { team: 'shop' } })).map((row) => row.p90_bytes);
    expect(await p90()).toEqual([30]);
    await db.query(
      "update repository set team = case name when 'pay/api' then 'shop' else 'pay' end where source_id = $1",
      [west],
    );
    expect(await p90()).toEqual([null]);
  },
);

test.each(BACKENDS)('repositories of equal figures are in the order of their sources on $name', async ({ open }) => {
  const db = closedAfterTest(await open());
  const inventory = new Inventory(db);
  const image = await inventory.image({ name: 'app', layers: [['app', 7]] });
  for (const name of ['west', 'north', 'east']) {
    const source = await inventory.source(name);
    await inventory.tag(await inventory.repository(source, 'shop/app', 'shop', AT), '1', image, AT);
    await inventory.audit(source, AT);
  }
  const board = await readRecords(db, leaderboard({ by: 'repository', metric: 'stored' }));
  expect(board.map(({ rank, source }) => [rank, source])).toEqual([
    [1, 'east'],
    [1, 'north'],
    [1, 'west'],
  ]);
});

describe.each(BACKENDS)('the score of a group on $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    const inventory = new Inventory(db);
    const image = (name: string, bytes: number, score: number) =>
      inventory.image({
        name,
        layers: bytes === 0 ? [] : [[`layer of ${name}`, bytes]],
        assessment: { slim_score: score, runtime: bytes === 0 ? 'none' : 'node' },
      });
    const [east, west] = [await inventory.source('east'), await inventory.source('west')];
    const inEast = await inventory.repository(east, 'shop/cart', 'shop', AT);
    const inWest = await inventory.repository(west, 'shop/search', 'shop', AT);
    const empty = await inventory.repository(west, 'tools/empty', 'tools', AT);
    const wasteful = await image('wasteful', 100, 50);
    for (let tag = 0; tag < 10; tag++) await inventory.tag(inEast, `${tag}`, wasteful, AT);
    await inventory.tag(inWest, '1', await image('slim', 300, 100), AT);
    await inventory.tag(empty, '1', await image('empty', 0, 100), AT);
    for (const source of [east, west]) await inventory.audit(source, AT);
  });

  test.each([
    ['team', { shop: 87.5, tools: 100 }],
    ['runtime', { node: 87.5, none: 100 }],
    ['repository', { 'shop/cart': 50, 'shop/search': 100, 'tools/empty': 100 }],
  ] as const)('is that of its images by their sizes, however many tags they have: by %s', async (by, expected) => {
    const records = await readRecords(db, leaderboard({ by, metric: 'score' }), {});
    const scores = records.map((row) => [String(row[by]).replace(/^[^/]*\/(?=.*\/)/, ''), row.slim_score]);
    expect(Object.fromEntries(scores)).toEqual(expected);
  });
});
