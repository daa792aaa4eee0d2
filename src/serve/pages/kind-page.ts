import { dayOf } from '../../common/day.ts';
import type { Database } from '../../database/database.ts';
import { auditLead } from '../../html/audit-lead.ts';
import { EMPTY_STATES, NO_AUDIT } from '../../html/empty-states.ts';
import { count, countOf, withoutBackticks } from '../../html/format.ts';
import { dashboardLinks, type LinkOf } from '../../html/links.ts';
import { type Content, html, type Markup } from '../../html/markup.ts';
import type { PageContent } from '../../html/page.ts';
import { SCREEN_COLUMNS, SCREEN_SORTS } from '../../html/screen-columns.ts';
import { reportTable } from '../../html/table.ts';
import { titleOf } from '../../html/titles.ts';
import { newestSummaries } from '../../report/audit-summary.ts';
import { firstSort, type ReportKind } from '../../report/kinds/kind.ts';
import { type ReportPage, readPage } from '../../report/report-page.ts';
import { type Dashboard, presentOf } from '../dashboard.ts';
import { FILTER_PARAMETERS, filterParametersOf, parseReportQuery, type ReportQuery } from '../report-query.ts';

const DEFAULT_ROWS = 100;
const MAX_ROWS = 500;

/** How a page differs from that of a plain report. */
export interface KindPageOptions {
  /** The parameters of the report; default: all parameters of the address. */
  readonly parameters?: URLSearchParams;
  /** The API's path for the same rows as CSV; default: that of the kind. */
  readonly csvPath?: string;
  /** More fields for the search form. */
  readonly fields?: Content;
  readonly links?: LinkOf;
  /** Column names, in order; default: those that fit a screen. */
  readonly columns?: readonly string[];
}

/**
 * A page of a report; the database does the searching, filtering, sorting and paging.
 * @throws SettingsError when a parameter is unknown or cannot be read
 */
export async function kindPage(
  dashboard: Dashboard,
  kind: ReportKind,
  url: URL,
  options: KindPageOptions = {},
): Promise<PageContent> {
  const query = parseReportQuery(options.parameters ?? url.searchParams);
  const limit = Math.min(query.limit ?? DEFAULT_ROWS, MAX_ROWS);
  const sort = query.sort ?? SCREEN_SORTS[kind.name];
  const page = await readPage(dashboard.db, kind, {
    ...query,
    sort,
    limit,
    ...presentOf(dashboard),
  });
  const title = titleOf(kind.name);
  const table = reportTable(page, {
    label: title,
    links: options.links ?? dashboardLinks,
    columns: options.columns ?? SCREEN_COLUMNS[kind.name],
    empty: emptyMessage(page, url),
    today: dayOf(dashboard.now()),
    sortedBy: sort ?? (kind.order && firstSort(kind.order)),
    sortLink: (by) => address(url, { sort: by, offset: undefined }),
  });
  return {
    title,
    at: url.pathname,
    lead: auditLead(await shownAudits(dashboard.db, query, page)),
    body: html`<p class="note">${withoutBackticks(kind.description)}${page.lack === undefined ? null : ` No figures: ${page.lack}.`}</p>${filterForm(kind, url, options)}
<section class="card">${table}${pager(page, url, query.offset, limit)}</section>`,
  };
}

/** The audits that a page's figures come from: the one that is asked for, or the newest. */
async function shownAudits(db: Database, { audit, filters }: ReportQuery, page: ReportPage) {
  if (audit === undefined) return newestSummaries(db, filters?.source);
  return page.audit ? [page.audit] : [];
}

/** The parameters that select rows; others, such as `sort`, choose how to show them, or what to rank. */
const SELECTING: readonly string[] = [...FILTER_PARAMETERS, 'q', 'audit', 'offset'];

/** Says why a table has no rows: nothing matches the query, nothing was audited yet, or the report is empty. */
function emptyMessage({ kind, audit }: ReportPage, url: URL): Content {
  if (SELECTING.some((name) => url.searchParams.get(name)))
    return html`No rows match: <a href="${url.pathname}">show all</a>.`;
  return audit === null ? NO_AUDIT : EMPTY_STATES[kind];
}

function filterForm(kind: ReportKind, url: URL, { csvPath, fields, parameters }: KindPageOptions): Markup {
  const own = filterParametersOf(kind);
  const given = FILTER_PARAMETERS.filter((name) => (parameters ?? url.searchParams).get(name));
  const isFiltered = given.length > 0;
  const names = FILTER_PARAMETERS.filter((name) => own.includes(name) || given.includes(name));
  const sort = url.searchParams.get('sort');
  const audit = url.searchParams.get('audit');
  const csv = `${csvPath ?? `/api/v1/reports/${kind.name}`}${address(url, { format: 'csv', limit: undefined, offset: undefined }).slice(url.pathname.length)}`;
  return html`<form class="filters" action="${url.pathname}" role="search" aria-label="${titleOf(kind.name)}">
${fields}<label>Search<input type="search" name="q" value="${url.searchParams.get('q') ?? ''}"></label>
${sort ? html`<input type="hidden" name="sort" value="${sort}">` : null}${audit ? html`<input type="hidden" name="audit" value="${audit}">` : null}
<button>Show</button><a class="button" href="${csv}" download>CSV</a>
${names.length > 0 ? html`<details${isFiltered ? html` open` : null}><summary>Filters</summary><div>${names.map((name) => filterField(name, url))}</div></details>` : null}</form>`;
}

function filterField(name: string, url: URL): Markup {
  const placeholder = PLACEHOLDERS[name] ? html` placeholder="${PLACEHOLDERS[name]}"` : null;
  return html`<label>${titleOf(name)}<input name="${name}" value="${url.searchParams.get(name) ?? ''}"${placeholder}></label>`;
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  repository: 'payments/**',
  tag: 'v1.*',
  base: 'node:*-slim',
  distro: 'debian:12',
  since: '30d',
  min_size: '100MB',
};

function pager({ total, isMore, rows }: ReportPage, url: URL, offset: number, limit: number): Markup {
  const before =
    offset > 0
      ? html`<a href="${address(url, { offset: String(Math.max(0, Math.min(offset, total) - limit)) })}" rel="prev">Back</a>`
      : null;
  const after =
    isMore || offset + rows.length < total
      ? html`<a href="${address(url, { offset: String(offset + limit) })}" rel="next">Next</a>`
      : null;
  const shown = rows.length === 0 ? '0' : `${count(offset + 1)} to ${count(offset + rows.length)}`;
  const part = before || after ? `${shown} of ${isMore ? 'more than ' : ''}` : null;
  return html`<div class="pages"><span>${part}${countOf(total, 'row')}</span>${before}${after}</div>`;
}

/** The address of the same page with some parameters changed (undefined: removed); empty parameters are left out. */
function address(url: URL, changes: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of url.searchParams) if (value !== '' && !(name in changes)) parameters.set(name, value);
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) parameters.set(name, value);
  const query = parameters.toString();
  return query === '' ? url.pathname : `${url.pathname}?${query}`;
}
