import type { Cells, Column, Report } from '../report.ts';
import { RowReader } from '../row-reader.ts';

/** How a format writes rows: what is around them, and the cells of some neighbouring columns, joined by commas. */
export interface RowFormat {
  readonly start: string;
  readonly end: string;
  readonly cells: (columns: readonly Column[]) => (cells: Cells) => string;
  readonly packed: (columns: readonly Column[]) => (packed: string) => string;
}

/** The rows of a report as text, batch by batch. What rows share is written once. */
export async function* writtenRows({ columns, rows, packed }: Report, format: RowFormat): AsyncGenerator<string> {
  if (packed) {
    const reader = new RowReader(packed.runs, format.packed);
    for await (const batch of packed.lines) yield joined(reader.read(batch), format);
    return;
  }
  const write = format.cells(columns);
  for await (const batch of rows) {
    yield joined(
      batch.map((cells) => [write(cells)]),
      format,
    );
  }
}

/** In one go: rows of their own, joined later, were half of the garbage of an export. */
function joined(rows: readonly (readonly string[])[], { start, end }: RowFormat): string {
  const pieces: string[] = [];
  for (const texts of rows) {
    pieces.push(start);
    for (let index = 0; index < texts.length; index++) pieces.push(index === 0 ? '' : ',', texts[index] ?? '');
    pieces.push(end);
  }
  return pieces.join('');
}

/** How a format writes a column's cells. */
export interface ColumnWriter<A> {
  /** What stands before each cell. */
  readonly name?: string;
  readonly write: (value: A) => string;
}

/** Writes the values of neighbouring columns, joined by commas. */
export function joining<A>(writers: readonly ColumnWriter<A>[], absent: NoInfer<A>): (values: readonly A[]) => string {
  // One list for all rows, joined: adding up a row's cells makes a hundred short-lived strings of it.
  const pieces = writers.flatMap(({ name = '' }, index) => [index === 0 ? name : `,${name}`, '']);
  return (values) => {
    for (let index = 0; index < writers.length; index++)
      pieces[2 * index + 1] = writers[index]?.write(values[index] ?? absent) ?? '';
    return pieces.join('');
  };
}
