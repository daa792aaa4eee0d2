import { withoutBackticks } from '../report/plain-text.ts';
import {
  type Cell,
  type CellsByName,
  type Column,
  informativeColumns,
  isNumeric,
  isOrigin,
  rowRecordOf,
} from '../report/report.ts';
import type { ReportRows } from '../report/report-page.ts';
import { isLong, shownCell } from './cell.ts';
import { isChange } from './figures.ts';
import type { LinkOf } from './links.ts';
import { type Content, html, type Markup } from './markup.ts';
import { titleOf } from './titles.ts';

/** How a table is shown. */
export interface TableOptions {
  /** What the table shows, for screen readers. */
  readonly label: string;
  readonly links: LinkOf;
  /** Column names, in order; default: all but details. Columns that say nothing are never shown: see `shownColumns`. */
  readonly columns?: readonly string[];
  /** Columns to leave out, because the page shows their value elsewhere. */
  readonly without?: readonly string[];
  /** The text to show when there are no rows. */
  readonly empty?: Content;
  /** The address that a column's heading links to, to sort by it; default: the page's script sorts the rows it has. */
  readonly sortLink?: (column: string) => string;
  /** The column that the rows are sorted by; `-column` if the largest comes first. */
  readonly sortedBy?: string | undefined;
}

/** Tables with more rows scroll in their frame with the heading in sight, so that the rest of the page stays near. */
const TALL = 30;

/** A table of a report's rows, in a frame of its own that scrolls. */
export function reportTable(page: Pick<ReportRows, 'columns' | 'rows'>, options: TableOptions): Markup {
  if (page.rows.length === 0) return html`<p class="empty">${options.empty ?? 'Nothing to show.'}</p>`;
  const columns = shownColumns(page, options.columns).filter(({ name }) => !options.without?.includes(name));
  const tall = !options.sortLink && page.rows.length > TALL ? ' tall' : '';
  return html`<div class="frame${tall}" role="region" aria-label="${options.label}" tabindex="0">
<table${options.sortLink ? null : html` data-sortable`}><thead><tr>${columns.map((column) => head(column, options))}</tr></thead>
<tbody>${page.rows.map((cells) => row(columns, rowRecordOf(page.columns, cells), options.links))}</tbody></table></div>`;
}

/** A table of objects that have the cells by name, and possibly more. */
export function recordTable(
  columns: readonly Column[],
  records: readonly Readonly<Record<string, Cell | undefined>>[],
  options: TableOptions,
): Markup {
  const rows = records.map((record) => columns.map(({ name }) => record[name] ?? null));
  return reportTable({ columns, rows }, options);
}

/** Leaves out columns that say nothing about these rows. */
function shownColumns({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>, names: readonly string[] | undefined) {
  const informative = [...informativeColumns(columns, rows)];
  if (names) return names.flatMap((name) => informative.filter((column) => column.name === name));
  return informative.filter((column) => !column.detail || isOrigin(column));
}

function head(column: Column, { sortLink, sortedBy }: TableOptions): Markup {
  const title = titleOf(column.name);
  const sorted = sortedBy === column.name ? 'ascending' : sortedBy === `-${column.name}` ? 'descending' : undefined;
  const inside = sortLink
    ? html`<a href="${sortLink(column.name)}">${title}</a>`
    : html`<button type="button">${title}</button>`;
  return html`<th scope="col" title="${withoutBackticks(column.description)}"${isNumeric(column) ? html` class="n"` : null}${
    sorted ? html` aria-sort="${sorted}"` : null
  }>${inside}</th>`;
}

function row(columns: readonly Column[], record: CellsByName, links: LinkOf): Markup {
  return html`<tr>${columns.map((column) => cellOf(column, record, links))}</tr>`;
}

function cellOf(column: Column, record: CellsByName, links: LinkOf): Markup {
  const cell = record[column.name] ?? null;
  const href = links(column.name, record);
  const shown = isUnknownBase(column, cell, record)
    ? html`<span class="unknown">not known</span>`
    : shownCell(column, cell);
  const content = href === undefined ? shown : html`<a href="${href}">${shown}</a>`;
  if (!isNumeric(column)) return html`<td${classOf(column, cell)}>${content}</td>`;
  return html`<td class="n${changeClass(column, cell)}" data-value="${typeof cell === 'number' ? cell : null}">${content}</td>`;
}

/** Whether a cell is the unknown base of an image. Artifacts and the like have no base, so theirs is not unknown. */
function isUnknownBase({ name }: Column, cell: Cell, { kind }: CellsByName): boolean {
  return name === 'base_image' && cell === null && (kind === undefined || kind === 'image');
}

/** Columns of sentences and instructions, all cells of which are set small, however short. */
const TEXT_COLUMNS: ReadonlySet<string> = new Set(['instruction', 'message', 'what']);

function classOf(column: Column, cell: Cell): Markup | null {
  if (column.type === 'timestamp' || column.type === 'date') return html` class="when"`;
  if (TEXT_COLUMNS.has(column.name)) return html` class="long text"`;
  return isLong(column, cell) ? html` class="long"` : null;
}

function changeClass(column: Column, cell: Cell): string {
  if (!isChange(column) || typeof cell !== 'number' || cell === 0) return '';
  return cell > 0 ? ' up' : ' down';
}
