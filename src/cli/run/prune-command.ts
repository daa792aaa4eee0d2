import { withStore } from '../../app/open-store.ts';
import type { Database } from '../../database/database.ts';
import { SettingsError } from '../../errors.ts';
import { listSources } from '../../store/inventory-store.ts';
import { compact } from '../../store/maintenance.ts';
import {
  countPrunable,
  PRUNED,
  type Pruned,
  type PruneOptions,
  prune,
  removeSource,
} from '../../store/retention-store.ts';
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
    if (source !== undefined && !(await removeSource(db, source))) throw await unknownSource(db, source);
    // Whoever keeps everything writes thousands of years: the database knows no times so early.
    const ago = (ms: number): string => new Date(Math.max(0, io.now().getTime() - ms)).toISOString();
    const options: PruneOptions = {
      auditsBefore: ago(settings.retention.audits),
      contentBefore: ago(settings.retention.content),
      signal: io.signal,
    };
    const pruned = dryRun ? await countPrunable(db, options) : await prune(db, options);
    if (!dryRun) await compact(db);
    io.stdout.write(describe(pruned, dryRun, source));
    if (pruned.contentKept)
      notices.problem('an audit is running: content is left as it is; prune again when it has ended');
  });
}

async function unknownSource(db: Database, name: string): Promise<SettingsError> {
  const names = (await listSources(db)).map((source) => source.name).join(', ');
  return new SettingsError(`the database has no source "${name}"; it has: ${names || 'none'}`);
}

function describe(pruned: Pruned, dryRun: boolean, source: string | undefined): string {
  const removed = source === undefined ? 'removed' : `removed the source ${source}, and of the rest`;
  const counts = factLines(PRUNED.map((name) => [name, `${pruned.rows[name]}`]));
  return [dryRun ? 'would remove' : removed, ...counts, ''].join('\n');
}
