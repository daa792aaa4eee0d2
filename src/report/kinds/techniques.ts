import { byBytes } from '../../store/sql/by-bytes.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, placeFilters, type ReportKind } from './kind.ts';

const columns = defineColumns({
  technique: ['list', 'One technique, or several that were applied together.'],
  guide_min_percent: ['percent', 'How much smaller the guide says it makes images, at least.'],
  guide_max_percent: ['percent', 'How much smaller the guide says it makes images, at most.'],
  estimated_min_percent: ['percent', 'What advice estimated at least: the median of the builds.'],
  estimated_max_percent: ['percent', 'What advice estimated at most: the median of the builds.'],
  achieved_percent: ['percent', 'How much smaller the builds became: the median.'],
  achieved_min_percent: ['percent', 'The smallest reduction.', 'detail'],
  achieved_max_percent: ['percent', 'The largest reduction.', 'detail'],
  builds: ['integer', 'Number of builds that applied it.'],
  repositories: ['integer', 'Number of repositories with those builds.'],
  as_estimated: ['integer', 'Number of estimated builds that saved what was estimated, or more.'],
  estimated: ['integer', 'Number of builds that were estimated.'],
  previous_bytes: ['bytes', 'Sum of the pull sizes before.', 'detail'],
  compressed_bytes: ['bytes', 'Sum of the pull sizes after.', 'detail'],
  saved_bytes: ['bytes', 'The difference between the sums of the pull sizes.', 'gist'],
});

const median = (of: string): string =>
  `round((percentile_cont(0.5) within group (order by b.${of}))::numeric, 2) as ${of}`;

export const techniques: ReportKind = {
  name: 'techniques',
  description:
    "One row per technique that builds applied: what the guide says, what advice estimated, and what this registry's builds achieved.",
  columns,
  currentOnly: true,
  filters: { ...placeFilters('b'), since: 'b.built_at' },
  ofImages: imagesOfRepository('b'),
  query: ({ where }) => `
    select b.technique, max(b.guide_min_percent) as guide_min_percent, max(b.guide_max_percent) as guide_max_percent,
      ${median('estimated_min_percent')}, ${median('estimated_max_percent')},
      round((percentile_cont(0.5) within group (order by b.saved_percent))::numeric, 2) as achieved_percent,
      min(b.saved_percent) as achieved_min_percent, max(b.saved_percent) as achieved_max_percent,
      count(*) as builds, count(distinct b.repository_id) as repositories,
      count(*) filter (where b.outcome in ('as estimated', 'more')) as as_estimated, count(b.outcome) as estimated,
      sum(b.previous_bytes)::int8 as previous_bytes, sum(b.compressed_bytes)::int8 as compressed_bytes, sum(b.saved_bytes)::int8 as saved_bytes
    from slimboard_improvements b where ${where} group by b.technique`,
  order: `saved_bytes desc, ${byBytes('technique')}`,
};
