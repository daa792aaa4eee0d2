import { AS_JSON, NULL_TEXT, SEPARATOR, unpacker } from '../packed-rows.ts';
import { remembering } from '../remembering.ts';
import type { Cell, Cells, Column, ColumnType, Report } from '../report.ts';

const LINE_END = '\r\n';

/**
 * CSV by RFC 4180: a header, CRLF, cells quoted where they must be, unknown as an empty cell. Text that a spreadsheet
 * would run as a formula starts with an apostrophe, which spreadsheets read as "this is text".
 */
export async function* csv({ columns, rows, lines }: Report): AsyncGenerator<string> {
  yield columns.map(({ name }) => name).join(',') + LINE_END;
  const write = rowWriter(columns);
  if (!lines) {
    for await (const batch of rows) yield batch.map(write).join('');
    return;
  }
  const unpack = unpacker(columns);
  const writeLine = (line: string) => (UNSAFE_LINE.test(line) ? write(unpack(line)) : plainLine(line));
  for await (const batch of lines) yield batch.map(writeLine).join('');
}

function rowWriter(columns: readonly Column[]): (cells: Cells) => string {
  const writers = columns.map(writerOf);
  // One list for all rows, joined: adding up a row's cells makes a hundred short-lived strings of it.
  const texts = columns.map(() => '');
  return (cells) => {
    for (let index = 0; index < texts.length; index++) texts[index] = writers[index]?.(cells[index] ?? null) ?? '';
    return texts.join(',') + LINE_END;
  };
}

/** A packed row that has a cell which must be quoted, or told to be text: what the rules for cells below find, and more. */
const UNSAFE_LINE = new RegExp(
  `[",\\r\\n${AS_JSON}]|(?:^|${SEPARATOR})[\\s\\ufeff=+\\-@\\uff1d\\uff0b\\uff0d\\uff20]|\\s(?:${SEPARATOR}|$)`,
);
const SEPARATORS = new RegExp(SEPARATOR, 'g');
const NULLS = new RegExp(NULL_TEXT, 'g');

function plainLine(line: string): string {
  return line.replace(NULLS, '').replace(SEPARATORS, ',') + LINE_END;
}

/** Types whose cells the report itself writes, of letters, digits, colons and dashes: nothing in them needs a quote. */
const SAFE: ReadonlySet<ColumnType> = new Set([
  'bytes',
  'integer',
  'number',
  'percent',
  'money',
  'boolean',
  'timestamp',
  'date',
  'digest',
]);

function writerOf({ type }: Column): (cell: Cell) => string {
  if (SAFE.has(type)) return (cell) => (cell === null ? '' : String(cell));
  return remembering((cell) => (cell === null ? '' : textCell(String(cell))));
}

/**
 * What spreadsheets take for the start of a formula, also behind blanks and in the full-width forms that Excel folds.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;
/** What most cells are: names that neither of the rules above concerns. */
const PLAIN = /^\w[\w./:;+@-]*$/;

function textCell(text: string): string {
  if (PLAIN.test(text)) return text;
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
