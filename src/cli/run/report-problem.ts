import type { Database } from '../../database/database.ts';
import type { ReportFilters } from '../../report/filters.ts';
import type { ReportRequest } from '../../report/open-report.ts';
import type { Report } from '../../report/report.ts';
import { findUnknownName } from '../../report/unknown-name.ts';
import type { Settings } from '../../settings/settings.ts';

/** Kinds that have rows even if no audit has finished, and of repositories that could not be listed. */
const SHOW_FAILED_AUDITS: readonly string[] = ['errors', 'audits'];

/** What may explain a report without rows or figures: there is no audit, or a filter is misspelt, or else its `lack`. */
export async function findProblem(
  db: Database,
  settings: Settings,
  { audit, kind, lack }: Pick<Report, 'audit' | 'kind' | 'lack'>,
  request: Pick<ReportRequest, 'filters' | 'now'>,
): Promise<string | undefined> {
  const needsAudit = !SHOW_FAILED_AUDITS.includes(kind);
  if (!audit && needsAudit) return noAudit(settings, request.filters);
  const unknown = await findUnknownName(db, request, needsAudit);
  if (unknown !== undefined) return unknown;
  const reason = lack?.();
  return reason && `no figures: ${reason}`;
}

/** The message beside a report for which there is no audit: the user may be in another folder. */
function noAudit({ databaseUrl, dataDir }: Settings, { source }: ReportFilters = {}): string {
  const where = databaseUrl === undefined ? dataDir : 'this database';
  if (source !== undefined)
    return `no audit of source "${source}" in ${where} has results yet: "slimboard report audits" lists all audits`;
  return `no audit in ${where} has results yet: "slimboard audit HOST" runs one, "slimboard status" shows how the last one went`;
}
