import type { StreamedFormat } from '../names.ts';
import type { Format } from '../report.ts';
import { csv } from './csv.ts';
import { json, ndjson } from './json.ts';
import { markdown } from './markdown.ts';
import { table } from './table.ts';

/** The formats that write rows as they stream by, by the name that `--format` takes. */
export const FORMATS: Readonly<Record<StreamedFormat, Format>> = { table, csv, json, ndjson, markdown };
