import { Patience } from '../../app/patience.ts';
import { runAudit } from '../../app/run-audit.ts';
import { itemName } from '../../audit/item-error.ts';
import { counted } from '../../common/plural.ts';
import { sum } from '../../common/sum.ts';
import { createDelivery } from '../../deliver/create-delivery.ts';
import type { AuditRow } from '../../store/audit-store.ts';
import { type ErrorSummary, summarizeErrors } from '../../store/error-store.ts';
import { compact } from '../../store/maintenance.ts';
import { EXIT, type ExitCode, exitCodeOfStatus } from '../exit-code.ts';
import type { Session } from '../prepare.ts';
import { createProgress } from '../progress.ts';
import { describeSharedRepositories } from '../shared-repositories.ts';
import { labelled, MAX_FAILURES_SHOWN } from '../text.ts';
import { type SelectionFlags, wantedSources } from '../wanted-sources.ts';

/** Runs one audit to its end and shows the outcome. */
export async function auditCommand(
  session: Session,
  targets: readonly string[],
  flags: SelectionFlags,
): Promise<ExitCode> {
  const { settings, io, log } = session;
  const sources = wantedSources(targets, settings, flags);
  const patience = new Patience({
    signal: io.signal,
    onOutage: ({ message }) => log.warn(`waiting for the database, for a minute at most: ${message}`),
  });
  const db = await patience.open(settings);
  const deliver = createDelivery({ settings, environment: io.environment, db, log, folder: io.cwd });
  const progress = createProgress(session);
  let ownId: number | undefined;
  /** Whether a delivery failed that an earlier audit had left. It is an error of that audit. */
  let failedEarlier = false;
  try {
    const audit = await runAudit({
      db,
      settings,
      sources,
      environment: io.environment,
      signal: patience.signal,
      storeFailures: () => patience.failures,
      events: {
        ...progress.events,
        itemFailed(source, error, auditId) {
          if (auditId === ownId) progress.events.itemFailed(source, error, auditId);
          else failedEarlier = true;
        },
      },
      onNote: (note) => log.warn(note),
      onWait: progress.waits,
      onStart: ({ auditId, resumed }) => {
        ownId = auditId;
        progress.starts();
        if (resumed) progress.resumed(auditId);
        else log.debug({ audit: auditId }, 'audit started');
      },
      onRequest: progress.countRequest,
      deliver: (auditId, signal) => patience.outlast(() => deliver(auditId, signal)),
    });
    await compact(db);
    progress.end();
    const errors = await summarizeErrors(db, audit.id, MAX_FAILURES_SHOWN);
    conclude(session, audit, errors);
    const names = sources.map(({ name }) => name);
    for (const note of await describeSharedRepositories(db, (source) => names.includes(source))) log.warn(note);
    return exitCodeOf(audit, errors, failedEarlier);
  } finally {
    progress.end();
    await db.close();
  }
}

function exitCodeOf({ status }: AuditRow, { count, groups }: ErrorSummary, failedEarlier: boolean): ExitCode {
  // Reports are delivered after the status is decided: their failures are counted here.
  if (status === 'finished' && (count > 0 || failedEarlier)) return EXIT.incomplete;
  const isMisconfigured = status === 'failed' && count > 0 && groups.every(({ code }) => code === 'settings');
  return isMisconfigured ? EXIT.usage : exitCodeOfStatus(status);
}

function conclude({ notices }: Session, audit: AuditRow, errors: ErrorSummary): void {
  for (const group of errors.groups) {
    const { source, message, count } = group;
    const name = itemName(group) || source;
    notices.problem(count === 1 ? labelled(name, message) : `${name} and ${count - 1} more: ${message}`);
  }
  const others = errors.count - sum(errors.groups.map(({ count }) => count));
  if (others > 0) notices.problem(`… and ${others} more`);
  if (errors.count > 0) notices.problem('"slimboard report errors" lists every item that failed');
  const parts = [
    `audit ${audit.id} ${audit.status}`,
    counted(audit.repositoriesListed, 'repository'),
    `${counted(audit.tagsListed, 'tag')}: ${audit.tagsAudited} audited, ${audit.tagsSkipped} skipped, ${audit.tagsFailed} failed`,
    counted(audit.requests, 'request'),
  ];
  notices.info(parts.join(' · '));
}
