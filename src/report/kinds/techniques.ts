import type { Column } from '../report.ts';
import type { ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'technique', type: 'list', description: 'One technique, or those that were applied together.' },
  { name: 'guide_min_percent', type: 'percent', description: 'How much smaller the guide says it makes images.' },
  { name: 'guide_max_percent', type: 'percent', description: 'The upper end of that.' },
  {
    name: 'estimated_min_percent',
    type: 'percent',
    description: 'What advice said at least: the median of the builds.',
  },
  {
    name: 'estimated_max_percent',
    type: 'percent',
    description: 'What advice said at most: the median of the builds.',
  },
  { name: 'achieved_percent', type: 'percent', description: 'How much smaller the builds became: the median.' },
  { name: 'achieved_min_percent', type: 'percent', description: 'The least of them.', detail: true },
  { name: 'achieved_max_percent', type: 'percent', description: 'The most of them.', detail: true },
  { name: 'builds', type: 'integer', description: 'How many builds applied it.' },
  { name: 'repositories', type: 'integer', description: 'In how many repositories.' },
  {
    name: 'as_estimated',
    type: 'integer',
    description: 'Of the builds that were estimated: saved what was said, or more.',
  },
  { name: 'estimated', type: 'integer', description: 'How many builds were estimated.' },
  { name: 'previous_bytes', type: 'bytes', description: 'Their pull sizes before, in sum.', detail: true },
  { name: 'compressed_bytes', type: 'bytes', description: 'Their pull sizes after, in sum.', detail: true },
  { name: 'saved_bytes', type: 'bytes', description: 'The difference of the sums.', gist: true },
];

const median = (of: string): string =>
  `round((percentile_cont(0.5) within group (order by b.${of}))::numeric, 2) as ${of}`;

export const techniques: ReportKind = {
  name: 'techniques',
  description:
    "One row a technique that builds applied: what the guide says, what advice estimated, and what this registry's builds achieved.",
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
