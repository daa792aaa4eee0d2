import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { filterCondition, type ReportFilters } from '../../../src/report/filters.ts';
import { FORMATS } from '../../../src/report/formats/formats.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { type LeaderboardOptions, leaderboard } from '../../../src/report/leaderboard.ts';
import { KIND_NAMES, type KindName, type StreamedFormat } from '../../../src/report/names.ts';
import { openReport, type ReportRequest } from '../../../src/report/open-report.ts';
import { SqlParameters } from '../../../src/report/query-scope.ts';
import { readPage, recordsOf } from '../../../src/report/report-page.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const FIRST = '2026-11-01T02:00:00Z';
const SECOND = '2026-11-02T02:00:00Z';
const now = new Date('2026-11-02T12:00:00Z');

const db = useDatabase(PGLITE.open);
beforeAll(async () => {
  await fill(new Inventory(db));
});

/**
 * One registry that keeps a blob once. `base` (1,000) is alpha's own image and under every image of alpha and beta;
 * between the audits beta rebuilds its job with a layer of 900 in place of 200.
 */
async function fill(inventory: Inventory): Promise<void> {
  const source = await inventory.source('lab');
  const api = await inventory.repository(source, 'alpha/api', 'alpha', FIRST);
  const base = await inventory.repository(source, 'alpha/base', 'alpha', FIRST);
  const job = await inventory.repository(source, 'beta/job', 'beta', FIRST);
  const tool = await inventory.repository(source, 'misc/tool', 'unowned', FIRST);
  const onBase = { name: 'alpha/base:1', image: 'base image', layers: 1 };
  const baseImage = await inventory.image({ name: 'base image', layers: [['base', 1000]], assessment: {} });
  const api1 = await inventory.image({
    name: 'api 1',
    layers: [
      ['base', 1000],
      ['api code', 200],
    ],
    base: onBase,
    createdAt: '2026-10-01T00:00:00Z',
    assessment: { distro: 'debian', distro_version: '12', runtime: 'node', slim_score: 50, savings_max_bytes: 600 },
    findings: [
      { rule: 'root-user', severity: 'warn' },
      { rule: 'secret-in-env', severity: 'error', maxBytes: 10 },
      { rule: 'root-user', severity: 'warn' },
    ],
  });
  const api2 = await inventory.image({
    name: 'api 2',
    layers: [
      ['base', 1000],
      ['api code', 200],
      ['npm ci', 300],
    ],
    base: onBase,
    createdAt: '2026-10-02T00:00:00Z',
    assessment: {
      distro: 'debian',
      distro_version: '12',
      runtime: 'node',
      savings_min_bytes: 100,
      savings_max_bytes: 300,
      techniques: JSON.stringify([
        { technique: 'clean-up', gain: 200, projection: { after: { min: 1200, max: 1400 }, basis: 'measured' } },
      ]),
    },
  });
  const job1 = await inventory.image({
    name: 'job 1',
    layers: [
      ['base', 1000],
      ['job 1 code', 200],
    ],
    base: onBase,
  });
  const job2 = await inventory.image({
    name: 'job 2',
    layers: [
      ['base', 1000],
      ['job 2 code', 900],
    ],
    base: onBase,
  });
  const toolImage = await inventory.image({ name: 'tool', layers: [['tool', 10]] });
  await inventory.tag(base, '1', baseImage, FIRST);
  await inventory.tag(api, 'v1', api1, FIRST);
  await inventory.tag(api, 'v2', api2, FIRST);
  await inventory.tag(api, 'latest', api2, FIRST);
  const jobTag = await inventory.tag(job, 'nightly', job1, FIRST);
  await inventory.tag(tool, 'v1', await inventory.index('tool index', [toolImage]), FIRST);
  await inventory.audit(source, FIRST);
  await inventory.endTag(jobTag, SECOND);
  await inventory.tag(job, 'nightly', job2, SECOND);
  const second = await inventory.audit(source, SECOND);
  await db.query(
    `insert into audit_error (audit_id, source_id, registry, repository, tag, code, message, retry, occurred_at)
     values ($1, $2, 'registry.example.com', 'beta/job', 'broken', 'not-found', 'gone since listing', 'never', $3)`,
    [second, source, SECOND],
  );
}

/** Parameters that are written into the query itself. */
function inlined(): SqlParameters {
  const parameters = new SqlParameters();
  parameters.add = (value) => `'${value}'`;
  return parameters;
}

async function rowsOf(kind: ReportKind, request: Partial<ReportRequest> = {}, from = db) {
  return readRecords(from, kind, { now, ...request });
}

describe('images', () => {
  test('has a row for each tag and platform, in order of repository and tag', async () => {
    const rows = await rowsOf(KINDS.images);
    expect(rows.map(({ repository, tag }) => `${repository}:${tag}`)).toEqual([
      'alpha/api:latest',
      'alpha/api:v1',
      'alpha/api:v2',
      'alpha/base:1',
      'beta/job:nightly',
      'misc/tool:v1',
    ]);
  });

  test('shows everything known about an image', async () => {
    const [row] = await rowsOf(KINDS.images, { filters: { tag: 'v1', team: 'alpha' } });
    expect(row).toMatchObject({
      source: 'lab',
      registry: 'registry.example.com',
      digest: digestOf('api 1'),
      index_digest: null,
      kind: 'image',
      platform: 'linux/amd64',
      created_at: '2026-10-01T00:00:00Z',
      compressed_bytes: 1200,
      uncompressed_bytes: null,
      layer_count: 2,
      shared_bytes: 1000,
      exclusive_bytes: 200,
      base_image: 'alpha/base:1',
      base_digest: digestOf('base image'),
      base_bytes: 1000,
      app_bytes: 200,
      user: '',
      runs_as_root: null,
      findings: 'root-user;secret-in-env',
      slim_score: 50,
      first_seen_at: FIRST,
    });
  });

  test('finds an image through its index', async () => {
    const [row] = await rowsOf(KINDS.images, { filters: { repository: 'misc/**' } });
    expect(row).toMatchObject({ digest: digestOf('tool'), index_digest: digestOf('tool index'), compressed_bytes: 10 });
  });

  test('shows what tags named when an earlier audit ended', async () => {
    const rows = await rowsOf(KINDS.images, { audit: 1, filters: { repository: 'beta/*' } });
    expect(rows.map(({ digest }) => digest)).toEqual([digestOf('job 1')]);
  });

  test.each([
    [{ repository: 'alpha/**' }, 4],
    [{ repository: '{beta,misc}/*' }, 2],
    [{ repository: 'alpha' }, 0],
    [{ tag: 'v?' }, 3],
    [{ base: 'base:*' }, 4],
    [{ base: 'BASE:*' }, 4],
    [{ base: 'ase:1' }, 0],
    [{ distro: 'debian' }, 3],
    [{ distro: 'Debian:12' }, 3],
    [{ distro: 'debian:13' }, 0],
    [{ minSize: '1.2kB' }, 4],
    [{ since: '2026-11-02' }, 1],
    [{ since: '11h' }, 1],
    [{ source: 'other' }, 0],
  ])('limited by %j has %i rows', async (filters, count) => {
    expect(await rowsOf(KINDS.images, { filters })).toHaveLength(count);
  });

  test.each([
    ['alpine', 2],
    ['Alpine:3', 1],
    ['alpine:3.20', 1],
    ['alpine:3.20.3', 1],
    ['alpine:3.2', 0],
  ])('a distribution of version 3.20.3, and one without a version, limited by %s: %i found', async (distro, count) => {
    const releases = "(values ('alpine', '3.20.3'), ('alpine', null)) as release (distro, distro_version)";
    const kind = { name: 'images', filters: { distro: 'distro' } };
    const isOf = filterCondition(kind, { filters: { distro }, now }, inlined());
    expect(await db.query(`select * from ${releases} where ${isOf}`)).toHaveLength(count);
  });

  test.each([
    ['tags', { tag: '*1*' }],
    ['base images', { base: '/library/node:20;library/node:20-bookworm' }],
  ])(
    'a pattern of %s is expected to match many: otherwise each tag is compared with each repository',
    async (_, filters) => {
      const kind = { name: 'images', filters: { tag: 'text', base: 'text' } };
      const isOf = filterCondition(kind, { filters, now }, inlined());
      const texts = '(select n::text as text from generate_series(1, 1000) n) t';
      const plan = await db.query(`explain (format json) select * from ${texts} where ${isOf}`);
      expect(plan).toMatchObject([{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': 500 } }] }]);
    },
  );

  test.each(Object.entries(FORMATS))(
    'reads alike as %s, cells packed once an image or once a row',
    async (_, format) => {
      const written = async (request: Partial<ReportRequest>) =>
        text(format(await openReport(db, KINDS.images, { now, ...request }), {}));
      // Filters that all rows pass.
      expect(await written({})).toBe(await written({ filters: { repository: '**' } }));
      expect(await written({ audit: 1 })).toBe(await written({ audit: 1, filters: { repository: '**' } }));
    },
  );

  test('a repository with too many images to pack once sends all cells with each row', async () => {
    const many = closedAfterTest(await PGLITE.open());
    const inventory = new Inventory(many);
    const repository = await inventory.repository(await inventory.source('lab'), 'alpha/many', 'alpha', FIRST);
    await many.query(
      `with m as (
         insert into manifest (digest, media_type, kind, fetched_at)
         select sha256(n::text::bytea), 'application/vnd.oci.image.manifest.v1+json', 'image', $2::timestamptz
         from generate_series(1, 2001) n returning id),
       i as (insert into image (manifest_id, platform, pull_bytes, layer_count) select id, 'linux/amd64', id, 1 from m)
       insert into tag (repository_id, name, manifest_id, started_at)
       select $1::int8, v || '-' || id, id, $2::timestamptz from m cross join unnest(array['1', '2']) v`,
      [repository, FIRST],
    );
    // As an audit does at its end: the planner expects few rows otherwise.
    await many.query('analyze');
    const whole = await rowsOf(KINDS.images, {}, many);
    expect(whole).toHaveLength(4002);
    expect(whole).toEqual(await rowsOf(KINDS.images, { filters: { repository: '**' } }, many));
  });

  test('has no rows under a limit of 0', async () => {
    expect(await rowsOf(KINDS.images, { limit: 0 })).toEqual([]);
  });

  test('sorts and limits', async () => {
    const rows = await rowsOf(KINDS.images, { sort: '-compressed_bytes', limit: 2 });
    expect(rows.map(({ compressed_bytes }) => compressed_bytes)).toEqual([1900, 1500]);
  });

  test('names the columns when asked to sort by another', async () => {
    await expect(rowsOf(KINDS.images, { sort: 'digest; drop table tag' })).rejects.toThrow(/has no column.*repository/);
  });
});

// base 1000 is shared by alpha and beta: 500 each. Configs are a byte each.
const TEAMS = [
  { rank: 1, team: 'beta', stored_bytes: 500 + 900 + 1, exclusive_bytes: 901, own_bytes: 900, growth_bytes: 700 },
  { rank: 2, team: 'alpha', stored_bytes: 500 + 200 + 300 + 3, exclusive_bytes: 503, own_bytes: 1500, growth_bytes: 0 },
  { rank: null, team: 'unowned', stored_bytes: 10 + 1, exclusive_bytes: 11, own_bytes: 10, growth_bytes: 0 },
];

describe('teams', () => {
  test('are as calculated by hand', async () => {
    const rows = await rowsOf(KINDS.teams, { prices: { storagePerGBMonth: 1e7, currency: 'USD' } });
    expect(rows).toMatchObject(TEAMS);
    expect(rows[0]).toMatchObject({ growth_percent: 99.86, monthly_cost: 14.01 });
    expect(rows[1]).toMatchObject({
      repositories: 2,
      tags: 4,
      images: 3,
      logical_bytes: 1000 + 1200 + 1500 + 1500,
      shared_bytes: 1000,
      median_bytes: 1200,
      p90_bytes: 1500,
      largest_bytes: 1500,
      largest_image: 'alpha/api:latest',
      savings_max_bytes: 900,
      findings_error: 1,
      findings_warn: 2,
    });
  });

  test('sum to the stored bytes of the registry', async () => {
    const rows = await rowsOf(KINDS.teams);
    const [total] = await db.query<{ stored_bytes: number }>(
      'select stored_bytes from source_total where audit_id = 2',
    );
    expect(rows.reduce((sum, { stored_bytes }) => sum + Number(stored_bytes), 0)).toBe(total?.stored_bytes);
  });
});

describe('leaderboard', () => {
  /** The rank, the name and the movement of each row. */
  const ranks = async (options: LeaderboardOptions, request: Partial<ReportRequest> = {}) =>
    (await rowsOf(leaderboard(options), request)).map((row) => `${row.rank} ${row[options.by]} ${row.moved}`);

  test.each([
    ['stored', ['1 beta 1', '2 alpha -1', 'null unowned null']],
    ['own', ['1 alpha 0', '2 beta 0', 'null unowned null']],
    ['largest', ['1 beta 1', '2 alpha -1', 'null unowned null']],
    ['growth', ['1 beta null', '2 alpha null', 'null unowned null']],
    ['improvement', ['1 alpha null', '2 beta null', 'null unowned null']],
  ] as const)('by team and %s', async (metric, expected) => {
    expect(await ranks({ by: 'team', metric })).toEqual(expected);
  });

  test('does not rank a team of two images by their median', async () => {
    expect(await ranks({ by: 'team', metric: 'median' })).toEqual(['1 alpha 0', 'null beta null', 'null unowned null']);
  });

  test('credits a team with the bytes that others build on', async () => {
    const rows = await rowsOf(leaderboard({ by: 'team', metric: 'stored' }));
    expect(rows.map(({ team, credited_bytes }) => [team, credited_bytes])).toEqual([
      ['beta', 0],
      ['alpha', 1000],
      ['unowned', 0],
    ]);
  });

  test('by repository', async () => {
    expect(await ranks({ by: 'repository', metric: 'logical' }, { filters: { team: 'alpha' } })).toEqual([
      '1 registry.example.com/alpha/api 0',
      '2 registry.example.com/alpha/base 0',
    ]);
  });

  test('by repository, stored bytes are not shares: what several hold counts in each', async () => {
    const board = leaderboard({ by: 'repository', metric: 'stored' });
    const stored = new Map((await rowsOf(board)).map((row) => [row.repository, row.stored_bytes]));
    expect(stored.get('registry.example.com/alpha/base')).toBe(1001);
    expect(stored.get('registry.example.com/beta/job')).toBe(1901);
    const { description } = board.columns.find(({ name }) => name === 'stored_bytes') ?? {};
    expect(description).toContain('for a repository, each distinct blob in it, counted once');
  });

  test.each([
    ['base', ['alpha/base:1', 'unknown']],
    ['distro', ['debian 12', 'unknown']],
    ['runtime', ['node', 'unknown']],
  ] as const)('by %s, what is not known is listed last', async (by, expected) => {
    expect((await rowsOf(leaderboard({ by, metric: 'stored' }))).map((row) => row[by])).toEqual(expected);
  });

  test('shares by base sum to the stored bytes of tagged images', async () => {
    const rows = await rowsOf(leaderboard({ by: 'base', metric: 'stored' }));
    const total = 1000 + 200 + 300 + 900 + 10 + 5;
    expect(rows.reduce((sum, { stored_bytes }) => sum + Number(stored_bytes), 0)).toBe(total);
  });
});

test('layers are counted once, with who shares them', async () => {
  const rows = await rowsOf(KINDS.layers);
  expect(
    rows.map(({ bytes, images, tags, repositories, teams }) => [bytes, images, tags, repositories, teams]),
  ).toEqual([
    [1000, 4, 5, 3, 2],
    [900, 1, 1, 1, 1],
    [300, 1, 2, 1, 1],
    [200, 2, 3, 1, 1],
    [10, 1, 1, 1, 1],
  ]);
});

test('bases show the images built on them', async () => {
  const rows = await rowsOf(KINDS.bases, { filters: { base: 'alpha/base:1' } });
  expect(rows).toMatchObject([
    {
      distro: 'debian',
      images: 2,
      tags: 3,
      repositories: 1,
      teams: 1,
      base_logical_bytes: 3000,
      app_logical_bytes: 1200,
    },
    { distro: null, images: 1, tags: 1, repositories: 1, teams: 1, base_bytes: 1000 },
  ]);
});

test('repositories have their sizes and growth', async () => {
  const rows = await rowsOf(KINDS.repositories, { filters: { repository: '{beta,misc}/*' } });
  expect(rows).toMatchObject([
    {
      repository: 'beta/job',
      tags: 1,
      stored_bytes: 1901,
      exclusive_bytes: 901,
      growth_bytes: 700,
      growth_percent: 58.28,
    },
    { repository: 'misc/tool', stored_bytes: 11, growth_bytes: 0 },
  ]);
});

test('findings come errors first', async () => {
  const rows = await rowsOf(KINDS.findings);
  expect(rows.map(({ rule, tag }) => [rule, tag])).toEqual([
    ['secret-in-env', 'v1'],
    ['root-user', 'v1'],
    ['root-user', 'v1'],
  ]);
});

test('advice names the step and its gain once for each image', async () => {
  expect(await rowsOf(KINDS.advice)).toMatchObject([
    {
      repository: 'alpha/api',
      tag: 'latest',
      tags: 2,
      step: 1,
      technique: 'clean-up',
      gain_bytes: 200,
      after_max_bytes: 1400,
    },
  ]);
});

test('layers and advice do not count manifests without a tag as tags; those have findings, too', async () => {
  const untagged = closedAfterTest(await PGLITE.open());
  const inventory = new Inventory(untagged);
  const repository = await inventory.repository(await inventory.source('lab'), 'alpha/app', 'alpha', FIRST);
  const assessment = { techniques: JSON.stringify([{ technique: 'clean-up', gain: 1 }]) };
  for (const [name, tag] of [
    ['tagged', 'v1'],
    ['untagged', null],
  ] as const) {
    const findings = [{ rule: 'root-user', severity: 'warn' }];
    const image = await inventory.image({ name, layers: [['common', 10]], assessment, findings });
    await inventory.tag(repository, tag, image, FIRST);
  }
  expect(await rowsOf(KINDS.layers, {}, untagged)).toMatchObject([{ images: 2, tags: 1 }]);
  expect(await rowsOf(KINDS.advice, {}, untagged)).toMatchObject([
    { tag: '', tags: 0 },
    { tag: 'v1', tags: 1 },
  ]);
  expect((await rowsOf(KINDS.findings, {}, untagged)).map(({ tag }) => tag)).toEqual(['', 'v1']);
});

test('audits come newest first', async () => {
  const rows = await rowsOf(KINDS.audits);
  expect(rows).toMatchObject([
    { id: 2, sources: 'lab', status: 'finished', stored_bytes: 1000 + 200 + 300 + 900 + 10 + 5 },
    { id: 1, started_at: FIRST },
  ]);
});

test('audits that nobody works on any more are shown as stopped', async () => {
  const statuses = async (): Promise<readonly unknown[]> => {
    const reported = (await rowsOf(KINDS.audits)).map(({ status }) => status);
    const viewed = await db.query('select status from slimboard_audits order by id desc');
    expect(viewed).toEqual(reported.map((status) => ({ status })));
    return reported;
  };
  const set = (values: string) => db.query(`update audit set ${values} where id = 1`);
  await set("status = 'running', finished_at = null, heartbeat_at = now()");
  expect(await statuses()).toEqual(['finished', 'running']);
  await set("heartbeat_at = now() - interval '2 minutes'");
  expect(await statuses()).toEqual(['finished', 'stopped']);
  await set("heartbeat_at = now(), runner = 'none'");
  expect(await statuses()).toEqual(['finished', 'stopped']);
  await set(`status = 'finished', finished_at = '${FIRST}', heartbeat_at = '${FIRST}', runner = 'process'`);
  expect(await statuses()).toEqual(['finished', 'finished']);
});

test('errors are those of the newest audit', async () => {
  expect(await rowsOf(KINDS.errors, { filters: { team: 'beta' } })).toMatchObject([
    { audit_id: 2, repository: 'beta/job', tag: 'broken', code: 'not-found', retry: 'never' },
  ]);
  expect(await rowsOf(KINDS.errors, { audit: 1 })).toEqual([]);
});

const EVERY_FILTER: ReportFilters = {
  source: 'lab',
  registry: 'registry.example.com',
  team: 'alpha',
  repository: 'alpha/*',
  tag: 'v*',
  base: 'alpha/base:*',
  distro: 'debian',
  since: '30d',
  minSize: '1kB',
};

test.each(KIND_NAMES)('a report of %s takes every filter, alone and together, now and as of an audit', async (name) => {
  const whole = await rowsOf(KINDS[name]);
  const alone = Object.entries(EVERY_FILTER).map(([filter, value]) => ({ [filter]: value }));
  for (const filters of [...alone, EVERY_FILTER]) {
    for (const audit of [undefined, 2]) {
      const rows = await rowsOf(KINDS[name], { filters, audit });
      expect(rows.length, JSON.stringify(filters)).toBeLessThanOrEqual(whole.length);
    }
  }
  expect(await rowsOf(KINDS[name], { filters: { source: 'lab', tag: 'none', base: 'none', distro: 'none' } })).toEqual(
    [],
  );
});

test.each<[KindName, ReportFilters, Partial<ReportRequest>, string, unknown[]]>([
  ['teams', { base: 'alpha/base:1' }, {}, 'team', ['beta', 'alpha']],
  ['teams', { distro: 'debian' }, {}, 'team', ['alpha']],
  ['teams', { repository: 'misc/*' }, {}, 'team', ['unowned']],
  ['teams', { since: '2026-11-02' }, {}, 'team', ['beta']],
  ['teams', { since: '2026-11-02' }, { audit: 1 }, 'team', []],
  ['teams', { minSize: '1.2kB' }, {}, 'team', ['beta']],
  ['repositories', { tag: 'v*' }, {}, 'repository', ['alpha/api', 'misc/tool']],
  ['repositories', { tag: 'v1', base: 'alpha/base:1' }, {}, 'repository', ['alpha/api']],
  ['errors', { base: 'alpha/base:1' }, {}, 'repository', ['beta/job']],
  ['errors', { distro: 'debian' }, {}, 'repository', []],
  ['audits', { team: 'alpha', tag: 'v1' }, {}, 'id', [2, 1]],
  ['audits', { team: 'nobody' }, {}, 'id', []],
  ['audits', { minSize: '1GB' }, {}, 'id', []],
  ['regressions', { base: 'alpha/base:1', distro: 'debian' }, {}, 'repository', ['alpha/api']],
  ['layers', { since: '2026-11-02' }, {}, 'bytes', [1000, 900]],
])('%s limited by %j, of %j: %s %j', async (name, filters, request, column, values) => {
  expect((await rowsOf(KINDS[name], { filters, ...request })).map((row) => row[column])).toEqual(values);
});

test('an unknown audit is an error', async () => {
  await expect(rowsOf(KINDS.images, { audit: 99 })).rejects.toThrow('there is no audit 99');
});

test.each(KIND_NAMES)('a page of %s, in any order, is a part of the whole, which is counted', async (name) => {
  for (const sort of [undefined, ...KINDS[name].columns.map((column) => `-${column.name}`)]) {
    const request = sort === undefined ? {} : { sort };
    const whole = await rowsOf(KINDS[name], request);
    const page = await readPage(db, KINDS[name], { ...request, now, offset: 1, limit: 2 });
    expect(recordsOf(page), sort).toEqual(whole.slice(1, 3));
    expect(page.total, sort).toBe(whole.length);
  }
});

const linesOf = (written: string) => written.split(/\r?\n/).length - 1;
/** How many rows a text in each format has, where no cell breaks its line. */
const ROWS_IN: Readonly<Record<StreamedFormat, (written: string) => number>> = {
  table: (written) => linesOf(written) - 1,
  csv: (written) => linesOf(written) - 1,
  json: (written) => JSON.parse(written).rows.length,
  ndjson: linesOf,
  markdown: (written) => linesOf(written) - 2,
};

test.each(KIND_NAMES)('%s has all of its rows in every format', async (name) => {
  const { length } = await rowsOf(KINDS[name]);
  for (const [format, rowsIn] of Object.entries(ROWS_IN)) {
    const report = await openReport(db, KINDS[name], { now });
    expect(rowsIn(await text(FORMATS[format as StreamedFormat](report, {}))), format).toBe(length);
  }
});
