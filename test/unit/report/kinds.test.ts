import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { table } from '../../../src/report/formats/table.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { packed } from '../../support/packed-report.ts';

/** What scripts rely on: a column more may come at the end, none goes, moves or is renamed. */
const IMAGES = `source, registry, repository, tag, digest, index_digest, media_type, kind, platform, team,
  pushed_at, created_at, compressed_bytes, uncompressed_bytes, layer_count, shared_bytes,
  exclusive_bytes, base_image, base_digest, base_confidence, base_evidence, base_bytes, app_bytes,
  distro, distro_version, distro_eol, runtime, runtime_version, variant, multi_stage,
  multi_stage_evidence, user, runs_as_root, findings, wasted_bytes, savings_min_bytes,
  savings_max_bytes, slim_score, first_seen_at, last_seen_at, audited_at`;
const TEAMS = `rank, team, repositories, tags, images, logical_bytes, stored_bytes, exclusive_bytes, shared_bytes, own_bytes,
  median_bytes, p90_bytes, largest_bytes, largest_image, growth_bytes, growth_percent, savings_min_bytes, savings_max_bytes,
  monthly_cost, slim_score, findings_error, findings_warn`;

const listed = (text: string): readonly string[] => text.split(/,\s*/);
const names = ({ columns }: (typeof KINDS)['images']): readonly string[] => columns.map(({ name }) => name);

test('images has the documented columns, in order', () => {
  expect(names(KINDS.images)).toEqual(listed(IMAGES));
});

test('teams has the documented columns, in order', () => {
  expect(names(KINDS.teams)).toEqual(listed(TEAMS));
});

test('a leaderboard begins with the same columns', () => {
  const columns = names(leaderboard({ by: 'team', metric: 'score' }));
  expect(columns.slice(0, listed(TEAMS).length)).toEqual(listed(TEAMS));
});

/** The names of the columns that a terminal of 80 columns shows, if all texts are long. */
async function shownOn80(columns: (typeof KINDS)['images']['columns']): Promise<readonly string[]> {
  const row = columns.map(({ type }) => (['text', 'list', 'digest'].includes(type) ? 'x'.repeat(40) : 7));
  const report = { kind: 'images', columns, audit: null, rows: packed(columns, [row]) };
  const [head] = (await text(table(report, { width: 80 }))).split('\n');
  return head?.split(/ +/) ?? [];
}

describe('the column that rows are sorted by is shown on a terminal of 80 columns', () => {
  const ordered = Object.values(KINDS).flatMap((kind) => {
    const figure = /^(?:scope desc, )?(\w*bytes|images) desc/.exec(kind.order ?? '')?.[1];
    return figure === undefined ? [] : [{ name: kind.name, kind, figure }];
  });

  test.each(ordered)('$name: $figure', async ({ kind: { columns }, figure }) => {
    expect(await shownOn80(columns)).toContain(figure);
  });
});

test.each(Object.values(KINDS))('a terminal of 80 columns shows what a row of $name is of', async ({ columns }) => {
  const place = columns.filter(({ name, type }) => ['repository', 'tag', 'tags'].includes(name) && type === 'text');
  expect(await shownOn80(columns)).toEqual(expect.arrayContaining(place.map(({ name }) => name)));
});

test.each([
  ['trends: what a row is about', KINDS.trends, 'name'],
  ['trends: whether that is a team or a repository', KINDS.trends, 'scope'],
  ['goals: whose goal it is', KINDS.goals, 'team'],
  ['findings: the rule, by which settings and pages name it', KINDS.findings, 'rule'],
  ['images: what could be saved', KINDS.images, 'savings_max_bytes'],
  ['teams: what could be saved', KINDS.teams, 'savings_max_bytes'],
  ['a leaderboard: what could be saved', leaderboard({ by: 'repository', metric: 'stored' }), 'savings_max_bytes'],
])('a terminal of 80 columns shows of %s', async (_, { columns }, name) => {
  expect(await shownOn80(columns)).toContain(name);
});
