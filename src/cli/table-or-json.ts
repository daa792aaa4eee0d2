import { SettingsError } from '../errors.ts';
import { printable } from '../report/plain-text.ts';
import { type Io, writeResult } from './io.ts';

export type TableOrJson = 'table' | 'json';

/** @throws SettingsError when the text is neither */
export function parseTableOrJson(text: string): TableOrJson {
  if (text === 'table' || text === 'json') return text;
  throw new SettingsError(`--format ${text}: write table or json`);
}

/** Writes a value as JSON, or the lines that say the same for people; what images brought in cannot move the cursor. */
export async function writeTableOrJson(
  io: Io,
  format: TableOrJson,
  value: object,
  lines: readonly string[],
): Promise<void> {
  const text =
    format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : lines.map((line) => `${printable(line)}\n`).join('');
  await writeResult(io, [text]);
}
