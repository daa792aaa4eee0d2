import { extname } from 'node:path';
import { withStore } from '../../app/open-store.ts';
import type { Database } from '../../database/database.ts';
import { reportText } from '../../html/report-text.ts';
import { globRegex, type ReportFilters } from '../../report/filters.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import type { FormatName } from '../../report/names.ts';
import { openReport } from '../../report/open-report.ts';
import type { AuditSummary, FormatOptions, Report } from '../../report/report.ts';
import { destinationOf } from '../../settings/destination.ts';
import type { Settings } from '../../settings/settings.ts';
import { isKnownRepository } from '../../store/inventory-store.ts';
import { isKnownTeam } from '../../store/team-store.ts';
import { type Io, showsColours, terminalColumns, todayOf, writeResult } from '../io.ts';
import type { Session } from '../prepare.ts';
import { writeOutput } from '../write-output.ts';

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
  return withStore(settings, 'read', async (db) => {
    const now = io.now();
    const report = await openReport(db, kind, { filters, audit, sort, limit, now, prices });
    const selection = Object.keys(filters).length > 0 || audit !== undefined ? filters : undefined;
    const terminal = isFile(output) ? {} : terminalOptions(io);
    const text = reportText(db, report, format, { now, prices, selection, audit, ...terminal });
    await emit(io, { output, format }, interruptible(text, io.signal), report.audit);
    const problem = session.quiet ? undefined : await findProblem(db, settings, report, filters);
    if (problem !== undefined) session.notices.problem(problem);
  });
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

/** Kinds that have rows even if no audit has finished, and of repositories that could not be listed. */
const SHOW_FAILED_AUDITS: readonly string[] = ['errors', 'audits'];

/** What may explain a report without rows or figures: there is no audit, or a filter is misspelt, or else its `lack`. */
export async function findProblem(
  db: Database,
  settings: Settings,
  { audit, kind, lack }: Pick<Report, 'audit' | 'kind' | 'lack'>,
  filters: ReportFilters,
): Promise<string | undefined> {
  const needsAudit = !SHOW_FAILED_AUDITS.includes(kind);
  if (!audit && needsAudit) return noAudit(settings, filters);
  const { team, repository } = filters;
  if (team !== undefined && !(await isKnownTeam(db, team)))
    return `no repository belongs to team "${team}": "slimboard report teams" lists all teams`;
  if (needsAudit && repository !== undefined && !(await isKnownRepository(db, globRegex(repository))))
    return `no repository matches "${repository}": "slimboard report repositories" lists all repositories`;
  const reason = lack?.();
  return reason && `no figures: ${reason}`;
}

/** The message beside a report for which there is no audit: the user may be in another folder. */
function noAudit({ databaseUrl, dataDir }: Settings, { source }: ReportFilters): string {
  const where = databaseUrl === undefined ? dataDir : 'this database';
  if (source !== undefined)
    return `no audit of source "${source}" has ended yet in ${where}: "slimboard report audits" lists all audits`;
  return `no audit has ended in ${where} yet: "slimboard audit HOST" runs one, "slimboard status" shows how far it is`;
}

function terminalOptions({ stdout, environment }: Io): FormatOptions {
  return { colour: showsColours(stdout, environment), width: terminalColumns(stdout) };
}

async function* interruptible(text: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  for await (const piece of text) {
    signal.throwIfAborted();
    yield piece;
  }
}

/** As in other programs and `bases export`, `-` is stdout. */
function isFile(output: string | undefined): output is string {
  return output !== undefined && output !== '-';
}

/** Writes to stdout, or into the file that `output` names. @throws as {@link writeOutput} does */
export async function emit(
  io: Io,
  { output, format }: { readonly output: string | undefined; readonly format: FormatName },
  text: AsyncIterable<string> | Iterable<string>,
  audit: AuditSummary | null,
): Promise<void> {
  if (!isFile(output)) return writeResult(io, text);
  const values = {
    date: todayOf(io),
    audit: audit?.id ?? 0,
    source: audit?.sources.join('+') ?? '',
  };
  await writeOutput(io, destinationOf(output, values, io.cwd), text, format);
}
