import { dayOf } from '../common/day.ts';
import type { Database } from '../database/database.ts';
import { reportText } from '../html/report-text.ts';
import type { Logger } from '../log.ts';
import { CONTENT_TYPES } from '../report/formats/formats.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import { KINDS } from '../report/kinds/kinds.ts';
import { leaderboard } from '../report/leaderboard.ts';
import { openReport } from '../report/open-report.ts';
import { destinationOf, formatDestination } from '../settings/destination.ts';
import type { ReportSettings, Settings } from '../settings/settings.ts';
import type { AuditRow } from '../store/audit-store.ts';
import { writeTo } from './write-destination.ts';

/** What {@link writeReport} works with. */
export interface ReportWriter {
  readonly settings: Pick<Settings, 'prices'>;
  readonly db: Database;
  readonly log: Logger;
  /** The folder that relative paths start from. */
  readonly folder: string;
}

/** An audit that has ended, with what `{source}` in a path stands for. */
export interface EndedAudit extends AuditRow {
  readonly source: string;
}

/**
 * Writes a configured report after an audit has ended.
 * @throws DeliveryError when it cannot be written
 */
export async function writeReport(
  { settings, db, log, folder }: ReportWriter,
  { kind, format, path }: ReportSettings,
  audit: EndedAudit,
  signal: AbortSignal,
): Promise<void> {
  const { prices } = settings;
  // The end of the audit, not the current time, so that a second attempt after midnight writes the same file.
  const now = new Date(audit.finishedAt ?? audit.startedAt);
  const report = await openReport(db, kindNamed(kind), { now, prices });
  const text = reportText(db, report, format, { now, prices });
  const destination = destinationOf(path, { date: dayOf(now), audit: audit.id, source: audit.source }, folder);
  await writeTo(destination, text, { contentType: CONTENT_TYPES[format], signal });
  log.info({ audit: audit.id, report: kind }, `wrote ${formatDestination(destination)}`);
}

function kindNamed(name: ReportSettings['kind']): ReportKind {
  return name === 'leaderboard' ? leaderboard({ by: 'team', metric: 'stored' }) : KINDS[name];
}
