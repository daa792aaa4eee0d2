import type { Column } from '../report.ts';
import type { ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'technique', type: 'list', description: 'One technique, or several that were applied together.' },
  {
    name: 'guide_min_percent',
    type: 'percent',
    description: 'How much smaller the guide says it makes images, at least.',
  },
  {
    name: 'guide_max_percent',
    type: 'percent',
    description: 'How much smaller the guide says it makes images, at most.',
  },
  {
    name: 'estimated_min_percent',
    type: 'percent',
    description: 'What advice estimated at least: the median of the builds.',
  },
  {
    name: 'estimated_max_percent',
    type: 'percent',
    description: 'What advice estimated at most: the median of the builds.',
  },
  { name: 'achieved_percent', type: 'percent', description: 'How much smaller the builds became: the median.' },
  { name: 'achieved_min_percent', type: 'percent', description: 'The smallest reduction.', detail: true },
  { name: 'achieved_max_percent', type: 'percent', description: 'The largest reduction.', detail: true },
  { name: 'builds', type: 'integer', description: 'Number of builds that applied it.' },
  { name: 'repositories', type: 'integer', description: 'Number of repositories with those builds.' },
  {
    name: 'as_estimated',
    type: 'integer',
    description: 'Number of estimated builds that saved what was estimated, or more.',
  },
  { name: 'estimated', type: 'integer', description: 'Number of builds that were estimated.' },
  { name: 'previous_bytes', type: 'bytes', description: 'Sum of the pull sizes before.', detail: true },
  { name: 'compressed_bytes', type: 'bytes', description: 'Sum of the pull sizes after.', detail: true },
  { name: 'saved_bytes', type: 'bytes', description: 'The difference between the sums of the pull sizes.', gist: true },
];

const median = (of: string): string =>
  `round((percentile_cont(0.5) within group (order by b.${of}))::numeric, 2) as ${of}`;

export const techniques: ReportKind = {
  name: 'techniques',
  description:
    "One row per technique that builds applied: what the guide says, what advice estimated, and what this registry's builds achieved.",
  columns,
  currentOnly: true,
  filters: {
    source: 'b.source',
    registry: 'b.registry',
    team: 'b.team',
    repository: 'b.repository',
    since: 'b.built_at',
  },
  query: ({ where }) => `
    select b.technique, max(b.guide_min_percent) as guide_min_percent, max(b.guide_max_percent) as guide_max_percent,
      ${median('estimated_min_percent')}, ${median('estimated_max_percent')},
      round((percentile_cont(0.5) within group (order by b.saved_percent))::numeric, 2) as achieved_percent,
      min(b.saved_percent) as achieved_min_percent, max(b.saved_percent) as achieved_max_percent,
      count(*) as builds, count(distinct b.repository_id) as repositories,
      count(*) filter (where b.outcome in ('as estimated', 'more')) as as_estimated, count(b.outcome) as estimated,
      sum(b.previous_bytes)::int8 as previous_bytes, sum(b.compressed_bytes)::int8 as compressed_bytes, sum(b.saved_bytes)::int8 as saved_bytes
    from slimboard_improvements b where ${where} group by b.technique`,
  order: 'saved_bytes desc, technique',
};
