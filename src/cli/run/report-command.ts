import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { openStore } from '../../app.ts';
import { destinationOf, write } from '../../deliver/destination.ts';
import { DeliveryError, SettingsError } from '../../errors.ts';
import { htmlReport } from '../../html/report-file.ts';
import type { ReportFilters } from '../../report/filters.ts';
import { FORMATS } from '../../report/formats/formats.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { KINDS } from '../../report/kinds/kinds.ts';
import { reclaimable } from '../../report/kinds/reclaim.ts';
import type { FormatName, KindName } from '../../report/names.ts';
import { openReport } from '../../report/open-report.ts';
import { parseInUse } from '../../report/reclaim/in-use.ts';
import type { Report } from '../../report/report.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Database } from '../../store/database.ts';
import { type Io, writeResult } from '../io.ts';
import type { Session } from '../prepare.ts';

export interface ReportOptions extends ReportFilters {
  /** Default: as the name of the file says. */
  readonly format?: FormatName;
  readonly output?: string;
  readonly audit?: number;
  readonly sort?: string;
  readonly limit?: number;
}

/** @throws SettingsError when the list of what is in use cannot be read, or the kind takes none */
export async function kindOf(io: Io, name: KindName, inUse: string | undefined): Promise<ReportKind> {
  if (inUse === undefined) return KINDS[name];
  if (name !== 'reclaim') throw new SettingsError(`report ${name} takes no --in-use: only "report reclaim" does`);
  const path = resolve(io.cwd, inUse);
  try {
    return reclaimable(parseInUse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof SettingsError) throw cause;
    throw new SettingsError(`cannot read ${path}, the list of what is in use`, { cause });
  }
}

/** Writes a report to stdout, or into a file. */
export async function reportCommand(session: Session, kind: ReportKind, options: ReportOptions): Promise<void> {
  const { settings, io } = session;
  const { format = formatOfFile(options.output), output, audit, sort, limit, ...filters } = options;
  const db = await openStore(settings, 'read');
  try {
    const report = await openReport(db, kind, {
      filters,
      ...(audit === undefined ? {} : { audit }),
      ...(sort === undefined ? {} : { sort }),
      ...(limit === undefined ? {} : { limit }),
      now: new Date(),
      storagePricePerGBMonth: settings.prices.storagePerGBMonth,
    });
    const filtered = Object.keys(filters).length > 0 || audit !== undefined;
    const text = interruptible(
      textOf(session, db, report, { format, toFile: output !== undefined, filtered }),
      io.signal,
    );
    if (output === undefined) await writeResult(io, text);
    else await writeFile(output, text, report, io);
    if (!report.audit && !session.quiet && !SHOW_FAILED_AUDITS.includes(kind.name))
      io.stderr.write(`slimboard: ${noAudit(settings, filters)}\n`);
  } finally {
    await db.close();
  }
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

/** Kinds that have rows without an audit that ended well. */
const SHOW_FAILED_AUDITS: readonly string[] = ['errors', 'audits'];

/** An empty report may mean that all is well, or that somebody stands in another folder: only the latter needs a word. */
function noAudit({ databaseUrl, dataDir }: Settings, { source }: ReportFilters): string {
  const where = databaseUrl === undefined ? dataDir : 'this database';
  if (source !== undefined)
    return `no audit of a source "${source}" has ended in ${where}: "slimboard report audits" lists them`;
  return `no audit has ended in ${where} yet: "slimboard audit HOST" makes one`;
}

interface Writing {
  readonly format: FormatName;
  readonly toFile: boolean;
  readonly filtered: boolean;
}

async function* textOf(
  { io, settings }: Session,
  db: Database,
  report: Report,
  { format, toFile, filtered }: Writing,
): AsyncGenerator<string> {
  if (format === 'html') {
    const { storagePerGBMonth: storagePricePerGBMonth, currency } = settings.prices;
    yield await htmlReport(db, report, { now: new Date(), storagePricePerGBMonth, currency, filtered });
    return;
  }
  const { isTTY = false, columns } = io.stdout;
  const terminal = isTTY && !toFile;
  yield* FORMATS[format](report, {
    colour: terminal && !io.environment.NO_COLOR,
    ...(terminal && columns !== undefined ? { width: columns } : {}),
  });
}

async function* interruptible(text: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  for await (const piece of text) {
    signal.throwIfAborted();
    yield piece;
  }
}

/** @throws SettingsError when the file that was named cannot be written */
async function writeFile(path: string, text: AsyncIterable<string>, { audit }: Report, io: Io): Promise<void> {
  const values = {
    date: new Date().toISOString().slice(0, 10),
    audit: audit?.id ?? 0,
    source: audit?.sources.join('-') ?? '',
  };
  try {
    await write(destinationOf(path, values, io.cwd), text, 'application/octet-stream', io.signal);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    throw new SettingsError(`${error.message}: name another file by -o`, { cause: error });
  }
}
