import { NotFoundError } from '../../errors.ts';
import { counted, signedBytes } from '../../html/figures.ts';
import { type CellsByName, dashboardLinks } from '../../html/links.ts';
import { html, type Markup } from '../../html/markup.ts';
import { auditLead } from '../../html/overview/sections.ts';
import { figures, type PageContent, section } from '../../html/page.ts';
import { reportTable } from '../../html/table.ts';
import { humanBytes } from '../../measure/human-bytes.ts';
import type { ReportFilters } from '../../report/filters.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { leaderboard } from '../../report/leaderboard.ts';
import { type ReportPage, readPage, recordsOf } from '../../report/report-page.ts';
import type { Dashboard } from '../dashboard.ts';

/** What a team has to look at. @throws NotFoundError when nothing belongs to it */
export async function teamPage(dashboard: Dashboard, team: string): Promise<PageContent> {
  const page = await read(dashboard, leaderboard({ by: 'team', metric: 'stored' }), { team }, 1);
  const [row] = recordsOf(page);
  if (!row) throw new NotFoundError(`there is no team "${team.slice(0, 100)}" in the newest audit`);
  const tables = await readTables(dashboard, { team });
  return {
    title: team,
    at: '/teams',
    lead: auditLead(page.audit),
    body: html`${sizes(row, [{ name: 'Images', value: String(row.images) }])}
<div class="grid">
${section('Repositories', table(await read(dashboard, KINDS.repositories, { team }, 50), 'Repositories'), { wide: true, note: more('/repositories', { team }) })}
${tables}</div>`,
  };
}

/** One repository: its sizes, tags and what to mend. @throws NotFoundError when it is not there */
export async function repositoryPage(
  dashboard: Dashboard,
  name: string,
  registry: string | undefined,
): Promise<PageContent> {
  const filters = { repository: literal(name) };
  const page = await read(dashboard, KINDS.repositories, filters, 20);
  const row = recordsOf(page).find((one) => one.repository === name && (!registry || one.registry === registry));
  if (!row) throw new NotFoundError(`there is no repository "${name.slice(0, 200)}" in the newest audit`);
  const tables = await readTables(dashboard, filters);
  return {
    title: name,
    at: '/repositories',
    lead: html`${String(row.registry)} · <a href="/teams/${encodeURIComponent(String(row.team))}">${String(row.team)}</a>`,
    body: html`${sizes(row, [{ name: 'Tags', value: String(row.tags) }])}<div class="grid">${tables}</div>`,
  };
}

/** A name as a glob that means just it. */
function literal(name: string): string {
  return name.replace(/[*?{}[\]\\!]/g, '?');
}

async function readTables(dashboard: Dashboard, filters: ReportFilters): Promise<Markup> {
  const images = await read(dashboard, KINDS.images, filters, 50, '-compressed_bytes');
  const findings = await read(dashboard, KINDS.findings, filters, 25);
  const advice = await read(dashboard, KINDS.advice, filters, 25);
  return html`
${section('Biggest images', table(images, 'Images'), { wide: true, note: more('/images', filters) })}
${section('What would save most', table(advice, 'Advice'), { wide: true, note: more('/advice', filters) })}
${section('Findings', table(findings, 'Findings'), { wide: true, note: more('/findings', filters) })}`;
}

function read(dashboard: Dashboard, kind: ReportKind, filters: ReportFilters, limit: number, sort?: string) {
  const { db, now, settings } = dashboard;
  return readPage(db, kind, {
    filters,
    limit,
    now: now(),
    storagePricePerGBMonth: settings.prices.storagePerGBMonth,
    ...(sort === undefined ? {} : { sort }),
  });
}

function table(page: ReportPage, label: string): Markup {
  return reportTable(page, { label, links: dashboardLinks });
}

function more(path: string, filters: ReportFilters): Markup {
  const query = new URLSearchParams(Object.entries(filters));
  return html`<a href="${`${path}?${query}`}">All of them</a>`;
}

function sizes(row: CellsByName, others: readonly { readonly name: string; readonly value: string }[]): Markup {
  const bytes = (name: string): string => (typeof row[name] === 'number' ? humanBytes(Number(row[name])) : 'not known');
  const growth =
    typeof row.growth_bytes === 'number' ? `${signedBytes(row.growth_bytes)} since the audit before` : null;
  return figures([
    { name: 'Stored', value: bytes('stored_bytes'), note: growth },
    { name: 'Freed if it went', value: bytes('exclusive_bytes') },
    { name: 'Above base images', value: bytes('own_bytes') },
    { name: 'Logical', value: bytes('logical_bytes') },
    { name: 'Largest image', value: bytes('largest_bytes'), note: counted(Number(row.tags ?? 0), 'tag') },
    ...others,
  ]);
}
