import { unpacker } from '../packed-rows.ts';
import { remembering } from '../remembering.ts';
import type { Cells, Column, Report } from '../report.ts';
import { type RowFormat, writtenRows } from './written-rows.ts';

/** One JSON document, by config/report.schema.json. */
export async function* json(report: Report): AsyncGenerator<string> {
  const { schema, kind, audit } = report;
  const head = JSON.stringify({ schema, kind, audit }).slice(0, -1);
  yield `${head},"rows":[`;
  let isFirst = true;
  for await (const text of writtenRows(report, { ...OBJECTS, start: ',\n{', end: '}' })) {
    yield isFirst ? text.slice(1) : text;
    isFirst &&= text === '';
  }
  yield '\n]}\n';
}

/** One row a line, each a JSON object. */
export async function* ndjson(report: Report): AsyncGenerator<string> {
  yield* writtenRows(report, OBJECTS);
}

const OBJECTS: RowFormat = {
  start: '{',
  end: '}\n',
  cells: membersWriter,
  packed: (columns) => {
    const write = membersWriter(columns);
    const unpack = unpacker(columns);
    return remembering((packed) => write(unpack(packed)));
  },
};

/** A cell that is as the one above it is not written anew. */
function membersWriter(columns: readonly Column[]): (cells: Cells) => string {
  const writers = columns.map(({ name }) => {
    const key = JSON.stringify(name);
    return remembering((cell: Cells[number]) => `${key}:${JSON.stringify(cell)}`);
  });
  // One list for all rows, joined: adding up a row's cells makes a hundred short-lived strings of it.
  const members = columns.map(() => '');
  return (cells) => {
    for (let index = 0; index < members.length; index++) members[index] = writers[index]?.(cells[index] ?? null) ?? '';
    return members.join(',');
  };
}
