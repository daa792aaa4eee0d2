import { isGrowth } from '../report/human.ts';
import { pickColumns } from '../report/kinds/kind.ts';
import { type Cell, type CellsByName, type Column, informativeColumns, isNumeric, isOrigin } from '../report/report.ts';
import { type ReportRows, recordsOf } from '../report/report-page.ts';
import { isLong, shownCell } from './cell.ts';
import { withoutBackticks } from './format.ts';
import type { LinkOf } from './links.ts';
import { type Content, html, type Markup } from './markup.ts';
import { titleOf } from './titles.ts';

/** How a table is shown. */
export interface TableOptions {
  /** What the table shows, for screen readers. */
  readonly label: string;
  readonly links: LinkOf;
  /** `YYYY-MM-DD`: support that ended before stands out; default: none does. */
  readonly today?: string;
  /** The text to show when there are no rows. */
  readonly empty?: Content;
  /** The address of the page sorted by `column`, or `-column`; default: the page's script sorts the rows it has. */
  readonly sortLink?: (sort: string) => string;
  /** The column that the rows are sorted by; `-column` if the largest comes first. */
  readonly sortedBy?: string | undefined;
}

/** How a table of a report is shown. */
export interface ReportTableOptions extends TableOptions {
  /** Column names, in order; default: all but details. */
  readonly columns?: readonly string[] | undefined;
  /** Columns to leave out, because the page shows their value elsewhere. */
  readonly without?: readonly string[];
}

/** Tables with more rows scroll in their frame with the heading in sight, so that the rest of the page stays near. */
const TALL = 30;

/** A table of a report's rows: see {@link recordTable}. */
export function reportTable(page: Pick<ReportRows, 'columns' | 'rows'>, options: ReportTableOptions): Markup {
  const { columns: names, without = [], ...rest } = options;
  const chosen = names
    ? pickColumns(page, names)
    : page.columns.filter((column) => column.detail !== true || isOrigin(column));
  const columns = chosen.filter(({ name }) => !without.includes(name));
  return recordTable(columns, recordsOf(page), rest);
}

/**
 * A table of objects that have the cells by name, in a frame of its own that scrolls. It leaves out columns that say
 * nothing about these rows; links may depend on other cells of a row.
 */
export function recordTable<Row extends { readonly [Name in keyof Row]: Cell | undefined }>(
  columns: readonly Column[],
  records: readonly Row[],
  options: TableOptions,
): Markup {
  if (records.length === 0) return html`<p class="empty">${options.empty ?? 'Nothing to show.'}</p>`;
  const rows = records.map(cellsByName);
  const informative = informativeColumns(
    columns,
    rows.map((row) => columns.map(({ name }) => row[name] ?? null)),
  );
  const shown = columns.filter((column) => informative.has(column));
  const tall = !options.sortLink && rows.length > TALL ? ' tall' : '';
  return html`<div class="frame${tall}" role="region" aria-label="${options.label}" tabindex="0">
<table${options.sortLink ? null : html` data-sortable`}><thead><tr>${shown.map((column) => head(column, options))}</tr></thead>
<tbody>${rows.map((row) => tableRow(shown, row, options))}</tbody></table></div>`;
}

function cellsByName(record: object): CellsByName {
  return Object.fromEntries(Object.entries(record).map(([name, cell]) => [name, cell ?? null]));
}

function head(column: Column, { sortLink, sortedBy }: TableOptions): Markup {
  const title = column.type === 'timestamp' ? `${titleOf(column.name)} (UTC)` : titleOf(column.name);
  const sorted = sortedBy === column.name ? 'ascending' : sortedBy === `-${column.name}` ? 'descending' : undefined;
  const inside = sortLink
    ? html`<a href="${sortLink(nextSort(column, sortedBy))}">${title}</a>`
    : html`<button type="button">${title}</button>`;
  return html`<th scope="col" title="${withoutBackticks(column.description)}"${isNumeric(column) ? html` class="n"` : null}${
    sorted ? html` aria-sort="${sorted}"` : null
  }>${inside}</th>`;
}

/** What a click on a heading sorts by: texts from A, figures and times from the largest; the reverse if it does already. */
function nextSort(column: Column, sortedBy: string | undefined): string {
  const { name } = column;
  const [first, second] = isNumeric(column) || isTime(column) ? [`-${name}`, name] : [name, `-${name}`];
  return sortedBy === first ? second : first;
}

function isTime({ type }: Column): boolean {
  return type === 'timestamp' || type === 'date';
}

function tableRow(columns: readonly Column[], record: CellsByName, options: TableOptions): Markup {
  return html`<tr>${columns.map((column) => cellOf(column, record, options))}</tr>`;
}

function cellOf(column: Column, record: CellsByName, { links, today = '' }: TableOptions): Markup {
  const cell = record[column.name] ?? null;
  if (column.name === 'distro_eol' && typeof cell === 'string' && cell < today)
    return html`<td class="bad">${shownCell(column, cell)}<span class="unseen"> (ended)</span></td>`;
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
  if (isTime(column)) return html` class="when"`;
  if (TEXT_COLUMNS.has(column.name)) return html` class="long text"`;
  return isLong(column, cell) ? html` class="long"` : null;
}

function changeClass(column: Column, cell: Cell): string {
  if (!isGrowth(column) || typeof cell !== 'number' || cell === 0) return '';
  return cell > 0 ? ' up' : ' down';
}
