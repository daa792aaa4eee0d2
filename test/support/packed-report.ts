import { AS_JSON, type PackedRows } from '../../src/report/packed-rows.ts';
import { type Cells, type Column, isText } from '../../src/report/report.ts';

/** Rows as a database would pack them if each contained a mark. */
export function packed(columns: readonly Column[], rows: readonly Cells[], batchRows = 3): PackedRows {
  async function* batches(): AsyncGenerator<readonly string[]> {
    for (let start = 0; start < rows.length; start += batchRows)
      yield rows.slice(start, start + batchRows).map((cells) => lineOf(columns, cells));
  }
  return { runs: [{ columns, shared: false }], lines: batches() };
}

function lineOf(columns: readonly Column[], cells: Cells): string {
  const texts = columns.map((column, index) => {
    const cell = cells[index] ?? null;
    return isText(column) ? cell : String(cell ?? '');
  });
  return `${AS_JSON}${JSON.stringify(texts)}`;
}
