import type { FormatName, StreamedFormat } from '../names.ts';
import type { Format } from '../report.ts';
import { csv } from './csv.ts';
import { json, ndjson } from './json.ts';
import { markdown } from './markdown.ts';
import { table } from './table.ts';

/** The formats that write rows as they stream by, by the name that `--format` takes. */
export const FORMATS: Readonly<Record<StreamedFormat, Format>> = { table, csv, json, ndjson, markdown };

/** The `Content-Type` of each format. */
export const CONTENT_TYPES: Readonly<Record<FormatName, string>> = {
  table: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
};
