import { chunksOf } from '../../common/chunks-of.ts';
import type { Column, Report } from '../report.ts';
import { RowReader } from '../row-reader.ts';

/** How a format writes rows. */
export interface RowFormat {
  /** Text before each row. */
  readonly start: string;
  /** Text after each row. */
  readonly end: string;
  /** Returns a function that writes the packed cells of these columns, joined by commas. */
  readonly cells: (columns: readonly Column[]) => (packed: string) => string;
}

/** The rows of a report as text, piece by piece. Cells that rows share are converted once. */
export async function* writtenRows({ rows }: Report, format: RowFormat): AsyncGenerator<string> {
  const reader = new RowReader(rows.runs, format.cells);
  for await (const lines of rows.lines)
    for (const piece of chunksOf(reader.read(lines), PIECE_ROWS)) yield joined(piece, format);
}

/**
 * Few enough that the text of a piece stays in the young generation of V8's heap, as long as its rows are short: a text
 * of a thousand rows got pages of its own from the operating system, a seventh of the time of an export.
 */
const PIECE_ROWS = 64;

/** Joins all rows of a piece at once: a string for each row was half of the garbage that an export made. */
function joined(rows: readonly (readonly string[])[], { start, end }: RowFormat): string {
  const texts: string[] = [];
  for (const row of rows) {
    texts.push(start);
    for (let index = 0; index < row.length; index++) texts.push(index === 0 ? '' : ',', row[index] ?? '');
    texts.push(end);
  }
  return texts.join('');
}

/**
 * Returns a function that writes one value for each column, joined by commas.
 * @param writerOf returns the function that writes the values of a column
 * @param labelOf returns the text before each value of a column
 */
export function joining<A>(
  columns: readonly Column[],
  writerOf: (column: Column) => (value: A) => string,
  labelOf = (_: Column) => '',
): (values: readonly A[]) => string {
  const writers = columns.map(writerOf);
  // One array, reused for all rows: concatenating the cells of a row would make a hundred short-lived strings.
  const pieces = columns.flatMap((column, index) => [`${index === 0 ? '' : ','}${labelOf(column)}`, '']);
  return (values) => {
    for (let index = 0; index < writers.length; index++)
      pieces[2 * index + 1] = writers[index]?.(values[index] as A) ?? '';
    return pieces.join('');
  };
}
