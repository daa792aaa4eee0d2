import type { Grouping, Metric } from './names.ts';
import type { Column } from './report.ts';

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
  return [
    { name: 'rank', type: 'integer', description: 'Equal figures have equal ranks; empty: not ranked.' },
    { name: grouping, type: 'text', description: GROUP_TEXT[grouping] },
    { name: 'repositories', type: 'integer', description: 'Its repositories.' },
    { name: 'tags', type: 'integer', description: 'Its tags.' },
    { name: 'images', type: 'integer', description: 'Distinct images under those tags.' },
    { name: 'logical_bytes', type: 'bytes', description: 'The pull sizes of all its tags, as if nothing were shared.' },
    {
      name: 'stored_bytes',
      type: 'bytes',
      description:
        "The fair share: a blob that n hold counts 1/n for each, so the shares of teams sum to the registry's stored bytes, and those of bases, distributions and runtimes to what its tagged images store; for a repository, each distinct blob in it, counted once.",
    },
    { name: 'exclusive_bytes', type: 'bytes', description: 'What would be freed without it.' },
    { name: 'shared_bytes', type: 'bytes', description: 'Bytes in blobs that others hold too.', detail: true },
    { name: 'own_bytes', type: 'bytes', description: 'Bytes in distinct layers above the base images.' },
    { name: 'median_bytes', type: 'bytes', description: 'The median pull size of its images.' },
    {
      name: 'p90_bytes',
      type: 'bytes',
      description: 'Nine in ten of its images are no larger than this.',
      detail: true,
    },
    { name: 'largest_bytes', type: 'bytes', description: 'The largest pull size of its images.' },
    { name: 'largest_image', type: 'text', description: 'The image of that size.', detail: true },
    {
      name: 'growth_bytes',
      type: 'bytes',
      description: 'Change of its stored bytes since the previous audit with the same coverage.',
    },
    {
      name: 'growth_percent',
      type: 'percent',
      description: 'Change of its stored bytes since the previous audit with the same coverage, in percent.',
    },
    {
      name: 'savings_min_bytes',
      type: 'bytes',
      description: 'The least that the advised techniques save.',
      detail: true,
    },
    { name: 'savings_max_bytes', type: 'bytes', description: 'The most that the advised techniques save.' },
    { name: 'monthly_cost', type: 'money', description: 'Stored bytes (in GB of 10^9 bytes) at the configured price.' },
    {
      name: 'slim_score',
      type: 'number',
      description: '0 to 100, weighted by size: the share of bytes that its images need.',
    },
    { name: 'findings_error', type: 'integer', description: 'Findings of severity `error`.', detail: true },
    { name: 'findings_warn', type: 'integer', description: 'Findings of severity `warn`.', detail: true },
  ];
}

/** The columns of a leaderboard: those of `report teams`, changes of rank, and last the source of a repository. */
export function leaderboardColumns(grouping: Grouping): readonly Column[] {
  return [...groupColumns(grouping), ...MOVEMENT_COLUMNS, ...(grouping === 'repository' ? [SOURCE] : [])];
}

const MOVEMENT_COLUMNS: readonly Column[] = [
  {
    name: 'moved',
    type: 'integer',
    description: 'Ranks gained (positive) or lost since the audit that it is compared with.',
  },
  {
    name: 'credited_bytes',
    type: 'bytes',
    description: "Pull sizes of its images that other teams' images are built on.",
    detail: true,
  },
  {
    name: 'goal_percent',
    type: 'percent',
    description: 'How far teams and repositories are on the way to their goals, as in `report goals`.',
  },
];

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
