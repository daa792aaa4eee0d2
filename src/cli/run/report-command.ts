import { extname } from 'node:path';
import { withStore } from '../../app/open-store.ts';
import { reportText } from '../../html/report-text.ts';
import type { ReportFilters } from '../../report/filters.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { comparedSince, leaderboard } from '../../report/leaderboard.ts';
import type { FormatName, Grouping, Metric } from '../../report/names.ts';
import { checkRequest, openReport } from '../../report/open-report.ts';
import type { FormatOptions } from '../../report/report.ts';
import { type Io, showsColours, terminalColumns } from '../io.ts';
import type { Session } from '../prepare.ts';
import { checkOutput, namesFile, writeOutput } from '../write-output.ts';
import { findProblem } from './report-problem.ts';

/** The options of `report`, those of `report reclaim` aside. */
export interface ReportOptions extends ReportFilters {
  /** Default: by the ending of the output file's name, else `table`. */
  readonly format?: FormatName;
  readonly output?: string;
  readonly audit?: number;
  readonly sort?: string;
  readonly limit?: number;
}

/** Returns the filters among the options. */
export function filtersOf({ format, output, audit, sort, limit, ...filters }: ReportOptions): ReportFilters {
  return filters;
}

/** Writes a report to stdout or into a file. */
export async function reportCommand(session: Session, kind: ReportKind, options: ReportOptions): Promise<void> {
  const { settings, io } = session;
  const { format = formatOfFile(options.output), output, audit, sort, limit } = options;
  const filters = filtersOf(options);
  const { prices } = settings;
  const now = io.now();
  const request = { filters, audit, sort, limit, now, prices };
  checkRequest(kind, request);
  checkOutput(output);
  return withStore(settings, 'read', async (db) => {
    const report = await openReport(db, kind, request);
    const terminal = namesFile(output) ? {} : terminalOptions(io);
    const text = reportText(db, report, format, { now, prices, filters, audit, ...terminal });
    await writeOutput(io, { output, format }, text, report.audit);
    const problem = session.quiet ? undefined : await findProblem(db, settings, report, request);
    if (problem !== undefined) session.notices.problem(problem);
  });
}

/** The options of `leaderboard`. */
export interface LeaderboardCommandOptions extends ReportOptions {
  readonly by: Grouping;
  readonly metric: Metric;
}

/** Writes a leaderboard to stdout or into a file. @throws SettingsError when `since` is no time, or has no effect */
export async function leaderboardCommand(
  session: Session,
  { by, metric, since, ...options }: LeaderboardCommandOptions,
): Promise<void> {
  const compared = since === undefined ? {} : { since: comparedSince(since, by, session.io.now()) };
  await reportCommand(session, leaderboard({ by, metric, ...compared }), options);
}

const FORMATS_BY_ENDING: Readonly<Record<string, FormatName>> = {
  '.csv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.md': 'markdown',
  '.html': 'html',
};

function formatOfFile(path: string | undefined): FormatName {
  return FORMATS_BY_ENDING[extname(path ?? '').toLowerCase()] ?? 'table';
}

function terminalOptions({ stdout, environment }: Io): FormatOptions {
  return { colour: showsColours(stdout, environment), width: terminalColumns(stdout) };
}
