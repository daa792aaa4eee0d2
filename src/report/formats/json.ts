import { remembering } from '../remembering.ts';
import type { Cells, Column, Report } from '../report.ts';

/** One JSON document, by config/report.schema.json. */
export async function* json({ schema, kind, columns, audit, rows }: Report): AsyncGenerator<string> {
  const head = JSON.stringify({ schema, kind, audit }).slice(0, -1);
  yield `${head},"rows":[`;
  const write = rowWriter(columns);
  let separator = '\n';
  for await (const batch of rows) {
    if (batch.length === 0) continue;
    yield separator + batch.map(write).join(',\n');
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** One row a line, each a JSON object. */
export async function* ndjson({ columns, rows }: Report): AsyncGenerator<string> {
  const write = rowWriter(columns);
  for await (const batch of rows) yield batch.map((cells) => `${write(cells)}\n`).join('');
}

/** A row as an object by column names: a cell that is as the one above it is not written anew. */
function rowWriter(columns: readonly Column[]): (cells: Cells) => string {
  const writers = columns.map(({ name }) => {
    const key = JSON.stringify(name);
    return remembering((cell: Cells[number]) => `${key}:${JSON.stringify(cell)}`);
  });
  const members = columns.map(() => '');
  return (cells) => {
    for (let index = 0; index < members.length; index++) members[index] = writers[index]?.(cells[index] ?? null) ?? '';
    return `{${members.join(',')}}`;
  };
}
