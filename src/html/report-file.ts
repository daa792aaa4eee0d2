import { dayOf } from '../common/day.ts';
import type { Database } from '../database/database.ts';
import { newestSummaries } from '../report/audit-summary.ts';
import type { FilterName, ReportFilters } from '../report/filters.ts';
import type { Prices } from '../report/open-report.ts';
import type { Cells, Report } from '../report/report.ts';
import { unpackRows } from '../report/row-reader.ts';
import { inlineHead, readAssets } from './assets.ts';
import { auditLead } from './audit-lead.ts';
import { EMPTY_STATES, NO_AUDIT } from './empty-states.ts';
import { count, moment } from './format.ts';
import { noLinks } from './links.ts';
import { html, type Markup } from './markup.ts';
import { readOverview } from './overview/read-overview.ts';
import { overviewSections } from './overview/sections.ts';
import { document, type Frame, section } from './page.ts';
import { SCREEN_COLUMNS } from './screen-columns.ts';
import { reportTable } from './table.ts';
import { titleOf } from './titles.ts';

/** What an HTML report contains beside its rows. */
export interface ReportFileOptions {
  readonly now: Date;
  readonly prices: Prices;
  /** The filters that select the rows; default: none. */
  readonly filters?: ReportFilters | undefined;
  /** The audit, if the rows are those of a certain one. */
  readonly audit?: number | undefined;
}

/** More rows than anybody reads, and few enough for any browser. */
const MOST_ROWS = 2_000;

/**
 * A report as one HTML file that needs no network and no other file. It shows the report's rows and, before them, the
 * overview of the newest audits, unless the rows are a selection or those of a certain audit: totals of everything would
 * mislead.
 */
export async function htmlReport(db: Database, report: Report, options: ReportFileOptions): Promise<string> {
  const { now, prices, audit, filters = {} } = options;
  const isWhole = audit === undefined && Object.keys(filters).length === 0;
  // Before any row is read: on the embedded database, the stream of rows occupies the only session.
  const overview = isWhole ? await readOverview(db, { now, prices }) : undefined;
  const audits =
    audit !== undefined && report.audit
      ? [report.audit]
      : (overview?.audits ?? (await newestSummaries(db, filters.source)));
  const view = { links: noLinks, currency: prices.currency, today: dayOf(now) };
  const rows = await ownRows(report, view.today, filters);
  const title = titleOf(report.kind);
  const body = html`${overview ? html`${overviewSections(overview, view)}${section(title, rows, { id: 'rows' })}` : html`<section class="card">${rows}</section>`}
<p class="note">Written by slimboard, ${moment(now.toISOString())}.</p>`;
  const frame = { head: inlineHead(readAssets()), navigation: overview ? linksTo(title) : [] };
  return String(document(frame, { title: overview ? 'Container images' : title, lead: auditLead(audits), body }));
}

/** The overview is several screens long: without a link, nobody finds the rows that were asked for. */
function linksTo(title: string): Frame['navigation'] {
  return [
    { title: 'Overview', href: '#content' },
    { title, href: '#rows' },
  ];
}

async function ownRows(report: Report, today: string, filters: ReportFilters): Promise<Markup> {
  const { rows, more } = await firstRows(report);
  const lack = report.lack?.();
  const notes = [
    ...(lack === undefined ? [] : [`No figures: ${lack}.`]),
    ...Object.entries(filters).map(([name, value]) => `Only ${FILTER_TITLES[name as FilterName]} ${value}.`),
    ...(more ? [`The first ${count(MOST_ROWS)} rows; the CSV format has all of them.`] : []),
  ];
  const note = notes.join(' ');
  const options = {
    label: `Report: ${titleOf(report.kind)}`,
    columns: SCREEN_COLUMNS[report.kind],
    links: noLinks,
    today,
    empty: emptyMessage(report, filters),
  };
  return html`${note ? html`<p class="note">${note}</p>` : null}${reportTable({ columns: report.columns, rows }, options)}`;
}

function emptyMessage({ kind, audit }: Report, filters: ReportFilters): string | undefined {
  if (Object.keys(filters).length > 0) return 'No rows match.';
  return audit === null ? NO_AUDIT : EMPTY_STATES[kind];
}

const FILTER_TITLES: Readonly<Record<FilterName, string>> = {
  source: 'source',
  registry: 'registry',
  team: 'team',
  repository: 'repositories that match',
  tag: 'tags that match',
  base: 'base images that match',
  distro: 'distribution',
  since: 'since',
  minSize: 'at least',
};

async function firstRows({ rows }: Report): Promise<{ readonly rows: readonly Cells[]; readonly more: boolean }> {
  const first: Cells[] = [];
  for await (const batch of unpackRows(rows)) {
    first.push(...batch);
    if (first.length > MOST_ROWS) return { rows: first.slice(0, MOST_ROWS), more: true };
  }
  return { rows: first, more: false };
}
