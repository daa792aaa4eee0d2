import type { Database, SqlValue } from '../store/database.ts';
import type { Cell, Cells, Column, ColumnType } from './report.ts';

/**
 * Rows travel from the database as one text each, cells joined by DEL, as any format may write them: only text has to be
 * looked at. Of a million rows of 41 columns Postgres 15 made JSON objects in 27 s and such texts in 6 s; they are also a
 * third shorter, and split faster than JSON parses.
 */
export const SEPARATOR = '\u007f';
/** A text that is null; other types are empty then. */
export const NULL_TEXT = '\u0001';
/** Before a row that holds one of the above in its text (a hostile label may): a JSON list of the same cells follows. */
export const AS_JSON = '\u0002';
/** Small, so that a batch is garbage before the collector would keep it: of 2,000 rows it moved most, for twice the time. */
const BATCH_ROWS = 500;

/**
 * Streams a query's rows, packed, in the order it gives them, the next batch read while the last one is used.
 * @param sql gives a column of the name of each one in `columns`: digests as bytea, timestamps as timestamptz, dates as date
 */
export function streamLines(
  db: Pick<Database, 'streamTexts'>,
  columns: readonly Column[],
  sql: string,
  parameters: readonly SqlValue[],
): AsyncIterable<readonly string[]> {
  const packed = `select ${packing(columns)} from (${sql}) k`;
  return readAhead(db.streamTexts(packed, parameters, { batchRows: BATCH_ROWS }));
}

export async function* unpackLines(
  columns: readonly Column[],
  lines: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly Cells[]> {
  const unpack = unpacker(columns);
  for await (const batch of lines) yield batch.map(unpack);
}

function packing(columns: readonly Column[]): string {
  const line = `concat_ws(e'\\x7f', ${columns.map(cellSql).join(', ')})`;
  const texts = columns.filter(isText).map(({ name }) => quoted(name));
  if (texts.length === 0) return line;
  const cells = columns.map((column) => (isText(column) ? quoted(column.name) : cellSql(column)));
  return `case when ${MARKS.map((mark) => `strpos(concat(${texts.join(', ')}), ${mark}) = 0`).join(' and ')} then ${line}
    else e'\\x02' || json_build_array(${cells.join(', ')})::text end`;
}

const MARKS = ["e'\\x7f'", "e'\\x01'", "e'\\x02'"];

/** Never null: concat_ws would skip it, and the cells behind it would move. */
function cellSql(column: Column): string {
  const name = quoted(column.name);
  switch (column.type) {
    case 'timestamp':
      // Half the work of to_char.
      return `coalesce(replace(left((${name} at time zone 'UTC')::text, 19), ' ', 'T') || 'Z', '')`;
    case 'digest':
      return `coalesce(case octet_length(${name}) when 64 then 'sha512:' else 'sha256:' end || encode(${name}, 'hex'), '')`;
    case 'text':
    case 'list':
      return `coalesce(${name}, e'\\x01')`;
    default:
      return `coalesce(${name}::text, '')`;
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}

function isText({ type }: Column): boolean {
  return type === 'text' || type === 'list';
}

/** Reads packed rows back. */
export function unpacker(columns: readonly Column[]): (line: string) => Cells {
  const readers = columns.map(({ type }) => readerOf(type));
  return (line) => {
    const texts = line.startsWith(AS_JSON) ? unpackJson(line) : line.split(SEPARATOR);
    const cells: Cell[] = [];
    for (let index = 0; index < readers.length; index++) cells.push(readers[index]?.(texts[index] ?? '') ?? null);
    return cells;
  };
}

function unpackJson(line: string): readonly string[] {
  return (JSON.parse(line.slice(AS_JSON.length)) as (string | null)[]).map((text) => text ?? NULL_TEXT);
}

function readerOf(type: ColumnType): (text: string) => Cell {
  switch (type) {
    case 'text':
    case 'list':
      return (text) => (text === NULL_TEXT ? null : text);
    case 'digest':
    case 'timestamp':
    case 'date':
      return (text) => text || null;
    case 'boolean':
      return (text) => (text === '' ? null : text === 'true');
    default:
      return (text) => (text === '' ? null : Number(text));
  }
}

/** The same items, the next one always asked for already: whoever makes them works while they are used. */
async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    while (true) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      // Awaited only after the consumer is done with this item: until then its failure is nobody's.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}
