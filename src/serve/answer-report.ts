import { text as wholeText } from 'node:stream/consumers';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { SettingsError } from '../errors.ts';
import { CONTENT_TYPES, FORMATS } from '../report/formats/formats.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import { searched } from '../report/kinds/limited-kind.ts';
import type { FormatName } from '../report/names.ts';
import { openReport } from '../report/open-report.ts';
import type { Format, Report } from '../report/report.ts';
import { type Dashboard, presentOf } from './dashboard.ts';
import { busy } from './guards.ts';
import type { ReportQuery } from './report-query.ts';

/** The formats of the API; HTML is left to the dashboard's pages. */
export const API_FORMATS = ['json', 'ndjson', 'csv', 'markdown'] as const satisfies readonly FormatName[];

/** The media type of a format, without parameters: `text/csv`. */
export function contentTypeOf(format: FormatName): string {
  return CONTENT_TYPES[format].split(';')[0] ?? '';
}

/** The limit of a JSON answer when the query sets none. CSV and NDJSON have none: clients read them as streams. */
const DEFAULT_JSON_ROWS = 1_000;

/** Answers of at most this many rows are rendered before they are sent: a slow client holds no connection then. */
const MAX_WHOLE_ROWS = 1_000;
/** Each longer answer holds one of the pool's ten connections until its client has read it; the rest serve pages. */
const MAX_STREAMS = 6;

/**
 * Answers a request with a report, in the format that the query names (default JSON). An answer that may have more than
 * 1,000 rows is streamed; when too many streams are open, the answer is a 503.
 * @throws SettingsError as `openReport` does, or when there is no such format
 */
export type AnswerReport = (context: Context, kind: ReportKind, query: ReportQuery) => Promise<Response>;

/** Makes the function that answers with reports; it streams at most `limit` of them at a time. */
export function createReportAnswerer(dashboard: Dashboard, limit = MAX_STREAMS): AnswerReport {
  let streams = 0;
  async function* counted(report: () => Promise<Report>, write: Format): AsyncGenerator<string> {
    streams++;
    try {
      yield* write(await report(), {});
    } finally {
      streams--;
    }
  }
  return async (context, kind, query) => {
    const name = formatOf(query);
    const headers = headersOf(kind, name);
    const write: Format = FORMATS[name];
    const rows = query.limit ?? (name === 'json' ? DEFAULT_JSON_ROWS : undefined);
    const report = () => openQuery(dashboard, kind, query, rows);
    if (context.req.method === 'HEAD') {
      await report();
      return new Response(null, { headers });
    }
    if (rows !== undefined && rows <= MAX_WHOLE_ROWS)
      return new Response(await wholeText(write(await report(), {})), { headers });
    if (streams >= limit) return busy(context, 'too many large reports are being read');
    const text = counted(report, write);
    // The format's head and the first rows: an error until then becomes an error response.
    const first = [await text.next(), await text.next()];
    const body = bytesOf(first, text, (error) => breakOff(dashboard, context, error));
    return new Response(body, { headers });
  };
}

/** @throws SettingsError when there is no such format */
function formatOf({ format = 'json' }: ReportQuery): (typeof API_FORMATS)[number] {
  const name = API_FORMATS.find((known) => known === format);
  if (name === undefined)
    throw new SettingsError(`unknown format "${format.slice(0, 40)}": expected ${API_FORMATS.join(', ')}`);
  return name;
}

function headersOf(kind: ReportKind, format: FormatName): Headers {
  const headers = new Headers({ 'content-type': CONTENT_TYPES[format] });
  if (format === 'csv') headers.set('content-disposition', `attachment; filename="slimboard-${kind.name}.csv"`);
  return headers;
}

function openQuery(
  dashboard: Dashboard,
  kind: ReportKind,
  { search, format: _, limit: _asked, ...query }: ReportQuery,
  limit: number | undefined,
): Promise<Report> {
  return openReport(dashboard.db, searched(kind, search), {
    ...query,
    limit,
    ...presentOf(dashboard),
  });
}

/**
 * Logs that an answer broke off, and destroys its connection so that the client cannot take it for complete. The server
 * would do so as well, but would write the raw error to stderr.
 */
function breakOff({ log }: Dashboard, { req, env }: Context, error: unknown): void {
  log.error({ error, path: req.path }, 'a report failed while it was being sent: the connection was closed');
  const { outgoing } = env as Partial<HttpBindings>;
  if (outgoing === undefined) throw error;
  outgoing.destroy();
}

/** A body that is generated as the client reads it; a client that disconnects ends the query. */
function bytesOf(
  first: IteratorResult<string, unknown>[],
  text: AsyncGenerator<string>,
  fail: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = first.shift() ?? (await text.next().catch(fail));
        if (next?.done) controller.close();
        else if (next) controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await text.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
