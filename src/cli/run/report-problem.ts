import type { Database } from '../../database/database.ts';
import { registryHostOf } from '../../oci/reference.ts';
import type { ReportFilters } from '../../report/filters.ts';
import { globRegex } from '../../report/glob-regex.ts';
import type { Report } from '../../report/report.ts';
import type { Settings } from '../../settings/settings.ts';
import { isKnownRegistry, isKnownRepository } from '../../store/inventory-store.ts';
import { isKnownSource } from '../../store/source-store.ts';
import { isKnownTeam } from '../../store/team-store.ts';

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
  const { source, registry, team, repository } = filters;
  if (source !== undefined && !(await isKnownSource(db, source)))
    return `no audit has read a source "${source}": "slimboard report audits" lists all audits`;
  if (needsAudit && registry !== undefined && !(await isKnownRegistry(db, registryHostOf(registry))))
    return `no repository is in registry "${registry}": "slimboard report repositories" lists all repositories`;
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
