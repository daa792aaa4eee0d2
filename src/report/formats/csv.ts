import type { Cell, Column, ColumnType, Report } from '../report.ts';

const LINE_END = '\r\n';

/**
 * CSV by RFC 4180: a header, CRLF, cells quoted where they must be, unknown as an empty cell. Text that a spreadsheet
 * would run as a formula starts with an apostrophe, which spreadsheets read as "this is text".
 */
export async function* csv({ columns, rows }: Report): AsyncGenerator<string> {
  yield columns.map(({ name }) => name).join(',') + LINE_END;
  const writers = columns.map(writerOf);
  for await (const batch of rows) {
    let text = '';
    for (const cells of batch) {
      let line = '';
      for (let index = 0; index < writers.length; index++) {
        const cell = cells[index];
        if (index > 0) line += ',';
        if (cell !== null && cell !== undefined) line += writers[index]?.(cell);
      }
      text += line + LINE_END;
    }
    yield text;
  }
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

function writerOf({ type }: Column): (cell: NonNullable<Cell>) => string {
  return SAFE.has(type) ? String : (cell) => (typeof cell === 'string' ? textCell(cell) : String(cell));
}

/**
 * What spreadsheets take for the start of a formula, also behind blanks and in the full-width forms that Excel folds.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;

function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
