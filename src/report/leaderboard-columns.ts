import type { Grouping, Metric } from './names.ts';
import { type Column, defineColumns } from './report.ts';

const GROUP_TEXT: Readonly<Record<Grouping, string>> = {
  team: 'The team, or `unowned`.',
  repository: 'The repository, with its registry.',
  base: 'The base image, or `unknown`.',
  distro: 'The distribution with its version, or `unknown`.',
  runtime: 'The language runtime, or `unknown`.',
};

/** Part of the gist, because nothing else distinguishes the rows of a repository that several sources read. */
const SOURCE: Column = {
  name: 'source',
  type: 'text',
  description: 'The source that it was found in.',
  detail: true,
  gist: true,
};

/** The columns of `report teams`, with the grouping's column in place of `team`. */
export function groupColumns(grouping: Grouping): readonly Column[] {
  return defineColumns({
    rank: ['integer', 'Equal figures have equal ranks; empty: not ranked.'],
    [grouping]: ['text', GROUP_TEXT[grouping]],
    repositories: ['integer', 'Its repositories.', grouping === 'repository' ? 'detail' : undefined],
    tags: ['integer', 'Its tags.'],
    images: ['integer', 'Distinct images under those tags.'],
    logical_bytes: ['bytes', 'The pull sizes of all its tags, as if nothing were shared.'],
    stored_bytes: [
      'bytes',
      "The fair share: a blob that n hold counts 1/n for each, so the shares of teams sum to the registry's stored bytes, and those of bases, distributions and runtimes to what its tagged images store; for a repository, each distinct blob in it, counted once.",
    ],
    exclusive_bytes: ['bytes', 'What would be freed without it.'],
    shared_bytes: ['bytes', 'Bytes in blobs that others hold too.', 'detail'],
    own_bytes: ['bytes', 'Bytes in distinct layers above the base images.'],
    median_bytes: ['bytes', 'The median pull size of its images.'],
    p90_bytes: ['bytes', 'Nine in ten of its images are no larger than this.', 'detail'],
    largest_bytes: ['bytes', 'The largest pull size of its images.'],
    largest_image: ['text', 'The image of that size.', 'detail'],
    growth_bytes: [
      'bytes',
      'Change of its stored bytes since the previous audit with the same coverage; of a team also by repositories that came from another team or went to one.',
    ],
    growth_percent: [
      'percent',
      'Change of its stored bytes since the previous audit with the same coverage, in percent.',
    ],
    savings_min_bytes: ['bytes', 'The least that the advised techniques save.', 'detail'],
    savings_max_bytes: ['bytes', 'The most that the advised techniques save.'],
    monthly_cost: ['money', 'Stored bytes (in GB of 10^9 bytes) at the configured price.'],
    slim_score: ['number', '0 to 100, weighted by size: the share of bytes that its images need.'],
    findings_error: ['integer', 'Findings of severity `error`.', 'detail'],
    findings_warn: ['integer', 'Findings of severity `warn`.', 'detail'],
  });
}

/** The columns of a leaderboard: those of `report teams`, changes of rank, and last the source of a repository. */
export function leaderboardColumns(grouping: Grouping): readonly Column[] {
  return [...groupColumns(grouping), ...MOVEMENT_COLUMNS, ...(grouping === 'repository' ? [SOURCE] : [])];
}

const MOVEMENT_COLUMNS = defineColumns({
  moved: ['integer', 'Ranks gained (positive) or lost since the audit that it is compared with.'],
  credited_bytes: ['bytes', "Pull sizes of its images that other teams' images are built on.", 'detail'],
  goal_percent: ['percent', 'How far teams and repositories are on the way to their goals, as in `report goals`.'],
});

/** The column that shows each metric. */
export const METRIC_COLUMNS: Readonly<Record<Metric, string>> = {
  stored: 'stored_bytes',
  own: 'own_bytes',
  logical: 'logical_bytes',
  median: 'median_bytes',
  largest: 'largest_bytes',
  growth: 'growth_bytes',
  improvement: 'growth_bytes',
  savings: 'savings_max_bytes',
  progress: 'goal_percent',
  score: 'slim_score',
};
