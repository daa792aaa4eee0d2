import { withStore } from '../../app/open-store.ts';
import { compact } from '../../store/maintenance.ts';
import { countPrunable, PRUNED, type Pruned, type PruneOptions, prune } from '../../store/retention-store.ts';
import { factLines } from '../fact-lines.ts';
import type { Session } from '../prepare.ts';

/** Removes what is older than the settings keep, and shows how many rows that were. */
export async function pruneCommand({ settings, io, notices }: Session, dryRun: boolean): Promise<void> {
  return withStore(settings, 'write', async (db) => {
    const ago = (ms: number): string => new Date(io.now().getTime() - ms).toISOString();
    const options: PruneOptions = {
      auditsBefore: ago(settings.retention.audits),
      contentBefore: ago(settings.retention.content),
      signal: io.signal,
    };
    const pruned = dryRun ? await countPrunable(db, options) : await prune(db, options);
    if (!dryRun) await compact(db);
    io.stdout.write(describe(pruned, dryRun));
    if (pruned.contentKept)
      notices.problem('an audit is running: content is left as it is; prune again when it has ended');
  });
}

function describe(pruned: Pruned, dryRun: boolean): string {
  const counts = factLines(PRUNED.map((name) => [name, `${pruned.rows[name]}`]));
  return [dryRun ? 'would remove' : 'removed', ...counts, ''].join('\n');
}
