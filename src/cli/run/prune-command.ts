import { withStore } from '../../app/open-store.ts';
import type { Database } from '../../database/database.ts';
import { SettingsError } from '../../errors.ts';
import { compact } from '../../store/maintenance.ts';
import {
  countPrunable,
  PRUNED,
  type Pruned,
  type PruneOptions,
  prune,
  removeSource,
} from '../../store/retention-store.ts';
import { listSources } from '../../store/source-store.ts';
import type { Session } from '../prepare.ts';
import { factLines } from '../text.ts';

/** The flags of `prune`. */
export interface PruneFlags {
  readonly dryRun?: boolean;
  /** A source to remove. */
  readonly source?: string;
}

/** Removes what is older than the settings keep, and shows how many rows that were. */
export async function pruneCommand(
  { settings, io, notices }: Session,
  { dryRun = false, source }: PruneFlags,
): Promise<void> {
  if (settings.sources.some(({ name }) => name === source))
    throw new SettingsError(`the settings have a source "${source}": remove it there first, or the next audit adds it`);
  return withStore(settings, 'write', async (db) => {
    if (source !== undefined) await requireSource(db, source);
    // Whoever keeps everything writes thousands of years: the database knows no times so early.
    const ago = (ms: number): string => new Date(Math.max(0, io.now().getTime() - ms)).toISOString();
    const options: PruneOptions = {
      auditsBefore: ago(settings.retention.audits),
      contentBefore: ago(settings.retention.content),
      signal: io.signal,
    };
    const pruned = dryRun ? await countPrunable(db, options, source) : await remove(db, options, source);
    io.stdout.write(describe(pruned, dryRun, source));
    if (pruned.contentKept)
      notices.problem('an audit is running: content is left as it is; prune again when it has ended');
  });
}

async function requireSource(db: Database, name: string): Promise<void> {
  const names = (await listSources(db)).map((source) => source.name);
  if (!names.includes(name))
    throw new SettingsError(`the database has no source "${name}"; it has: ${names.join(', ') || 'none'}`);
}

async function remove(db: Database, options: PruneOptions, source: string | undefined): Promise<Pruned> {
  if (source !== undefined) await removeSource(db, source);
  const pruned = await prune(db, options);
  await compact(db);
  return pruned;
}

function describe(pruned: Pruned, dryRun: boolean, source: string | undefined): string {
  const removed = dryRun ? 'would remove' : 'removed';
  const counts = factLines(PRUNED.map((name) => [name, `${pruned.rows[name]}`]));
  return [source === undefined ? removed : `${removed} the source ${source}, and of the rest`, ...counts, ''].join(
    '\n',
  );
}
