import { flagOf, type OptionNaming, parseFlag } from '../common/flags.ts';
import { SettingsError } from '../errors.ts';
import { byBytes } from '../store/sql/by-bytes.ts';
import { UNOWNED } from '../store/team-store.ts';
import { IMAGE_FILTERS, imagesOfRepository, placeFilters, type ReportKind } from './kinds/kind.ts';
import { groupColumns, leaderboardColumns, METRIC_COLUMNS } from './leaderboard-columns.ts';
import { groupsSql } from './leaderboard-groups.ts';
import type { Grouping, Metric } from './names.ts';
import type { QueryScope } from './query-scope.ts';
import type { Column } from './report.ts';
import { parseSince } from './since.ts';

/** How a metric ranks groups, the largest value first. */
interface Ranking {
  /** The current value, as SQL. */
  readonly now: string;
  /** The value at the audit that is compared with, as SQL; null where it is not known. */
  readonly before: string;
  /** Groups with fewer images are listed without a rank: an average or median of a few images says little. */
  readonly minImages: number;
}

const FEW_IMAGES = 3;
const GROWTH = 'case when g.compared then g.stored_bytes - coalesce(g.previous_stored_bytes, 0) end';

const RANKINGS: Readonly<Record<Metric, Ranking>> = {
  stored: { now: 'g.stored_bytes', before: 'g.previous_stored_bytes', minImages: 0 },
  own: { now: 'g.own_bytes', before: 'g.previous_own_bytes', minImages: 0 },
  logical: { now: 'g.logical_bytes', before: 'g.previous_logical_bytes', minImages: 0 },
  median: { now: 'g.median_bytes', before: 'g.previous_median_bytes', minImages: FEW_IMAGES },
  largest: { now: 'g.largest_bytes', before: 'g.previous_largest_bytes', minImages: 0 },
  growth: { now: GROWTH, before: 'null::int8', minImages: 0 },
  improvement: { now: `-(${GROWTH})`, before: 'null::int8', minImages: 0 },
  savings: { now: 'g.savings_max_bytes', before: 'g.previous_savings_max_bytes', minImages: 0 },
  progress: { now: 'g.goal_percent', before: 'null::numeric', minImages: 0 },
  score: { now: 'g.slim_score', before: 'g.previous_slim_score', minImages: FEW_IMAGES },
};

/** Groups that are listed with their figures but never ranked. */
const UNRANKED = `('${UNOWNED}', 'unknown')`;

/** What a leaderboard ranks, and by what. */
export interface LeaderboardOptions {
  readonly by: Grouping;
  readonly metric: Metric;
  /**
   * ISO 8601: movement and growth are measured against the last comparable audit that ended by then; default: against
   * the comparable audit before the one shown.
   */
  readonly since?: string;
}

/** A leaderboard as a kind of report: like `report teams`, for any grouping and metric, and with changes of rank. */
export function leaderboard(options: LeaderboardOptions): ReportKind {
  const mayLack = mayLackOf(options);
  return {
    ...ranked(options, leaderboardColumns(options.by)),
    ...(mayLack ? { mayLack } : {}),
    name: 'leaderboard',
    description: 'One row per group, ranked; equal figures have equal ranks, and are ordered by name.',
  };
}

/** Teams, ranked by their fair share of stored bytes. */
export const teams: ReportKind = {
  ...ranked({ by: 'team', metric: 'stored' }, groupColumns('team')),
  name: 'teams',
  description: "One row per team, most stored bytes first; the teams' stored bytes sum to the registries'.",
};

function ranked(options: LeaderboardOptions, columns: readonly Column[]): Omit<ReportKind, 'name' | 'description'> {
  const order = `rank nulls last, value desc nulls last, ${byBytes('name')}`;
  return {
    columns: withGist(columns, options),
    ...filtersOf(options.by),
    query: (scope) => rankedSql(options, columns, scope),
    order: options.by === 'repository' ? `${order}, ${byBytes('source')}` : order,
  };
}

/**
 * The time that a leaderboard's `--since` means, in ISO 8601.
 * @throws SettingsError when the text is no time, or the groups have no history: it would be ignored
 */
export function comparedSince(text: string, by: Grouping, now: Date, nameOf: OptionNaming = flagOf): string {
  return parseFlag(nameOf('since'), () => {
    if (hasHistory(by)) return parseSince(text, now);
    throw new SettingsError(`only teams and repositories are compared, ${nameOf('by')} ${by} has no history`);
  });
}

/** Whether groups of this kind can be compared with those of an earlier audit. */
export function hasHistory(by: Grouping): boolean {
  return by === 'team' || by === 'repository';
}

/** Metrics that compare audits have no figures while there is nothing to compare, and never for groups without history. */
function mayLackOf({ by, metric, since }: LeaderboardOptions): ReportKind['mayLack'] {
  if (!['growth', 'improvement', 'progress'].includes(metric)) return undefined;
  const column = METRIC_COLUMNS[metric];
  if (!hasHistory(by)) return { column, reason: 'growth and progress are known of teams and repositories only' };
  if (metric === 'progress') return undefined;
  const earlier =
    since === undefined ? 'earlier audit' : `audit from before ${since.slice(0, 16).replace('T', ' ')} UTC`;
  return { column, reason: `growth needs an ${earlier} of the same coverage, in which the same items failed` };
}

/** Marks what even a narrow table shows: who, the figure that ranks, and what could be saved. */
function withGist(columns: readonly Column[], { by, metric }: LeaderboardOptions): readonly Column[] {
  const gist = [by, METRIC_COLUMNS[metric], 'savings_max_bytes'];
  return columns.map((column) => (gist.includes(column.name) ? { ...column, gist: true } : column));
}

/** Totals of teams and repositories are stored, so images only select whose totals to show; others are summed from images. */
function filtersOf(by: Grouping): Pick<ReportKind, 'filters' | 'rowFilters' | 'ofImages'> {
  const ofTotals = { minSize: 'k.stored_bytes' };
  if (by === 'team')
    return {
      filters: { source: 'i.source', team: 't.team', ...ofTotals },
      rowFilters: ['minSize'],
      ofImages: (images, condition) =>
        `(t.source_id, t.team) in (select i.source_id, i.team from ${images()} i where ${condition})`,
    };
  if (by === 'repository')
    return {
      filters: { ...placeFilters('i'), ...ofTotals },
      rowFilters: ['minSize'],
      ofImages: imagesOfRepository('i'),
    };
  return { filters: { ...IMAGE_FILTERS, minSize: 'i.compressed_bytes' } };
}

function rankedSql({ by, metric, since }: LeaderboardOptions, columns: readonly Column[], scope: QueryScope): string {
  const { now, before, minImages } = RANKINGS[metric];
  const price = scope.storagePerGBMonth;
  const cost =
    price === undefined ? 'null::numeric' : `round(g.stored_bytes / 1e9 * ${scope.parameters.add(price)}::numeric, 2)`;
  const rankable = (value: string, images: string): string =>
    `${value} is not null and g.name not in ${UNRANKED} and ${images} >= ${minImages}`;
  return `
    select ${columns.map(({ name }) => (name === by ? `k.name as "${by}"` : `k."${name}"`)).join(', ')}, k.value, k.name
    from (
      select v.*, case when ranked then rank() over (partition by ranked order by value desc) end as rank,
        -- Ranks of now count all groups, so those of before must as well.
        case when ranked and ranked_before and bool_and(compared) over ()
          then rank() over (partition by ranked_before order by value_before desc) - rank() over (partition by ranked order by value desc)
          end as moved
      from (
        select g.*, ${now} as value, ${before} as value_before, ${cost} as monthly_cost,
          ${rankable(`(${now})`, 'g.images')} as ranked, g.compared and ${rankable(`(${before})`, 'coalesce(g.previous_images, 0)')} as ranked_before,
          ${GROWTH} as growth_bytes,
          case when g.compared and g.previous_stored_bytes > 0
            then round(100.0 * (g.stored_bytes - g.previous_stored_bytes) / g.previous_stored_bytes, 2) end as growth_percent
        from (${groupsSql(by, scope, since)}) g) v) k
    where k.stored_bytes is not null and ${scope.rowWhere}`;
}
