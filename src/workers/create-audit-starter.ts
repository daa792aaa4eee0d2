import { startAudit } from '../audit/start-audit.ts';
import type { Database } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import type { AuditStarter } from '../schedule/audit-starter.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { findAuditState, findBlockingAudit, findNewestNightly } from '../store/queued-audit-store.ts';

/** The audit that prevents a start may end before it is found; then starting is tried again. */
const START_ATTEMPTS = 3;

/** Creates a starter of audits for workers. The database's constraints decide whether an audit may start. */
export function createAuditStarter(
  db: Database,
  sources: () => Promise<readonly SourceSettings[]>,
  now: () => string,
): AuditStarter {
  return {
    async startAudit(name, lane, slotDate) {
      const source = (await sources()).find((one) => one.name === name);
      if (!source) throw new SettingsError(`there is no source "${name}" in the settings`);
      const slot = slotDate?.toISOString();
      for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
        const started = await startAudit(db, {
          sources: [source],
          lane,
          runner: 'queue',
          alone: false,
          now: now(),
          slot,
        });
        if (started) return { kind: 'started', auditId: started.auditId, tasks: started.tasks };
        const obstacle = await findBlockingAudit(db, name, slot);
        if (obstacle) return { kind: obstacle.running ? 'running' : 'served', auditId: obstacle.auditId };
      }
      throw new Error(`cannot start an audit of ${name}: other audits of it keep starting and ending`);
    },
    async lastAudit(name) {
      const audit = await findNewestNightly(db, name);
      if (!audit) return undefined;
      const { startedAt, finishedAt } = audit;
      return { startedAt: new Date(startedAt), finishedAt: finishedAt === null ? undefined : new Date(finishedAt) };
    },
    async auditStatus(auditId) {
      return (await findAuditState(db, auditId)) ?? 'failed';
    },
  };
}
