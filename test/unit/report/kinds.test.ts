import { expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';

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

test('images has the columns that are promised, in their order', () => {
  expect(names(KINDS.images)).toEqual(listed(IMAGES));
});

test('teams has the columns that are promised, in their order', () => {
  expect(names(KINDS.teams)).toEqual(listed(TEAMS));
});

test('a leaderboard begins with the same columns', () => {
  const columns = names(leaderboard({ by: 'team', metric: 'score' }));
  expect(columns.slice(0, listed(TEAMS).length)).toEqual(listed(TEAMS));
});
