import { printable } from '../common/printable.ts';
import type { JsonDocument } from '../report/json-document.ts';
import { type Io, writeResult } from './io.ts';
import type { TableOrJson } from './options.ts';

/** Writes a document as JSON, or as lines of text without control characters, which may come from images. */
export async function writeTableOrJson(
  io: Io,
  format: TableOrJson,
  document: JsonDocument,
  lines: readonly string[],
): Promise<void> {
  await writeResult(io, [format === 'json' ? jsonText(document) : tableText(lines)]);
}

/** Lines as text, with control characters made harmless: they may come from images. */
export function tableText(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** A document as indented JSON, which people can read as well. */
export function jsonText(document: JsonDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
