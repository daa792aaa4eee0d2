import { beforeAll, describe, expect, test } from 'vitest';
import type { SqlValue } from '../../../src/database/database.ts';
import { adviceByRepository } from '../../../src/report/kinds/advice.ts';
import { findingsByRule } from '../../../src/report/kinds/findings.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { comparableTrends, grownRepositories } from '../../../src/report/kinds/trends.ts';
import type { ReportRequest } from '../../../src/report/open-report.ts';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { BACKENDS, useDatabase, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const FIRST = '2026-11-01T02:00:00Z';
const SECOND = '2026-11-02T02:00:00Z';
const THIRD = '2026-11-03T02:00:00Z';

/** Rows as text: the cells of these columns, separated by blanks. */
const cellsOf = (rows: readonly Record<string, unknown>[], ...names: string[]) =>
  rows.map((row) => names.map((name) => `${row[name] ?? '-'}`).join(' '));

const step = (technique: string, gain: number) => ({
  technique,
  gain,
  projection: { after: { min: 100, max: 200 }, basis: 'measured', base: 'library/node:22-slim' },
});
const advised = (...steps: ReturnType<typeof step>[]) => ({ techniques: JSON.stringify(steps) });

describe.each(BACKENDS)('two sources with a repository of the same name, on $name', ({ open }) => {
  const db = useDatabase(open);
  const rowsOf = (kind: ReportKind, request: Partial<ReportRequest> = {}) =>
    readRecords(db, kind, { now: new Date(THIRD), ...request });
  beforeAll(async () => {
    const inventory = new Inventory(db);
    const [east, west] = [await inventory.source('east'), await inventory.source('west')];
    const zoo = await inventory.repository(east, 'a/zoo', 'zoo', FIRST);
    const app = await inventory.repository(west, 'a/app', 'shop', FIRST);
    const eastApp = await inventory.repository(east, 'b/app', 'shop', FIRST);
    const old = await inventory.image({ name: 'old', layers: [['base', 1000]] });
    const one = await inventory.image({
      name: 'one',
      layers: [
        ['base', 1000],
        ['one', 300],
      ],
      findings: [
        { rule: 'secret-in-env', severity: 'error' },
        { rule: 'npm-cache', severity: 'warn', maxBytes: 20 },
        { rule: 'no-healthcheck', severity: 'warn' },
        { rule: 'build-tools', severity: 'info', maxBytes: 90 },
        { rule: 'root-user', severity: 'warn' },
      ],
      assessment: {},
    });
    const [amd, arm] = [
      await inventory.image({
        name: 'amd',
        layers: [['data', 300]],
        findings: [{ rule: 'root-user', severity: 'warn' }],
        assessment: {},
      }),
      await inventory.image({ name: 'arm', layers: [['data', 300]], platform: 'linux/arm64' }),
    ];
    // Pushed long before the audit that found it.
    const tagged = await inventory.tag(zoo, '1', one, FIRST);
    await db.query("update tag set pushed_at = '2026-10-01' where id = $1", [tagged]);
    await inventory.tag(app, '1', one, FIRST);
    await inventory.tag(app, 'again', one, FIRST);
    const many = await inventory.index('many', [amd, arm]);
    await inventory.tag(eastApp, 'many', many, FIRST);
    await inventory.tag(eastApp, 'alone', amd, FIRST);
    const gone = await inventory.tag(eastApp, 'old', old, FIRST);
    await db.query('update finding set min_bytes = 7, layer = 1 where rule = $1', ['npm-cache']);
    // Neither in the order in which they are stored, nor in that of their names.
    await db.query('update finding set ordinal = 100 - ordinal');
    const both = await inventory.audit(east, FIRST);
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [both, west]);
    await db.transaction((tx) => computeTotals(tx, west, both));
    await inventory.endTag(gone, SECOND);
    const later = await inventory.audit(west, SECOND);
    await db.query("update audit set started_at = started_at - interval '1 hour'");
    const failed = (audit: number, source: number, repository: string, tag: string, at: string): SqlValue[] => [
      audit,
      source,
      repository,
      tag,
      at,
    ];
    for (const values of [
      failed(both, east, 'b/app', 'x', FIRST),
      failed(both, east, 'a/zoo', 'y', FIRST),
      failed(both, west, 'a/app', 'mended', FIRST),
      failed(later, west, 'a/app', 'z', SECOND),
    ])
      await db.query(
        `insert into audit_error (audit_id, source_id, registry, repository, tag, code, message, retry, occurred_at)
         values ($1, $2, 'registry.example.com', $3, $4, 'not-found', '', 'never', $5)`,
        values,
      );
  });

  test('has its images source by source, each of its own tags, and by tag, whether read packed or not', async () => {
    const expected = [
      'east a/zoo 1 linux/amd64 1300 -',
      'east b/app alone linux/amd64 300 -',
      'east b/app many linux/amd64 300 index',
      'east b/app many linux/arm64 300 index',
      'west a/app 1 linux/amd64 1300 -',
      'west a/app again linux/amd64 1300 -',
    ];
    for (const request of [{}, { filters: { repository: '**' } }, { limit: 100 }]) {
      const rows = (await rowsOf(KINDS.images, request)).map((row) => ({ ...row, index: row.index_digest && 'index' }));
      expect(cellsOf(rows, 'source', 'repository', 'tag', 'platform', 'compressed_bytes', 'index')).toEqual(expected);
    }
  });

  test('has images as of an audit of one of them, in whatever way they are read', async () => {
    for (const request of [{}, { filters: { repository: '**' } }, { limit: 100 }, { sort: 'tag', limit: 100 }]) {
      const tags = async (audit: number) =>
        cellsOf(await rowsOf(KINDS.images, { audit, ...request }), 'source', 'tag').toSorted();
      expect(await tags(2)).toEqual(['west 1', 'west again']);
      expect(await tags(1)).toEqual([
        'east 1',
        'east alone',
        'east many',
        'east many',
        'east old',
        'west 1',
        'west again',
      ]);
    }
  });

  test('has images since they were pushed, where that is known, else since they were found', async () => {
    const since = async (time: string) =>
      cellsOf(await rowsOf(KINDS.images, { filters: { since: time, tag: '1' } }), 'source');
    expect(await since('2026-10-15')).toEqual(['west']);
    expect(await since('2026-10-01')).toEqual(['east', 'west']);
    expect(await since(SECOND)).toEqual([]);
  });

  test('counts a layer once for each image, tag, repository and team', async () => {
    const names = ['bytes', 'images', 'tags', 'repositories', 'teams', 'logical_bytes', 'example_repository'];
    const expected = ['1000 1 3 2 2 1000 a/app', '300 1 3 2 2 300 a/app', '300 2 2 1 1 600 b/app'];
    for (const request of [{}, { limit: 9 }, { sort: '-bytes' }]) {
      const rows = await rowsOf(KINDS.layers, request);
      expect(cellsOf(rows, ...names).toSorted()).toEqual(expected);
      const [, ...ofOneSize] = rows.map(({ digest }) => digest);
      expect(ofOneSize).toEqual(ofOneSize.toSorted());
      const large = await rowsOf(KINDS.layers, { ...request, filters: { minSize: '301B' } });
      expect(cellsOf(large, 'bytes')).toEqual(['1000']);
    }
  });

  test('has findings by severity, then by bytes, unknown ones last and in their order', async () => {
    const rows = await rowsOf(KINDS.findings, { filters: { repository: 'a/zoo' } });
    expect(cellsOf(rows, 'severity', 'rule', 'layer', 'min_bytes', 'max_bytes')).toEqual([
      'error secret-in-env - - -',
      'warn npm-cache 2 7 20',
      'warn root-user - - -',
      'warn no-healthcheck - - -',
      'info build-tools - - 90',
    ]);
  });

  test('has rules with the sums of their images, each image once', async () => {
    expect(cellsOf(await rowsOf(findingsByRule), 'severity', 'rule', 'images', 'max_bytes')).toEqual([
      'error secret-in-env 1 -',
      'warn root-user 2 -',
      'warn no-healthcheck 1 -',
      'warn npm-cache 1 20',
      'info build-tools 1 90',
    ]);
  });

  test('has the errors of the newest audit of each, by place', async () => {
    const tags = async (filters = {}) =>
      cellsOf(await rowsOf(KINDS.errors, { filters }), 'source', 'repository', 'tag');
    expect(await tags()).toEqual(['east a/zoo y', 'east b/app x', 'west a/app z']);
    expect(await tags({ tag: '{x,z}' })).toEqual(['east b/app x', 'west a/app z']);
    expect(await tags({ since: SECOND })).toEqual(['west a/app z']);
  });

  test('has the audits of each, since they started', async () => {
    const ids = async (filters = {}) => cellsOf(await rowsOf(KINDS.audits, { filters }), 'id');
    expect(await ids({ source: 'east' })).toEqual(['1']);
    expect(await ids({ source: 'west' })).toEqual(['2', '1']);
    expect(await ids({ since: '2026-11-01T01:00:00Z' })).toEqual(['2', '1']);
    expect(await ids({ since: '2026-11-01T01:30:00Z' })).toEqual(['2']);
    expect(cellsOf(await rowsOf(KINDS.audits, { audit: 2 }), 'id')).toEqual(['2']);
  });

  test('has trends as of an audit of one of them', async () => {
    const rows = await rowsOf(KINDS.trends, { audit: 2 });
    expect(new Set(cellsOf(rows, 'audit_id', 'source'))).toEqual(new Set(['2 west', '1 west']));
  });
});

describe.each(BACKENDS)('builds over time, on $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const rowsOf = (kind: ReportKind, request: Partial<ReportRequest> = {}) =>
    readRecords(db, kind, { now: new Date(THIRD), ...request });

  /** A source with a repository `shop/app`; what is pushed to it has one layer. */
  async function newRepository() {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', FIRST);
    let builds = 0;
    const build = (bytes: number, createdAt?: string, more: { platform?: string; assessment?: object } = {}) =>
      inventory.image({
        name: `build ${++builds}`,
        layers: bytes === 0 ? [] : [[`layer ${builds}`, bytes]],
        configBytes: 0,
        ...(createdAt && { createdAt }),
        ...(more as { platform?: string; assessment?: Record<string, SqlValue> }),
      });
    const tag = (name: string | null, image: number, at = FIRST) => inventory.tag(repository, name, image, at);
    return { inventory, source, repository, build, tag };
  }

  /** The regressions, as `1.0 to 1.1 +20`. */
  async function grown(request: Partial<ReportRequest> = {}) {
    const rows = await rowsOf(KINDS.regressions, request);
    return rows.map((row) => `${row.previous_tag} to ${row.tag} +${row.change_bytes}`).toSorted();
  }

  test('that grew from nothing grew by no percentage', async () => {
    const { build, tag } = await newRepository();
    await tag('1.0', await build(0, '2026-01-01'));
    await tag('1.1', await build(20, '2026-01-02'));
    expect(await rowsOf(KINDS.regressions)).toMatchObject([{ change_bytes: 20, change_percent: null }]);
  });

  test('are named by their first tag, and follow those without a date', async () => {
    const { build, tag } = await newRepository();
    const second = await build(30, '2026-01-01');
    for (const name of ['1.2', '1.1', '1.3']) await tag(name, second);
    await tag('1.0', await build(10));
    expect(await grown()).toEqual(['1.0 to 1.1 +20']);
    expect(await grown({ filters: { minSize: '20B' } })).toEqual(['1.0 to 1.1 +20']);
    expect(await grown({ filters: { minSize: '21B' } })).toEqual([]);
  });

  test('are compared with those of their platform only', async () => {
    const { build, tag } = await newRepository();
    await tag('1.0', await build(10, '2026-01-01'));
    await tag('1.1', await build(30, '2026-01-02', { platform: 'linux/arm64' }));
    await tag('1.2', await build(15, '2026-01-03'));
    expect(await grown()).toEqual(['1.0 to 1.2 +5']);
  });

  test('of one date and one audit have an order only if it is known of all their tags when they were pushed', async () => {
    const { build, tag } = await newRepository();
    const pushed = async (name: string, image: number, at: string | null) =>
      db.query('update tag set pushed_at = $2 where id = $1', [await tag(name, image), at]);
    await pushed('1.0', await build(10, '2026-01-01'), '2026-01-01');
    const second = await build(20, '2026-01-01');
    await pushed('1.1', second, '2026-01-02');
    expect(await grown()).toEqual(['1.0 to 1.1 +10']);
    await pushed('1.2', second, null);
    expect(await grown()).toEqual([]);
    await db.query("update tag set pushed_at = '2026-01-03' where name = '1.2'");
    await db.query("update tag set pushed_at = null, started_at = '2026-01-01' where name = '1.0'");
    expect(await grown()).toEqual([]);
  });

  test('are compared in several lines with the newest before them, of one date with the one that came last', async () => {
    const { inventory, source, build, tag } = await newRepository();
    await tag('1.0', await build(10, '2026-01-01'), '2026-01-01');
    await inventory.audit(source, '2026-01-01T12:00:00Z');
    const former = await tag('latest', await build(12, '2026-01-01'), '2026-01-02');
    await inventory.endTag(former, '2026-01-03');
    const next = await build(20, '2026-01-03');
    for (const name of ['latest', '1.1']) await tag(name, next, '2026-01-03');
    expect(await grown()).toEqual(['latest to latest +8']);
  });

  test('of one date precede the next in the order in which they were found, also if the audits that found them were pruned', async () => {
    const { inventory, source, build, tag } = await newRepository();
    await tag('1.1', await build(10, '2026-01-01'), '2024-01-01');
    await tag('1.0', await build(12, '2026-01-01'), '2024-01-02');
    await inventory.audit(source, '2026-01-03T03:00:00Z');
    await tag('1.2', await build(20, '2026-01-04'), '2026-01-04');
    expect(await grown()).toEqual(['1.0 to 1.2 +8']);
    const viewed = await db.query('select previous_tag, tag from slimboard_regressions');
    expect(viewed).toEqual([{ previous_tag: '1.0', tag: '1.2' }]);
  });

  test('that follow the same build in several lines are named in that of their first tag', async () => {
    const { inventory, build, tag } = await newRepository();
    const first = await build(10, '2026-01-01');
    await tag('1.0', first, '2026-01-02');
    await inventory.endTag(await tag('latest', first, '2026-01-02'), '2026-01-03');
    const next = await build(20, '2026-01-03');
    for (const name of ['latest', '1.1']) await tag(name, next, '2026-01-03');
    expect(await grown()).toEqual(['1.0 to 1.1 +10']);
    const viewed = await db.query('select previous_tag, tag from slimboard_regressions');
    expect(viewed).toEqual([{ previous_tag: '1.0', tag: '1.1' }]);
  });

  test.each([
    ['smaller', 20, 30],
    ['larger', 30, 20],
  ])(
    'of one date and platform in an index have the same order, also if the %s one was stored first',
    async (_, first, second) => {
      const { inventory, build, tag } = await newRepository();
      await tag('1.0', await build(10, '2026-01-01'));
      const children = [await build(first, '2026-01-02'), await build(second, '2026-01-02')];
      await tag('1.1', await inventory.index('two of a platform', children));
      await tag('1.2', await build(35, '2026-01-03'));
      expect(await grown()).toEqual(['1.0 to 1.1 +10', '1.1 to 1.2 +5']);
      const viewed = await db.query('select change_bytes from slimboard_regressions order by change_bytes');
      expect(viewed).toEqual([{ change_bytes: 5 }, { change_bytes: 10 }]);
    },
  );

  test.each([0, 1, 2])(
    'that are alike in all but their digests are in the order of these: after %i others',
    async (others) => {
      const { inventory, source, build, tag } = await newRepository();
      for (let other = 0; other < others; other++) await build(1);
      const alike = [await build(20, '2026-01-02'), await build(20, '2026-01-02')];
      for (const id of alike) await inventory.endTag(await tag('1.1', id, '2026-01-02'), '2026-01-02');
      await tag('1.2', await build(30, '2026-01-03'), '2026-01-02');
      await inventory.audit(source, '2026-01-02T12:00:00Z', { startedAt: '2026-01-01' });
      const [last] = await db.query(
        "select max(encode(digest, 'hex')) as hex from manifest where id = any($1::int8[])",
        [alike],
      );
      const [grown] = await rowsOf(KINDS.regressions);
      expect(grown?.previous_digest).toBe(`sha256:${last?.hex}`);
      expect(await db.query("select encode(previous_digest, 'hex') as hex from slimboard_regressions")).toEqual([last]);
    },
  );

  test('have advice if they are the newest of their line and platform, with a tag that is still there', async () => {
    const { inventory, build, tag, source } = await newRepository();
    const assessed = async (technique: string, createdAt?: string, platform = 'linux/amd64') =>
      build(1_000, createdAt, { platform, assessment: advised(step(technique, 10)) });
    await tag('1.0', await assessed('undated'));
    await tag('1.1', await assessed('clean-up', '2026-02-01'));
    await tag('1.2', await assessed('multi-stage', '2026-02-02', 'linux/arm64'));
    await tag(null, await assessed('untagged', '2026-02-03'));
    await inventory.endTag(await tag('1.3', await assessed('ended', '2026-02-04')), SECOND);
    await inventory.audit(source, SECOND);
    const rows = await rowsOf(adviceByRepository);
    expect(cellsOf(rows, 'tag', 'technique').toSorted()).toEqual(['1.1 clean-up', '1.2 multi-stage']);
  });

  test('have the advice of a technique in the build in which it gains most, in the last tag of equal ones', async () => {
    const { build, tag } = await newRepository();
    const push = async (name: string, ...steps: ReturnType<typeof step>[]) =>
      tag(name, await build(1_000, '2026-01-01', { assessment: advised(...steps) }));
    await push('a', step('clean-up', 10), step('slim-base', 5));
    await push('b', step('clean-up', 30), step('slim-base', 5));
    await push('c', step('clean-up', 20), step('slim-base', 4));
    const names = ['tag', 'technique', 'gain_bytes', 'after_min_bytes', 'after_max_bytes', 'basis', 'base'];
    expect(cellsOf(await rowsOf(adviceByRepository), ...names)).toEqual([
      'b clean-up 30 100 200 measured library/node:22-slim',
      'b slim-base 5 100 200 measured library/node:22-slim',
    ]);
    expect(cellsOf(await rowsOf(KINDS.advice, { limit: 2 }), 'tag', 'gain_bytes')).toEqual(['b 30', 'c 20']);
    expect(await rowsOf(KINDS.advice, { filters: { minSize: '1001B' } })).toEqual([]);
  });

  test('make a repository grow to what it stores now, though it stored more in between', async () => {
    const { inventory, build, tag, source, repository } = await newRepository();
    const other = await inventory.repository(source, 'other', 'shop', FIRST);
    await db.query("update repository set registry = 'other.example.com', name = 'shop/app' where id = $1", [other]);
    await inventory.tag(other, '1', await build(7), FIRST);
    for (const [at, bytes] of [
      [FIRST, 10],
      [SECOND, 40],
      [THIRD, 30],
    ] as const) {
      await db.query('update tag set ended_at = $2 where repository_id = $1 and ended_at is null', [repository, at]);
      const image = await build(bytes);
      for (const name of ['1', 'again']) await tag(name, image, at);
      await inventory.audit(source, at);
    }
    const names = ['registry', 'name', 'stored_bytes', 'change_bytes'];
    expect(cellsOf(await rowsOf(grownRepositories), ...names)).toEqual(['registry.example.com shop/app 30 20']);
    const trend = comparableTrends({ scope: 'repository', name: 'shop/app', registry: 'other.example.com' });
    expect(cellsOf(await rowsOf(trend), 'stored_bytes')).toEqual(['7']);
    const large = await rowsOf(KINDS.trends, { filters: { minSize: '38B' } });
    expect(cellsOf(large, 'scope', 'audit_id', 'stored_bytes').toSorted()).toEqual([
      'repository 2 40',
      'source 2 47',
      'team 2 47',
    ]);
    // An audit that started later may end sooner.
    await db.query('update audit set finished_at = $1 where id = 2', ['2026-11-04T02:00:00Z']);
    const sources = (await rowsOf(KINDS.trends)).filter(({ scope }) => scope === 'source');
    expect(cellsOf(sources, 'audit_id')).toEqual(['2', '3', '1']);
  });
});
