import { humanCell } from '../human.ts';
import { printable } from '../plain-text.ts';
import { type Cells, type Column, type FormatOptions, isNumeric, type Report } from '../report.ts';
import { cut, widthOf } from '../text-width.ts';

/** Widths come from so many rows; later cells that are wider move their line's rest to the right. */
const MEASURED_ROWS = 200;
const WIDEST_CELL = 60;
/** Where not all columns have room: of cells with text, so that a long tag does not take the place of three figures. */
const NARROW_CELL = 24;
/** Of a text of the gist, where other columns of the gist have no room beside more. */
const NARROWEST_CELL = 12;
const GAP = '  ';

/**
 * A table for a terminal: sizes with units, numbers to the right. Columns of detail are left out, and those that are
 * empty in the first rows; where the terminal is too narrow for all, texts are cut, then columns left out from the last.
 */
export async function* table({ columns, rows }: Report, options: FormatOptions = {}): AsyncGenerator<string> {
  let layout: readonly Place[] | undefined;
  let first: Cells[] = [];
  for await (const batch of rows) {
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

/** A column that is shown: where its cells are, and how wide. */
interface Place {
  readonly column: Column;
  readonly index: number;
  readonly width: number;
  /** Whether cells are cut to the width. */
  readonly isShort?: true;
}

function measure(columns: readonly Column[], rows: readonly Cells[], { width }: FormatOptions): readonly Place[] {
  const places = columns.flatMap((column, index) => {
    const widest = rows.reduce((most, cells) => Math.max(most, widthOf(textOf(column, cells, index))), 0);
    return widest === 0 || (column.detail && !column.gist)
      ? []
      : [{ column, index, width: Math.max(widest, column.name.length) }];
  });
  return width === undefined ? places : narrowed(places, width);
}

/** As many columns as the terminal has room for: the first one and the gist, then others in their order. */
function narrowed(places: readonly Place[], width: number): readonly Place[] {
  if (widthOfAll(places) <= width) return places;
  const narrow = places.map((place) => (place.column.gist ? place : shortened(place, NARROW_CELL)));
  const excess = widthOfAll(narrow.filter(({ column }, at) => at === 0 || column.gist)) - width;
  const shorter = narrow.map((place) => shortened(place, Math.max(place.width - excess, NARROWEST_CELL)));
  const [first, ...others] = shorter;
  if (!first) return [];
  const chosen = new Set([first]);
  for (const place of others.toSorted(gistFirst)) {
    if (widthOfAll([...chosen, place]) <= width) chosen.add(place);
  }
  return shorter.filter((place) => chosen.has(place));
}

function gistFirst(one: Place, other: Place): number {
  return Number(other.column.gist ?? false) - Number(one.column.gist ?? false);
}

/** A long text that is cut to a width; numbers, times and words stay whole. */
function shortened(place: Place, to: number): Place {
  const width = Math.max(to, place.column.name.length);
  const isLong = place.width > NARROW_CELL && !isNumeric(place.column);
  return isLong && width < place.width ? { ...place, width, isShort: true } : place;
}

function widthOfAll(places: readonly Place[]): number {
  return places.reduce((sum, place) => sum + place.width + GAP.length, -GAP.length);
}

function header(layout: readonly Place[], { colour = false }: FormatOptions): string {
  const names = layout.map((place) => align(place, place.column.name));
  const text = names.join(GAP).trimEnd();
  return colour ? `\u001b[1m${text}\u001b[22m\n` : `${text}\n`;
}

function linesOf(layout: readonly Place[], rows: readonly Cells[]): string {
  return rows
    .map((cells) => layout.map((place) => align(place, shownText(place, cells))).join(GAP))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Later cells that are wider than those measured stay whole, unless their column was shortened. */
function shownText({ column, index, width, isShort }: Place, cells: Cells): string {
  const text = textOf(column, cells, index);
  return isShort ? cut(text, width) : text;
}

function textOf(column: Column, cells: Cells, index: number): string {
  return cut(printable(humanCell(column, cells[index] ?? null)), WIDEST_CELL);
}

function align({ column, width }: Place, text: string): string {
  const padding = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumeric(column) ? padding + text : text + padding;
}
