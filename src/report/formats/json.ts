import { rememberLast } from '../../common/remember.ts';
import { cellReader, packedTexts } from '../packed-rows.ts';
import { type Column, REPORT_SCHEMA, type Report } from '../report.ts';
import { joining, type RowFormat, writtenRows } from './written-rows.ts';

/** One JSON document, described by config/report.schema.json. */
export async function* json(report: Report): AsyncGenerator<string> {
  const { kind, audit } = report;
  const head = JSON.stringify({ schema: REPORT_SCHEMA, kind, audit }).slice(0, -1);
  yield `${head},"rows":[`;
  let isFirst = true;
  for await (const text of writtenRows(report, { ...OBJECTS, start: ',\n{', end: '}' })) {
    yield isFirst ? text.slice(1) : text;
    isFirst &&= text === '';
  }
  yield '\n]}\n';
}

/** One JSON object per row, each on a line. */
export async function* ndjson(report: Report): AsyncGenerator<string> {
  yield* writtenRows(report, OBJECTS);
}

const OBJECTS: RowFormat = {
  start: '{',
  end: '}\n',
  cells: (columns) => {
    // A value equal to the one in the row above is not serialized again.
    const write = joining(columns, (column) => rememberLast(packedWriterOf(column)), keyOf);
    return rememberLast((packed) => write(packedTexts(packed)));
  },
};

function keyOf({ name }: Column): string {
  return `${JSON.stringify(name)}:`;
}

function packedWriterOf(column: Column): (packed: string) => string {
  // Postgres writes whole numbers as JSON does.
  if (column.type === 'bytes' || column.type === 'integer') return (packed) => packed || 'null';
  const read = cellReader(column);
  return (packed) => JSON.stringify(read(packed));
}
