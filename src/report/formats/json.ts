import { type Report, recordOf } from '../report.ts';

/** One JSON document, by config/report.schema.json. */
export async function* json({ schema, kind, columns, audit, rows }: Report): AsyncGenerator<string> {
  const head = JSON.stringify({ schema, kind, audit }).slice(0, -1);
  yield `${head},"rows":[`;
  let separator = '\n';
  for await (const batch of rows) {
    if (batch.length === 0) continue;
    yield separator + batch.map((cells) => JSON.stringify(recordOf(columns, cells))).join(',\n');
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** One row a line, each a JSON object. */
export async function* ndjson({ columns, rows }: Report): AsyncGenerator<string> {
  for await (const batch of rows) {
    yield batch.map((cells) => `${JSON.stringify(recordOf(columns, cells))}\n`).join('');
  }
}
