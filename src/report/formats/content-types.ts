import type { FormatName } from '../names.ts';

/** The `Content-Type` of each format. */
export const CONTENT_TYPES: Readonly<Record<FormatName, string>> = {
  table: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
};
