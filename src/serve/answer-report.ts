import { SettingsError } from '../errors.ts';
import { CONTENT_TYPES } from '../report/formats/content-types.ts';
import { FORMATS } from '../report/formats/formats.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import type { FormatName } from '../report/names.ts';
import { openReport } from '../report/open-report.ts';
import type { Format } from '../report/report.ts';
import { searched } from '../report/report-page.ts';
import type { Dashboard } from './dashboard.ts';
import type { ReportQuery } from './report-query.ts';

/** Formats that the API writes; the pages are its HTML. */
export const API_FORMATS = ['json', 'ndjson', 'csv', 'markdown'] as const satisfies readonly FormatName[];

/** The media type of a format's answers, without parameters. */
export function contentTypeOf(format: FormatName): string {
  return CONTENT_TYPES[format].split(';')[0] ?? '';
}

/** A JSON answer without a limit of its own ends here; CSV and NDJSON have all rows, for they are read as they come. */
const DEFAULT_JSON_ROWS = 1_000;

/** @throws SettingsError as `openReport` does, or when there is no such format */
export async function answerReport(
  { db, settings, now }: Dashboard,
  kind: ReportKind,
  query: ReportQuery,
): Promise<Response> {
  const name = API_FORMATS.find((format) => format === (query.format ?? 'json'));
  if (name === undefined) throw new SettingsError(`format: write ${API_FORMATS.join(', ')}`);
  const { search, format: _, limit = name === 'json' ? DEFAULT_JSON_ROWS : undefined, ...rest } = query;
  const report = await openReport(db, search === undefined ? kind : searched(kind, search), {
    ...rest,
    ...(limit === undefined ? {} : { limit }),
    now: now(),
    storagePricePerGBMonth: settings.prices.storagePerGBMonth,
  });
  const headers = new Headers({ 'content-type': CONTENT_TYPES[name] });
  if (name === 'csv') headers.set('content-disposition', `attachment; filename="slimboard-${kind.name}.csv"`);
  const format: Format = FORMATS[name];
  return new Response(bytesOf(format(report, {})), { headers });
}

/** A body that is made as it is read: a reader that leaves ends the query, and where nobody reads, as of HEAD, none begins. */
function bytesOf(text: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = text[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await iterator.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
