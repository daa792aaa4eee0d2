import { describe, expect, test } from 'vitest';
import { parseGoal } from '../../../src/policy/goal.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import type { ReportRequest } from '../../../src/report/open-report.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { auditRegistry, auditSources, defaultSettings } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, index, textLayer } from '../../support/image-builder.ts';
import { readRecords } from '../../support/report-records.ts';
import { useRegistry } from '../../support/use-registry.ts';

/** A build whose pull size is as good as any: what it is, its layer tells. */
const build = (month: number, bytes: number, platform = 'amd64') =>
  image({
    layers: [{ ...textLayer(`${month} ${platform}`), body: Buffer.alloc(bytes, month) }],
    created: `2026-0${month}-01T00:00:00Z`,
    platform: { os: 'linux', architecture: platform },
  });

const half = parseGoal('50%');
const team = (name: string) => ({ name, repositories: [`${name}/**`] });

describe.each(BACKENDS)('goals of teams and repositories, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  const teams = [team('cart'), team('mail')];
  const audit = (policy: object = { goal: half }) => auditRegistry(db, registry, { teams, policy });

  const rowsOf = (kind: ReportKind, request: Partial<ReportRequest> = {}) => readRecords(db, kind, request);
  const goals = (request: Partial<ReportRequest> = {}) => rowsOf(KINDS.goals, request);

  test('progress counts from the first audit, for the newest build of a repository, and adds up for a team', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    registry.push('cart/web', '1', build(2, 6_000));
    registry.push('mail/api', '1', build(2, 4_000));
    await audit();
    registry.push('cart/api', '2', build(3, 7_000));
    registry.push('mail/api', 'old', build(1, 1_000));
    await audit();
    expect(await goals()).toMatchObject([
      {
        scope: 'team',
        team: 'cart',
        repositories: 2,
        reached: 0,
        start_bytes: 16_000,
        current_bytes: 13_000,
        goal_bytes: 8_000,
        left_bytes: 5_000,
        progress_percent: 37.5,
        progress_change: 37.5,
      },
      { scope: 'team', team: 'mail', repositories: 1, progress_percent: 0, progress_change: 0 },
      { scope: 'repository', repository: 'cart/web', left_bytes: 3_000, progress_percent: 0, progress_change: 0 },
      {
        scope: 'repository',
        repository: 'cart/api',
        current_bytes: 7_000,
        left_bytes: 2_000,
        progress_percent: 60,
        progress_change: 60,
      },
      { scope: 'repository', repository: 'mail/api', current_bytes: 4_000, left_bytes: 2_000 },
    ]);
    expect((await goals({ audit: 1, filters: { team: 'cart' } }))[0]).toMatchObject({
      progress_percent: 0,
      progress_change: null,
    });
  });

  test('an audit stores nothing of a repository whose figures are those of the audit before', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    for (const tag of [1, 2]) {
      registry.push('cart/web', `${tag}`, build(tag, tag));
      await audit();
    }
    const rows = 'select count(*) as rows from repository_goal group by repository_id order by 1';
    expect(await db.query(rows)).toEqual([{ rows: 1 }, { rows: 2 }]);
  });

  test('progress is at most 100 %, and negative if a repository grew beyond its start', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    registry.push('mail/api', '1', build(1, 10_000));
    await audit();
    registry.push('cart/api', '2', build(2, 4_000));
    registry.push('mail/api', '2', build(2, 11_000));
    await audit();
    const progress = (await goals()).map(({ scope, team: owner, progress_percent, left_bytes, reached }) => [
      scope,
      owner,
      progress_percent,
      left_bytes,
      reached,
    ]);
    expect(progress).toEqual([
      ['team', 'mail', -20, 6_000, 0],
      ['team', 'cart', 100, 0, 1],
      ['repository', 'mail', -20, 6_000, 0],
      ['repository', 'cart', 100, 0, 1],
    ]);
  });

  test('builds that all have one date follow one another as audits find them; a goal that is met exactly is reached', async () => {
    const jib = (bytes: number) =>
      image({
        layers: [{ ...textLayer(`jib ${bytes}`), body: Buffer.alloc(bytes, bytes % 251) }],
        created: '1970-01-01T00:00:00Z',
      });
    registry.push('cart/api', '1', build(1, 10_001));
    registry.push('cart/api', '9', jib(9_000));
    await audit();
    expect((await goals())[0]).toMatchObject({ start_bytes: 10_001, goal_bytes: 5_000, reached: 0 });
    registry.push('cart/api', '10', jib(5_000));
    await audit();
    expect((await goals())[0]).toMatchObject({ current_bytes: 5_000, reached: 1 });
    registry.push('cart/api', '10.1', jib(4_000));
    registry.push('cart/api', '10.2', jib(3_000));
    await audit();
    expect((await goals())[0]).toMatchObject({ current_bytes: 3_000 });
  });

  test('each source has its own, and an earlier audit those of then', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    const { sourceDefaults } = await defaultSettings();
    const sources = ['one', 'two'].map(
      (name): OciSource => ({ ...sourceDefaults, kind: 'oci', name, registry: registry.host, dedup: 'registry' }),
    );
    const auditBoth = () => auditSources(db, sources, { teams, policy: { goal: half } });
    await auditBoth();
    registry.push('cart/api', '2', build(2, 6_000));
    await auditBoth();
    const sizes = async (request: Partial<ReportRequest> = {}) =>
      (await goals(request)).map((row) => [row.scope, row.source, row.current_bytes, row.progress_change]);
    const of = (bytes: number, change: number | null) =>
      ['team', 'repository'].flatMap((scope) => ['one', 'two'].map((source) => [scope, source, bytes, change]));
    expect(await sizes()).toEqual(of(6_000, 80));
    expect(await sizes({ audit: 1 })).toEqual(of(10_000, null));
  });

  test.each([
    [
      'team',
      { by: 'team', metric: 'progress' },
      [
        ['cart', 60, 1],
        ['mail', 0, 2],
      ],
    ],
    [
      'repository',
      { by: 'repository', metric: 'progress' },
      [
        ['cart/api', 60, 1],
        ['mail/api', 0, 2],
      ],
    ],
  ] as const)('a leaderboard ranks by progress: %s', async (_, options, expected) => {
    registry.push('cart/api', '1', build(1, 10_000));
    registry.push('mail/api', '1', build(1, 10_000));
    await audit();
    registry.push('cart/api', '2', build(2, 7_000));
    await audit();
    const rows = await rowsOf(leaderboard(options));
    const name = (row: Readonly<Record<string, unknown>>) => `${row[options.by]}`.replace(`${registry.host}/`, '');
    expect(rows.map((row) => [name(row), row.goal_percent, row.rank])).toEqual(expected);
  });

  test('of builds of one date, the one whose tag has the largest numbers is the newest', async () => {
    for (const [tag, bytes] of [
      ['1.10-b', 7_000],
      ['1.10', 8_000],
      ['1.9', 9_000],
    ] as const)
      registry.push('cart/api', tag, build(1, bytes));
    for (const [tag, bytes] of [
      ['latest', 3_000],
      ['9', 9_000],
      ['10', 8_000],
    ] as const)
      registry.push('cart/web', tag, build(2, bytes));
    await audit();
    const current = (await goals()).map(({ repository, current_bytes }) => [repository, current_bytes]);
    expect(current).toEqual(
      expect.arrayContaining([
        ['cart/api', 7_000],
        ['cart/web', 3_000],
      ]),
    );
  });

  test('of the images of an index with one platform, the smallest counts, in whatever order they are listed', async () => {
    const [small, large] = [build(1, 7_000), build(1, 8_000)];
    registry.push('cart/api', '1', index([small, large]));
    registry.push('cart/web', '1', index([large, small]));
    await audit();
    expect((await goals()).map(({ current_bytes }) => current_bytes)).toEqual([14_000, 7_000, 7_000]);
  });

  test('the first matching budget sets goal and baseline; changed budgets apply even if the registry is unchanged', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    registry.push('cart/api', '1-arm', build(2, 30_000, 'arm64'));
    await audit();
    await audit({ goal: half, budgets: [{ team: 'cart', goal: parseGoal('90%'), baseline: 50_000 }, { goal: half }] });
    expect(await goals()).toMatchObject([
      { scope: 'team', start_bytes: 50_000, current_bytes: 10_000, goal_bytes: 5_000, progress_percent: 88.89 },
      { scope: 'repository', start_bytes: 50_000 },
    ]);
    await audit({ goal: parseGoal('9KB') });
    expect((await goals())[0]).toMatchObject({ start_bytes: 10_000, goal_bytes: 9_000, progress_percent: 0 });
  });

  test('a repository without images has no goal; when it has images again, it keeps its start', async () => {
    registry.push('cart/api', '1', build(1, 10_000));
    registry.push('cart/web', '1', build(1, 6_000));
    await audit();
    registry.push('cart/api', '2', build(2, 8_000));
    await audit();
    registry.untag('cart/api', '1');
    registry.untag('cart/api', '2');
    await audit();
    const board = await rowsOf(leaderboard({ by: 'repository', metric: 'progress' }));
    expect(board.map((row) => [`${row.repository}`.slice(-3), row.rank, row.goal_percent])).toEqual([
      ['web', 1, 0],
      ['api', null, null],
    ]);
    expect(await goals()).toMatchObject([
      { scope: 'team', repositories: 1, start_bytes: 6_000, current_bytes: 6_000 },
      { scope: 'repository', repository: 'cart/web' },
    ]);
    expect(await goals({ audit: 2 })).toMatchObject([
      { scope: 'team', repositories: 2, current_bytes: 14_000 },
      { repository: 'cart/api' },
      { repository: 'cart/web' },
    ]);
    registry.push('cart/api', '3', build(3, 9_000));
    await audit();
    expect((await goals({ filters: { repository: 'cart/api' } }))[0]).toMatchObject({
      start_bytes: 10_000,
      current_bytes: 9_000,
    });
  });

  test('an audit without changes writes nothing, and has the figures of the one before', async () => {
    registry.push('cart/api', '1', index([build(1, 10_000), build(1, 20_000, 'arm64')]));
    await audit();
    const before = await goals();
    const written = () =>
      db.query(
        'select ctid::text, xmin::text from repository_goal union all select ctid::text, xmin::text from team_goal',
      );
    const rows = await written();
    await audit();
    expect(await written()).toEqual(rows);
    const timeless = (found: readonly Record<string, unknown>[]) =>
      found.map(({ audit_id: _id, finished_at: _at, progress_change: _change, ...row }) => row);
    expect(timeless(await goals())).toEqual(timeless(before));
    expect((await goals())[0]).toMatchObject({ audit_id: 2, progress_change: 0 });
  });
});
