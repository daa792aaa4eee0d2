import { dashboardLinks, repositoryPath } from '../../html/links.ts';
import { html, type Markup } from '../../html/markup.ts';
import type { PageContent } from '../../html/page.ts';
import { leaderboardColumns, METRIC_COLUMNS } from '../../report/leaderboard-columns.ts';
import { GROUPINGS, type Grouping, METRICS, type Metric } from '../../report/names.ts';
import type { CellsByName } from '../../report/report.ts';
import type { Dashboard } from '../dashboard.ts';
import { type LeaderboardQuery, parseLeaderboardQuery } from '../leaderboard-query.ts';
import { kindPage } from './kind-page.ts';

const GROUPING_TITLES: Readonly<Record<Grouping, string>> = {
  team: 'Teams',
  repository: 'Repositories',
  base: 'Base images',
  distro: 'Distributions',
  runtime: 'Runtimes',
};

const COLUMNS: readonly string[] = (
  'growth_bytes growth_percent images stored_bytes own_bytes logical_bytes median_bytes ' +
  'largest_bytes savings_max_bytes goal_percent slim_score'
).split(' ');

const METRIC_TITLES: Readonly<Record<Metric, string>> = {
  stored: 'Stored bytes',
  own: 'Bytes above base images',
  logical: 'Logical bytes',
  median: 'Median image',
  largest: 'Largest image',
  growth: 'Growth',
  improvement: 'Improvement',
  savings: 'Possible savings',
  progress: 'Progress to the goal',
  score: 'Slim score',
};

/** The leaderboard's page: groups ranked by a metric, with their movement since the previous audit or a date. */
export function leaderboardPage(dashboard: Dashboard, address: URL): Promise<PageContent> {
  const url = withKnownSort(address);
  const query = parseLeaderboardQuery(url.searchParams, dashboard.now());
  return kindPage(dashboard, query.kind, url, {
    parameters: query.others,
    csvPath: '/api/v1/leaderboard',
    fields: fieldsOf(query),
    columns: columnsOf(query),
    links: linkOf,
  });
}

/** Drops a sort by a column that only other groupings have: it was chosen before this one. */
function withKnownSort(address: URL): URL {
  const url = new URL(address);
  const by = url.searchParams.get('by') || 'team';
  const sort = url.searchParams.get('sort')?.replace(/^-/, '');
  const having = GROUPINGS.filter((grouping) => leaderboardColumns(grouping).some(({ name }) => name === sort));
  if (having.length > 0 && !having.some((grouping) => grouping === by)) url.searchParams.delete('sort');
  return url;
}

/** The ranking column comes right after the names: a narrow screen has room for little more. */
function columnsOf({ by, metric }: LeaderboardQuery): readonly string[] {
  const ranking = METRIC_COLUMNS[metric];
  return ['rank', by, 'source', ranking, 'moved', ...COLUMNS.filter((name) => name !== ranking)];
}

function fieldsOf({ by, metric, since }: LeaderboardQuery): Markup {
  return html`${selectField('Rank', 'by', GROUPINGS, GROUPING_TITLES, by)}${selectField('By', 'metric', METRICS, METRIC_TITLES, metric)}
<label>Compare with (30d, 2026-11-01)<input name="since" value="${since}" placeholder="the previous audit"></label>`;
}

function selectField<T extends string>(
  title: string,
  name: string,
  values: readonly T[],
  titles: Readonly<Record<T, string>>,
  chosen: T,
): Markup {
  return html`<label>${title}<select name="${name}">${values.map(
    (value) => html`<option value="${value}"${value === chosen ? html` selected` : null}>${titles[value]}</option>`,
  )}</select></label>`;
}

/** The page of a group. Its name combines columns: REGISTRY/REPOSITORY, or a distribution and its version. */
function linkOf(column: string, row: CellsByName): string | undefined {
  const name = String(row[column] ?? '');
  if (name === 'unknown') return undefined;
  if (column === 'repository') {
    const slash = name.indexOf('/');
    return repositoryPath(name.slice(0, slash), name.slice(slash + 1));
  }
  if (column === 'base') return dashboardLinks('base_image', { base_image: name });
  if (column === 'distro') return dashboardLinks('distro', { distro: name.replace(' ', ':') });
  return dashboardLinks(column, row);
}
