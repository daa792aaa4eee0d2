import type { FormatName } from '../names.ts';
import type { Format } from '../report.ts';
import { csv } from './csv.ts';
import { html } from './html.ts';
import { json, ndjson } from './json.ts';
import { markdown } from './markdown.ts';
import { table } from './table.ts';

/** Every format of reports, by the name that `--format` takes. */
export const FORMATS = { table, csv, json, ndjson, markdown, html } as const satisfies Record<FormatName, Format>;
