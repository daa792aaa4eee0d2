import { humanCell } from '../human.ts';
import { printable } from '../plain-text.ts';
import { type Cells, type Column, type FormatOptions, isNumeric, type Report } from '../report.ts';
import { cut, widthOf } from '../text-width.ts';

/** Widths come from so many rows; later cells that are wider move their line's rest to the right. */
const MEASURED_ROWS = 200;
const WIDEST_CELL = 60;
const GAP = '  ';

/**
 * A table for a terminal: sizes with units, numbers to the right. Columns of detail are left out, and those that are
 * empty in the first rows; so are the last ones where the terminal is too narrow for them.
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
}

function measure(columns: readonly Column[], rows: readonly Cells[], { width }: FormatOptions): readonly Place[] {
  const places = columns.flatMap((column, index) => {
    const widest = rows.reduce((most, cells) => Math.max(most, widthOf(textOf(column, cells, index))), 0);
    return widest === 0 || column.detail ? [] : [{ column, index, width: Math.max(widest, column.name.length) }];
  });
  return width === undefined ? places : narrowed(places, width);
}

/** As many columns as the terminal has room for, the first ones; a whole row has to be readable. */
function narrowed(places: readonly Place[], width: number): readonly Place[] {
  let used = -GAP.length;
  return places.filter((place, index) => {
    used += GAP.length + place.width;
    return used <= width || index === 0;
  });
}

function header(layout: readonly Place[], { colour = false }: FormatOptions): string {
  const names = layout.map((place) => align(place, place.column.name));
  const text = names.join(GAP).trimEnd();
  return colour ? `\u001b[1m${text}\u001b[22m\n` : `${text}\n`;
}

function linesOf(layout: readonly Place[], rows: readonly Cells[]): string {
  return rows
    .map((cells) => layout.map((place) => align(place, textOf(place.column, cells, place.index))).join(GAP))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function textOf(column: Column, cells: Cells, index: number): string {
  return cut(printable(humanCell(column, cells[index] ?? null)), WIDEST_CELL);
}

function align({ column, width }: Place, text: string): string {
  const padding = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumeric(column) ? padding + text : text + padding;
}
