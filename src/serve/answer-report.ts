import { text as wholeText } from 'node:stream/consumers';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { SettingsError } from '../errors.ts';
import { CONTENT_TYPES } from '../report/formats/content-types.ts';
import { FORMATS } from '../report/formats/formats.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import type { FormatName } from '../report/names.ts';
import { openReport } from '../report/open-report.ts';
import type { Format, Report } from '../report/report.ts';
import { searched } from '../report/report-page.ts';
import type { Dashboard } from './dashboard.ts';
import { refusal } from './guards.ts';
import type { ReportQuery } from './report-query.ts';

/** Formats that the API writes; the pages are its HTML. */
export const API_FORMATS = ['json', 'ndjson', 'csv', 'markdown'] as const satisfies readonly FormatName[];

/** The media type of a format's answers, without parameters. */
export function contentTypeOf(format: FormatName): string {
  return CONTENT_TYPES[format].split(';')[0] ?? '';
}

/** A JSON answer without a limit of its own ends here; CSV and NDJSON have all rows, for they are read as they come. */
const DEFAULT_JSON_ROWS = 1_000;

/** An answer of so many rows at most is made as a whole; its reader may take its time. */
const MAX_WHOLE_ROWS = 1_000;
/** Longer ones hold one of the pool's ten connections each until their reader has it all; the others are for pages. */
const MAX_UNDER_WAY = 6;

/** @throws SettingsError as `openReport` does, or when there is no such format */
export type AnswerReport = (context: Context, kind: ReportKind, query: ReportQuery) => Promise<Response>;

/** Answers by reports; so many long ones are under way at a time. */
export function reportAnswers(dashboard: Dashboard, limit = MAX_UNDER_WAY): AnswerReport {
  let underWay = 0;
  async function* counted(report: () => Promise<Report>, write: Format): AsyncGenerator<string> {
    underWay++;
    try {
      yield* write(await report(), {});
    } finally {
      underWay--;
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
    if (underWay >= limit)
      return refusal(context, 503, 'busy', 'as many reports as may be are being read: try again', {
        'retry-after': '2',
      });
    const text = counted(report, write);
    // A format's head, then the first rows: what fails until there is an answer of its own.
    const first = [await text.next(), await text.next()];
    const body = bytesOf(first, text, (error) => breakOff(dashboard, context, error));
    return new Response(body, { headers });
  };
}

/** @throws SettingsError when there is no such format */
function formatOf({ format = 'json' }: ReportQuery): (typeof API_FORMATS)[number] {
  const name = API_FORMATS.find((one) => one === format);
  if (name === undefined) throw new SettingsError(`format: write ${API_FORMATS.join(', ')}`);
  return name;
}

function headersOf(kind: ReportKind, format: FormatName): Headers {
  const headers = new Headers({ 'content-type': CONTENT_TYPES[format] });
  if (format === 'csv') headers.set('content-disposition', `attachment; filename="slimboard-${kind.name}.csv"`);
  return headers;
}

function openQuery(
  { db, settings, now }: Dashboard,
  kind: ReportKind,
  { search, format: _, limit: _asked, ...query }: ReportQuery,
  limit: number | undefined,
): Promise<Report> {
  return openReport(db, search === undefined ? kind : searched(kind, search), {
    ...query,
    ...(limit === undefined ? {} : { limit }),
    now: now(),
    storagePricePerGBMonth: settings.prices.storagePerGBMonth,
  });
}

/**
 * Tells the log of an answer that broke off, and cuts its connection, for nobody must take it for whole: the server would
 * do so, too, but write the error to stderr as it is.
 */
function breakOff({ log }: Dashboard, { req, env }: Context, error: unknown): void {
  log.error({ error, path: req.path }, 'an answer broke off');
  const { outgoing } = env as Partial<HttpBindings>;
  if (outgoing === undefined) throw error;
  outgoing.destroy();
}

/** A body that is made as it is read: a reader that leaves ends the query. */
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
