import { rememberLast } from '../../common/remember.ts';
import { AS_JSON, isoTime, NULL_TEXT, SEPARATOR, unpacker } from '../packed-rows.ts';
import { type Cell, type Column, type ColumnType, isText, type Report } from '../report.ts';
import { joining, type RowFormat, writtenRows } from './written-rows.ts';

const LINE_END = '\r\n';

/**
 * CSV as in RFC 4180: a header, CRLF, quotes around cells that need them, unknown values as empty cells. What a spreadsheet
 * would run as a formula gets an apostrophe in front, which spreadsheets read as "this is text", also after a semicolon or
 * the end of a line; control characters are left out.
 */
export async function* csv(report: Report): AsyncGenerator<string> {
  yield report.columns.map(({ name }) => name).join(',') + LINE_END;
  yield* writtenRows(report, ROWS);
}

const ROWS: RowFormat = {
  start: '',
  end: LINE_END,
  cells: (columns) => {
    const write = joining(columns, writerOf);
    const unpack = unpacker(columns);
    const writePlain = joining(columns, plainWriterOf);
    return rememberLast((packed) =>
      UNSAFE_CELLS.test(packed) ? write(unpack(packed)) : writePlain(packed.split(SEPARATOR)),
    );
  },
};

/** Begin a formula: the usual signs, and the full-width ones that Excel treats like them. */
const SIGN = '[=+\\-@\uff1d\uff0b\uff0d\uff20]';
/** Spreadsheets skip these. */
const BLANK = '[\\s\\ufeff]';

const UNSAFE = {
  character: `[",${AS_JSON}-\\x08\\x0a-\\x1f\\x80-\\x9f]`,
  formula: `(?:^|${SEPARATOR}|;)${BLANK}*${SIGN}`,
  blankAtStart: `(?:^|${SEPARATOR})${BLANK}`,
  blankAtEnd: `\\s(?:${SEPARATOR}|$)`,
};
/**
 * Matches packed cells that cannot be copied as they are, because one of them needs quotes or an apostrophe. It finds
 * all cells that the rules for single cells below would change, and some more.
 */
const UNSAFE_CELLS = new RegExp(Object.values(UNSAFE).join('|'));

const WITH_SCALE: ReadonlySet<ColumnType> = new Set(['number', 'percent', 'money']);

/** Returns a function that writes a packed cell, of a run in which UNSAFE_CELLS found nothing, as it is in CSV. */
function plainWriterOf({ type }: Column): (packed: string) => string {
  if (type === 'timestamp') return (packed) => (packed === '' ? '' : isoTime(packed));
  // Postgres pads a numeric with zeros, as in 100.00; a number must look the same whether its row is copied or not.
  if (WITH_SCALE.has(type)) return (packed) => (packed === '' ? '' : String(Number(packed)));
  return (packed) => (packed === NULL_TEXT ? '' : packed);
}

/** Only texts need quotes; negative numbers must stay numbers. */
function writerOf(column: Column): (cell: Cell) => string {
  if (!isText(column)) return (cell) => (cell === null ? '' : String(cell));
  return rememberLast((cell) => (cell === null ? '' : textCell(String(cell))));
}

/** Matches the start of text that spreadsheets read as a formula, also after blanks. */
const FORMULA = new RegExp(`^(?=${BLANK}*${SIGN}|[\\t\\r\\n])`);
/**
 * Matches what lies between two cells of one text: where a comma separates decimals, as in German, Excel takes a semicolon for
 * the end of a cell, and a line's end for that of a row, whatever quotes surround them, and leaves out quotes at the start of
 * the next cell. Whether a formula follows is looked up: a pattern for that would read a million line ends for each of them.
 */
const BETWEEN_CELLS = /[;\r\n]["\s\ufeff]*/g;
const STARTS_FORMULA = new RegExp(SIGN);
const NEEDS_QUOTES = /[",\r\n]|^\s|\s$/;
/** Characters that RFC 4180 has no place for, and that a terminal would obey. */
const CONTROL = /(?![\t\r\n])\p{Cc}/gu;
/** Matches most cells: names that need neither an apostrophe nor quotes. */
const PLAIN = /^\w[\w./:+@-]*(?:;\w[\w./:+@-]*)*$/;

/** @see https://owasp.org/www-community/attacks/CSV_Injection */
function withoutFormulas(text: string): string {
  const begun = text.replace(FORMULA, "'");
  return begun.replace(BETWEEN_CELLS, (between, at: number) =>
    STARTS_FORMULA.test(begun.charAt(at + between.length)) ? between.replace(/[;\r\n]/g, "$&'") : between,
  );
}

function textCell(text: string): string {
  if (PLAIN.test(text)) return text;
  const safe = withoutFormulas(text.replace(CONTROL, ''));
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
