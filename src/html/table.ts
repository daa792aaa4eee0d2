import { type Cell, type Column, isNumeric, rowRecordOf } from '../report/report.ts';
import type { ReportRows } from '../report/report-page.ts';
import { isLong, shownCell } from './cell.ts';
import { isChange } from './figures.ts';
import type { CellsByName, LinkOf } from './links.ts';
import { type Content, html, type Markup } from './markup.ts';
import { titleOf } from './titles.ts';

export interface TableOptions {
  /** What it shows, for everybody who does not see where it stands. */
  readonly label: string;
  readonly links: LinkOf;
  /** Column names, in order; default: all that are no detail and not empty everywhere. */
  readonly columns?: readonly string[];
  /** Columns to leave out: the page says it already. */
  readonly without?: readonly string[];
  /** What to say when there are no rows. */
  readonly empty?: Content;
  /** Where a click on a column's head leads; without it the page's script sorts what is there. */
  readonly sortLink?: (column: string) => string;
  /** The column that it is sorted by, `-column` when the largest is first. */
  readonly sortedBy?: string | undefined;
}

/** Tables of more rows scroll by themselves, their heads in sight: what is below them on the page is not far away. */
const TALL = 30;

/** A report's rows as a table that scrolls in its own frame. */
export function reportTable(page: Pick<ReportRows, 'columns' | 'rows'>, options: TableOptions): Markup {
  if (page.rows.length === 0) return html`<p class="empty">${options.empty ?? 'Nothing to show.'}</p>`;
  const columns = shownColumns(page, options.columns).filter(({ name }) => !options.without?.includes(name));
  const tall = !options.sortLink && page.rows.length > TALL ? ' tall' : '';
  return html`<div class="frame${tall}" role="region" aria-label="${options.label}" tabindex="0">
<table${options.sortLink ? null : html` data-sortable`}><thead><tr>${columns.map((column) => head(column, options))}</tr></thead>
<tbody>${page.rows.map((cells) => row(columns, rowRecordOf(page.columns, cells), options.links))}</tbody></table></div>`;
}

/** A column without a single value says nothing and takes room. */
function shownColumns({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>, names: readonly string[] | undefined) {
  const told = columns.filter((column, index) => {
    const values = new Set(rows.map((cells) => cells[index] ?? ''));
    values.delete('');
    return values.size > (tellsApart(column) ? 1 : 0);
  });
  if (names) return names.flatMap((name) => told.filter((column) => column.name === name));
  return told.filter((column) => !column.detail || tellsApart(column));
}

/** Repositories of one name in several sources or registries have to be told apart; rows of one need not say which. */
function tellsApart({ name, detail }: Column): boolean {
  return detail === true && (name === 'source' || name === 'registry');
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

/** An image stands on something, also where nobody knows on what; other kinds do not. */
function isUnknownBase({ name }: Column, cell: Cell, { kind }: CellsByName): boolean {
  return name === 'base_image' && cell === null && (kind === undefined || kind === 'image');
}

function classOf(column: Column, cell: Cell): Markup | null {
  if (column.type === 'timestamp' || column.type === 'date') return html` class="when"`;
  if (column.name === 'instruction' || column.name === 'message') return html` class="long text"`;
  return isLong(column, cell) ? html` class="long"` : null;
}

function changeClass(column: Column, cell: Cell): string {
  if (!isChange(column) || typeof cell !== 'number' || cell === 0) return '';
  return cell > 0 ? ' up' : ' down';
}
