import { type Cell, type Column, isNumeric, recordOf } from '../report/report.ts';
import type { ReportRows } from '../report/report-page.ts';
import { figure, isChange } from './figures.ts';
import type { CellsByName, LinkOf } from './links.ts';
import { html, type Markup } from './markup.ts';

export interface TableOptions {
  /** What it shows, for everybody who does not see where it stands. */
  readonly label: string;
  readonly links: LinkOf;
  /** Column names, in order; default: all that are no detail and not empty everywhere. */
  readonly columns?: readonly string[];
  /** Columns to leave out: the page says it already. */
  readonly without?: readonly string[];
  /** Where a click on a column's head leads; without it the page's script sorts what is there. */
  readonly sortLink?: (column: string) => string;
  /** The column that it is sorted by, `-column` when the largest is first. */
  readonly sortedBy?: string | undefined;
}

/** A report's rows as a table that scrolls in its own frame. */
export function reportTable(page: Pick<ReportRows, 'columns' | 'rows'>, options: TableOptions): Markup {
  if (page.rows.length === 0) return html`<p class="empty">Nothing to show.</p>`;
  const columns = shownColumns(page, options.columns).filter(({ name }) => !options.without?.includes(name));
  return html`<div class="frame" role="region" aria-label="${options.label}" tabindex="0">
<table${options.sortLink ? null : html` data-sortable`}><thead><tr>${columns.map((column) => head(column, options))}</tr></thead>
<tbody>${page.rows.map((cells) => row(columns, recordOf(page.columns, cells), options.links))}</tbody></table></div>`;
}

/** A column without a single value says nothing and takes room. */
function shownColumns({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>, names: readonly string[] | undefined) {
  const filled = columns.filter((_, index) => rows.some((cells) => (cells[index] ?? '') !== ''));
  if (names) return names.flatMap((name) => filled.filter((column) => column.name === name));
  return filled.filter(({ detail }) => !detail);
}

function head(column: Column, { sortLink, sortedBy }: TableOptions): Markup {
  const title = titleOf(column.name);
  const sorted = sortedBy === column.name ? 'ascending' : sortedBy === `-${column.name}` ? 'descending' : undefined;
  const inside = sortLink
    ? html`<a href="${sortLink(column.name)}">${title}</a>`
    : html`<button type="button">${title}</button>`;
  return html`<th scope="col" title="${column.description}"${isNumeric(column) ? html` class="n"` : null}${
    sorted ? html` aria-sort="${sorted}"` : null
  }>${inside}</th>`;
}

/** A column's name as people say it: `compressed_bytes` is `Pull size`. */
export function titleOf(name: string): string {
  const words =
    TITLES[name] ??
    name
      .replace(/_bytes$/, '')
      .replace(/_at$/, '')
      .replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TITLES: Readonly<Record<string, string>> = {
  compressed_bytes: 'pull size',
  layer_count: 'layers',
  base_confidence: 'confidence',
  base_logical_bytes: 'base, logical',
  app_logical_bytes: 'app, logical',
  app_bytes: 'app',
  base_bytes: 'base size',
  distro_version: 'release',
  growth_percent: 'growth %',
  change_percent: 'change %',
  step_bytes: 'by its step',
  savings_max_bytes: 'savings up to',
  savings_min_bytes: 'savings from',
  distro_eol: 'end of life',
  gain_bytes: 'gain',
  after_max_bytes: 'size then, up to',
  max_bytes: 'saves up to',
  p90_bytes: '90 % below',
  id: 'audit',
};

function row(columns: readonly Column[], record: CellsByName, links: LinkOf): Markup {
  return html`<tr>${columns.map((column) => cellOf(column, record, links))}</tr>`;
}

function cellOf(column: Column, record: CellsByName, links: LinkOf): Markup {
  const cell = record[column.name] ?? null;
  const href = links(column.name, record);
  const shown = shownCell(column, cell);
  const content = href === undefined ? shown : html`<a href="${href}">${shown}</a>`;
  if (!isNumeric(column)) return html`<td${classOf(column, cell)}>${content}</td>`;
  return html`<td class="n${changeClass(column, cell)}" data-value="${typeof cell === 'number' ? cell : null}">${content}</td>`;
}

/** Long texts are cut, for a row is read at a glance; the whole text is in the title and in the CSV. */
const LONGEST = 160;
/** Sentences of ours are read to their end. */
const LONGEST_MESSAGE = 400;

function shownCell(column: Column, cell: Cell): Markup {
  const text = figure(column, cell);
  if (column.name === 'severity' || column.name === 'change')
    return html`<span class="badge ${badgeClass(text)}">${text}</span>`;
  if (column.type === 'digest' && typeof cell === 'string') return html`<code title="${cell}">${text}</code>`;
  const longest = column.name === 'message' ? LONGEST_MESSAGE : LONGEST;
  if (text.length <= longest) return html`${text}`;
  return html`<span title="${text.slice(0, 2_000)}">${text.slice(0, longest)}…</span>`;
}

/** What the badges of severities and of changes are called in the style. */
const BADGES: readonly string[] = ['error', 'warn', 'info', 'new', 'gone', 'kept'];

function badgeClass(text: string): string {
  return BADGES.includes(text) ? text : 'info';
}

function classOf({ name, type }: Column, cell: Cell): Markup | null {
  if (type === 'timestamp' || type === 'date') return html` class="when"`;
  return name === 'instruction' || name === 'message' || (typeof cell === 'string' && cell.length > 36)
    ? html` class="long"`
    : null;
}

function changeClass(column: Column, cell: Cell): string {
  if (!isChange(column) || typeof cell !== 'number' || cell === 0) return '';
  return cell > 0 ? ' up' : ' down';
}
