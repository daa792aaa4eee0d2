import { printable } from '../../common/printable.ts';
import { humanCell } from '../human.ts';
import {
  type Cells,
  type Column,
  type FormatOptions,
  informativeColumns,
  isNumeric,
  isOrigin,
  type Report,
} from '../report.ts';
import { unpackRows } from '../row-reader.ts';
import { cut, widthOf, wrapped } from '../text-width.ts';

/** Column widths are measured on this many rows; a wider cell in a later row shifts the rest of its line. */
const MEASURED_ROWS = 200;
/** Longer cells are cut, always; this width and those below are in columns of the terminal. */
const WIDEST_CELL = 60;
/** The same for messages, which are meant to be read to their end, on several lines if need be. */
const WIDEST_MESSAGE = 400;
/** Width of text cells where not all columns have room, so that a long tag does not displace three figures. */
const NARROW_CELL = 24;
/** The same for cells of the gist: the length of a commit's id, which many tags are. */
const NARROW_GIST = 40;
/** Least width of text cells, on a terminal too narrow for all columns of the gist. */
const NARROWEST_CELL = 12;
const GAP = '  ';

/**
 * A table for a terminal: sizes with units, numbers aligned right. It leaves out detail columns, except source and
 * registry, and columns that are not informative in the first rows. On a narrow terminal it first cuts long texts, then
 * leaves out columns, the last ones first, but keeps those of the gist as long as it can. Then texts get back the room
 * that is left, the last ones first.
 */
export async function* table({ columns, rows }: Report, options: FormatOptions = {}): AsyncGenerator<string> {
  let layout: readonly ShownColumn[] | undefined;
  let first: Cells[] = [];
  for await (const batch of unpackRows(rows)) {
    if (layout) {
      yield linesOf(layout, batch);
      continue;
    }
    first = [...first, ...batch];
    if (first.length < MEASURED_ROWS) continue;
    layout = measure(columns, first, options);
    yield header(layout, options) + linesOf(layout, first);
    first = [];
  }
  if (layout) return;
  layout = measure(columns, first, options);
  yield first.length === 0 ? 'nothing to report\n' : header(layout, options) + linesOf(layout, first);
}

/** A column that the table shows: the index of its cells, and its width. */
interface ShownColumn {
  readonly column: Column;
  readonly index: number;
  readonly width: number;
  /** Whether cells are cut to the width. */
  readonly isShort?: true;
}

function measure(columns: readonly Column[], rows: readonly Cells[], { width }: FormatOptions): readonly ShownColumn[] {
  const informative = informativeColumns(columns, rows);
  const layout = columns.flatMap((column, index) => {
    if ((column.detail && !column.gist && !isOrigin(column)) || !informative.has(column)) return [];
    const widest = rows.reduce((most, cells) => Math.max(most, widthOf(textOf(column, cells, index))), 0);
    return [{ column, index, width: Math.max(widest, column.name.length) }];
  });
  return width === undefined ? layout : narrowed(layout, width);
}

/**
 * Chooses as many columns as the terminal has room for: the first that is no detail, those of the gist, then the others in
 * order.
 */
function narrowed(layout: readonly ShownColumn[], width: number): readonly ShownColumn[] {
  if (widthOfAll(layout) <= width) return layout;
  const narrow = layout.map((shown) => shortened(shown, narrowWidth(shown.column)));
  const first = layout.findIndex(({ column }) => !column.detail);
  const longest = longestText(
    narrow.filter(({ column }, at) => at === first || column.gist),
    width,
  );
  const shorter = narrow.map((shown) => shortened(shown, longest));
  const chosen = new Set(shorter.slice(first, first + 1));
  for (const shown of shorter.toSorted(gistFirst)) {
    if (widthOfAll([...chosen, shown]) <= width) chosen.add(shown);
  }
  let left = Math.max(width - widthOfAll([...chosen]), 0);
  const wider = layout.toReversed().map((whole, at) => {
    const shown = shorter.at(-1 - at) ?? whole;
    if (!chosen.has(shown)) return [];
    const more = Math.min(left, whole.width - shown.width);
    left -= more;
    return [{ ...shown, width: shown.width + more }];
  });
  return wider.toReversed().flat();
}

/** How long texts may be so that these columns have room: the longest are cut first. */
function longestText(layout: readonly ShownColumn[], width: number): number {
  let longest = WIDEST_CELL;
  while (longest > NARROWEST_CELL && widthOfAll(layout.map((shown) => shortened(shown, longest))) > width) longest--;
  return longest;
}

function narrowWidth(column: Column): number {
  if (isMessage(column)) return WIDEST_CELL;
  return column.gist ? NARROW_GIST : NARROW_CELL;
}

function isMessage({ name }: Column): boolean {
  return name === 'message';
}

function gistFirst(one: ShownColumn, other: ShownColumn): number {
  return Number(other.column.gist ?? false) - Number(one.column.gist ?? false);
}

/** Narrows a column of long texts; numbers and times stay whole, and outside the gist, short words do. */
function shortened(shown: ShownColumn, to: number): ShownColumn {
  const { column } = shown;
  const width = Math.max(to, column.name.length);
  const isWhole = column.gist ? column.type === 'timestamp' : shown.width <= NARROW_CELL;
  return isWhole || isNumeric(column) || width >= shown.width ? shown : { ...shown, width, isShort: true };
}

function widthOfAll(layout: readonly ShownColumn[]): number {
  return layout.reduce((sum, shown) => sum + shown.width + GAP.length, -GAP.length);
}

function header(layout: readonly ShownColumn[], { colour = false }: FormatOptions): string {
  const names = layout.map((shown) => align(shown, shown.column.name));
  const text = names.join(GAP).trimEnd();
  return colour ? `\u001b[1m${text}\u001b[22m\n` : `${text}\n`;
}

function linesOf(layout: readonly ShownColumn[], rows: readonly Cells[]): string {
  return rows.map((cells) => rowOf(layout, cells)).join('');
}

function rowOf(layout: readonly ShownColumn[], cells: Cells): string {
  const texts = layout.map((shown) => shownLines(shown, cells));
  const height = Math.max(...texts.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const row = layout.map((shown, at) => align(shown, texts[at]?.[line] ?? '')).join(GAP);
    return `${row.trimEnd()}\n`;
  }).join('');
}

/**
 * Cells of later rows that are wider than the measured ones stay whole, unless their column was narrowed: then messages
 * take several lines, and other texts are cut.
 */
function shownLines({ column, index, width, isShort }: ShownColumn, cells: Cells): readonly string[] {
  const text = textOf(column, cells, index);
  if (!isShort) return [text];
  return isMessage(column) ? wrapped(text, width) : [cut(text, width)];
}

function textOf(column: Column, cells: Cells, index: number): string {
  return cut(printable(humanCell(column, cells[index] ?? null)), isMessage(column) ? WIDEST_MESSAGE : WIDEST_CELL);
}

function align({ column, width }: ShownColumn, text: string): string {
  const padding = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumeric(column) ? padding + text : text + padding;
}
