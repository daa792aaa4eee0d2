import { dashboardLinks, repositoryPath } from '../../html/links.ts';
import { html, type Markup } from '../../html/markup.ts';
import type { PageContent } from '../../html/page.ts';
import { hasHistory } from '../../report/leaderboard.ts';
import { leaderboardColumns, METRIC_COLUMNS } from '../../report/leaderboard-columns.ts';
import { GROUPINGS, type Grouping, type Metric } from '../../report/names.ts';
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
  const url = withKnownOptions(address);
  const query = parseLeaderboardQuery(url.searchParams, dashboard.now());
  return kindPage(dashboard, query.kind, url, {
    parameters: query.others,
    csvPath: '/api/v1/leaderboard',
    fields: fieldsOf(query),
    columns: columnsOf(query),
    links: linkOf,
  });
}

/** Drops what only other groupings have, a sort by a column or a time to compare with: it was chosen before this one. */
function withKnownOptions(address: URL): URL {
  const url = new URL(address);
  const by = url.searchParams.get('by') || 'team';
  if (GROUPINGS.some((grouping) => grouping === by && !hasHistory(grouping))) url.searchParams.delete('since');
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
  const compared = html`
<label>Compare with (30d, 2026-11-01)<input name="since" value="${since}" placeholder="the previous audit"></label>`;
  return html`${selectField('Rank', 'by', GROUPING_TITLES, by)}${selectField('By', 'metric', METRIC_TITLES, metric)}${hasHistory(by) ? compared : null}`;
}

/** @param titles those of the values, in their order */
function selectField(title: string, name: string, titles: Readonly<Record<string, string>>, chosen: string): Markup {
  return html`<label>${title}<select name="${name}">${Object.entries(titles).map(
    ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : null}>${text}</option>`,
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
