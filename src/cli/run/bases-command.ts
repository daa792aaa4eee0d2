import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { withStore } from '../../app/open-store.ts';
import { exportBases, importBases } from '../../catalogue/file.ts';
import { listBases } from '../../catalogue/listing.ts';
import { counted } from '../../common/plural.ts';
import type { Database } from '../../database/database.ts';
import { isFileError, unreadableFile } from '../../errors.ts';
import { FORMATS } from '../../report/formats/formats.ts';
import type { StreamedFormat } from '../../report/names.ts';
import { countBases } from '../../store/catalogue-store.ts';
import { type Io, terminalColumns, writeResult } from '../io.ts';
import type { Session } from '../prepare.ts';
import { namesFile, writeDestination } from '../write-output.ts';

/** Writes the catalogue as a report. */
export async function listCommand(
  session: Session,
  pattern: string | undefined,
  { format, all = false }: { readonly format: StreamedFormat; readonly all?: boolean },
): Promise<void> {
  await withStore(session.settings, 'read', async (db) => {
    const { stdout } = session.io;
    const report = listBases(db, { all, pattern });
    await writeResult(session.io, FORMATS[format](report, { width: terminalColumns(stdout) }));
    await tellIfEmpty(session, db);
  });
}

async function tellIfEmpty({ notices }: Session, db: Database): Promise<void> {
  if ((await countBases(db)) === 0)
    notices.info('the catalogue is empty: "slimboard bases learn HOST/REPO:TAG" adds base images');
}

/** Exports the catalogue into a file, all of it or nothing; `-` is stdout. */
export async function exportCommand(session: Session, file: string): Promise<void> {
  await withStore(session.settings, 'read', async (db) => {
    const { io } = session;
    const text = exportBases(db);
    if (namesFile(file)) await writeDestination(io, { kind: 'file', path: resolve(io.cwd, file) }, text, 'ndjson');
    else await writeResult(io, text);
    await tellIfEmpty(session, db);
  });
}

/** Imports a catalogue from a file, all of it or nothing; `-` is stdin. */
export async function importCommand(session: Session, file: string): Promise<void> {
  await withStore(session.settings, 'write', async (db) => {
    const rows = await importBases(db, linesOf(session.io, file), file === '-' ? 'stdin' : file);
    session.notices.info(`${counted(rows, 'base image')} read`);
  });
}

async function* linesOf(io: Io, file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(resolve(io.cwd, file));
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      io.signal.throwIfAborted();
      yield line;
    }
  } catch (error) {
    throw isFileError(error) ? unreadableFile(file, error) : error;
  }
}
