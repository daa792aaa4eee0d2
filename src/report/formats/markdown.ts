import { printable } from '../../common/printable.ts';
import { humanCell } from '../human.ts';
import { isNumeric, type Report } from '../report.ts';
import { unpackRows } from '../row-reader.ts';

/** A table in GitHub-flavoured Markdown. Text from registries is escaped: markup, links and HTML have no effect. */
export async function* markdown({ columns, rows }: Report): AsyncGenerator<string> {
  yield `${line(columns.map(({ name }) => name))}${line(columns.map((column) => (isNumeric(column) ? '---:' : '---')))}`;
  for await (const batch of unpackRows(rows)) {
    yield batch
      .map((cells) => line(columns.map((column, index) => escapeMarkdown(humanCell(column, cells[index] ?? null)))))
      .join('');
  }
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/**
 * Names such as `web-api_v1.2` stay readable: it escapes only what CommonMark or GitHub gives a meaning in a line. GitHub
 * looks for `@name` where entities are decoded already: a space of no width keeps it from a mention.
 * @see github/cmark-gfm#181
 */
function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/(\w)@(?=\w)/g, '$1&#64;')
    .replace(/(^|\W)@/g, '$1@&#8203;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/www\./gi, (match) => `${match.slice(0, 3)}&#46;`);
}
