import { count, counted } from '../../html/figures.ts';
import { dashboardLinks } from '../../html/links.ts';
import { html, type Markup } from '../../html/markup.ts';
import { auditLead } from '../../html/overview/sections.ts';
import type { PageContent } from '../../html/page.ts';
import { reportTable, titleOf } from '../../html/table.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { type ReportPage, readPage } from '../../report/report-page.ts';
import type { Dashboard } from '../dashboard.ts';
import { FILTER_PARAMETERS, filtersOf, parseReportQuery } from '../report-query.ts';

const ROWS = 100;
const MOST_ROWS = 500;

/** A report as a page: searched, filtered, sorted and cut into pages by the database. */
export async function kindPage(dashboard: Dashboard, kind: ReportKind, url: URL): Promise<PageContent> {
  const query = parseReportQuery(url.searchParams);
  const limit = Math.min(query.limit ?? ROWS, MOST_ROWS);
  const page = await readPage(dashboard.db, kind, {
    ...query,
    limit,
    now: dashboard.now(),
    storagePricePerGBMonth: dashboard.settings.prices.storagePerGBMonth,
  });
  const title = titleOf(kind.name);
  return {
    title,
    at: url.pathname,
    lead: auditLead(page.audit),
    body: html`<p class="note">${kind.description.replaceAll('`', '')}</p>${filterForm(kind, url)}
<section class="card">${tableOf(page, title, url, query.sort)}${pager(page, url, query.offset, limit)}</section>`,
  };
}

function tableOf(page: ReportPage, label: string, url: URL, sort: string | undefined): Markup {
  return reportTable(page, {
    label,
    links: dashboardLinks,
    sortedBy: sort,
    ...(COLUMNS[page.kind] && { columns: COLUMNS[page.kind] }),
    sortLink: (column) => address(url, { sort: sort === `-${column}` ? column : `-${column}`, offset: undefined }),
  });
}

/** What fits a screen, where a kind has more; the CSV has all columns. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  images: [
    'repository',
    'tag',
    'platform',
    'team',
    'compressed_bytes',
    'base_image',
    'base_confidence',
    'distro',
    'distro_version',
    'runtime',
    'savings_max_bytes',
    'slim_score',
    'exclusive_bytes',
    'layer_count',
  ],
};

function filterForm(kind: ReportKind, url: URL): Markup {
  const fields = filtersOf(kind).map((name) => {
    const parameter = FILTER_PARAMETERS[name];
    return html`<label>${titleOf(parameter)}<input name="${parameter}" value="${url.searchParams.get(parameter) ?? ''}"${
      HINTS[parameter] ? html` placeholder="${HINTS[parameter]}"` : null
    }></label>`;
  });
  const sort = url.searchParams.get('sort');
  const csv = `/api/v1/reports/${kind.name}${address(url, { format: 'csv', limit: undefined, offset: undefined }).slice(url.pathname.length)}`;
  return html`<form class="filters" action="${url.pathname}" role="search" aria-label="Filters">
<label>Search<input type="search" name="q" value="${url.searchParams.get('q') ?? ''}"></label>${fields}
${sort ? html`<input type="hidden" name="sort" value="${sort}">` : null}<button>Show</button>
<a class="button" href="${csv}" download>CSV</a></form>`;
}

const HINTS: Readonly<Record<string, string>> = {
  repository: 'payments/**',
  tag: 'v1.*',
  base: 'node:*-slim',
  distro: 'debian:12',
  since: '30d',
  min_size: '100MB',
};

function pager({ total, rows }: ReportPage, url: URL, offset: number, limit: number): Markup {
  const before =
    offset > 0
      ? html`<a href="${address(url, { offset: String(Math.max(0, offset - limit)) })}" rel="prev">Back</a>`
      : null;
  const after =
    offset + rows.length < total
      ? html`<a href="${address(url, { offset: String(offset + limit) })}" rel="next">Next</a>`
      : null;
  const shown = rows.length === 0 ? '0' : `${count(offset + 1)} to ${count(offset + rows.length)}`;
  return html`<div class="pages"><span>${shown} of ${counted(total, 'row')}</span>${before}${after}</div>`;
}

/** The same page with other parameters; empty ones are left out. */
function address(url: URL, changes: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of url.searchParams) if (value !== '' && !(name in changes)) parameters.set(name, value);
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) parameters.set(name, value);
  const query = parameters.toString();
  return query === '' ? url.pathname : `${url.pathname}?${query}`;
}
