import { NotFoundError } from '../../errors.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { trendCharts } from '../../html/charts/trend.ts';
import { figures, progressFigure, savingsFigure } from '../../html/figures.ts';
import { count, countOf } from '../../html/format.ts';
import { dashboardLinks, link, teamLink } from '../../html/links.ts';
import { type Content, html, type Markup } from '../../html/markup.ts';
import { readTrends } from '../../html/overview/read-trends.ts';
import { type PageContent, section } from '../../html/page.ts';
import { humanBytes, signedBytes } from '../../measure/human-bytes.ts';
import { newestSummaries } from '../../report/audit-summary.ts';
import type { ReportFilters } from '../../report/filters.ts';
import { literalGlob } from '../../report/glob-regex.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { leaderboard } from '../../report/leaderboard.ts';
import type { Cell, CellsByName } from '../../report/report.ts';
import { recordsOf } from '../../report/report-page.ts';
import type { Dashboard } from '../dashboard.ts';
import { adviceSections, type Part, partSection, readPart } from './part-sections.ts';

/** A team's page: sizes, repositories, advice. @throws NotFoundError when the newest audit has nothing of it */
export async function teamPage(dashboard: Dashboard, team: string): Promise<PageContent> {
  const { db, now } = dashboard;
  const part: Part = { filters: { team }, without: ['team'] };
  const recent: Part = { ...part, filters: { team, since: RECENTLY } };
  const page = await readPart(dashboard, leaderboard({ by: 'team', metric: 'stored' }), {
    filters: part.filters,
    limit: 1,
  });
  const [row] = recordsOf(page);
  if (!row) throw new NotFoundError(`there is no team "${team.slice(0, 100)}" in the newest audit`);
  const [trends, repositories, advice, grown] = await Promise.all([
    readTrends(db, { scope: 'team', name: team }, now()),
    readPart(dashboard, KINDS.repositories, { filters: part.filters, limit: 50 }),
    adviceSections(dashboard, part),
    readPart(dashboard, KINDS.regressions, { filters: recent.filters, limit: 15 }),
  ]);
  return {
    title: team,
    at: '/teams',
    lead: auditLead(await newestSummaries(db)),
    body: html`${sizes(row, advice.biggest)}
<div class="grid">
${advice.steps}
${partSection('Builds that grew in the last 30 days', grown, recent)}
${section('Trend', trendCharts(trends), { wide: true, note: "The team's fair share of the stored bytes, in audits with the same coverage as the newest one." })}
${partSection('Repositories', repositories, part)}
${advice.findings}
${advice.biggestImages}</div>`,
  };
}

/**
 * A repository's page: sizes and advice. Without a registry it takes the first that has a repository of this name.
 * @throws NotFoundError when the newest audit has no such repository
 */
export async function repositoryPage(
  dashboard: Dashboard,
  name: string,
  registry: string | undefined,
): Promise<PageContent> {
  const { db, now } = dashboard;
  const named: ReportFilters = { repository: literalGlob(name), ...(registry ? { registry } : {}) };
  const page = await readPart(dashboard, KINDS.repositories, { filters: named, limit: MAX_MATCHING_NAMES });
  const row = recordsOf(page).find(({ repository }) => repository === name);
  if (!row) throw new NotFoundError(`there is no repository "${name.slice(0, 200)}" in the newest audit`);
  const filters = { ...named, registry: String(row.registry) };
  const part: Part = { filters, without: ['repository', 'team'] };
  const [board, trends, advice, grown] = await Promise.all([
    readPart(dashboard, leaderboard({ by: 'repository', metric: 'stored' }), { filters, limit: MAX_MATCHING_NAMES }),
    readTrends(db, { scope: 'repository', name, registry: String(row.registry) }, now()),
    adviceSections(dashboard, part),
    readPart(dashboard, KINDS.regressions, { filters, limit: 15 }),
  ]);
  const ranked = recordsOf(board).find(({ repository }) => repository === `${row.registry}/${name}`);
  return {
    title: name,
    at: '/repositories',
    lead: html`${String(row.registry)} · ${teamLink(String(row.team))}<br>${auditLead(await newestSummaries(db))}`,
    body: html`${sizes(ranked ?? row, advice.biggest)}<div class="grid">
${advice.steps}
${partSection('Builds that grew', grown, part)}
${section('Trend', trendCharts(trends), { wide: true, note: 'One point for each audit that found a change.' })}
${advice.findings}
${advice.biggestImages}</div>`,
  };
}

const RECENTLY = '30d';
/** How many rows to search for a name: several registries may have it, and its glob may match names that differ. */
const MAX_MATCHING_NAMES = 100;

/** A longer name would take more than five lines of a figure. */
const LONG_NAME = 80;

/** @param biggest the biggest images, one of which the row names as its largest */
function sizes(row: CellsByName, biggest: readonly CellsByName[]): Markup {
  const bytes = (name: string): string => (typeof row[name] === 'number' ? humanBytes(Number(row[name])) : 'not known');
  const growth =
    typeof row.growth_bytes === 'number' ? `${signedBytes(row.growth_bytes)} since the previous audit` : null;
  return figures([
    { name: 'Stored', value: bytes('stored_bytes'), note: growth },
    savingsFigure(numberOf(row.savings_max_bytes)),
    progressFigure(numberOf(row.goal_percent)),
    { name: 'Freed by removing it', value: bytes('exclusive_bytes') },
    { name: 'Above base images', value: bytes('own_bytes') },
    { name: 'Logical', value: bytes('logical_bytes') },
    { name: 'Images', value: count(Number(row.images ?? 0)), note: countOf(Number(row.tags ?? 0), 'tag') },
    {
      name: 'Largest image',
      value: bytes('largest_bytes'),
      note: largestImage(row, biggest),
      isWide: String(row.largest_image ?? '').length > LONG_NAME,
    },
  ]);
}

function largestImage({ largest_image: name }: CellsByName, biggest: readonly CellsByName[]): Content {
  if (typeof name !== 'string') return null;
  const image = biggest.find(({ repository, tag }) => `${repository}:${tag}` === name);
  return link(name, image && dashboardLinks('digest', image));
}

function numberOf(cell: Cell | undefined): number | null {
  return typeof cell === 'number' ? cell : null;
}
