import type { Lane, TaskReference } from '../../src/queue/queue.ts';
import type { AuditStarter, LastAudit, StartOutcome, StartRequest } from '../../src/schedule/audit-starter.ts';
import type { AuditStatus } from '../../src/store/audit-store.ts';
import { task } from './task.ts';

/** An audit that {@link MemoryAudits} has started. */
export interface MemoryAudit extends LastAudit {
  readonly source: string;
  readonly lane: Lane;
  readonly slot: number | undefined;
  status: AuditStatus | 'abandoned';
}

/** An `AuditStarter` in memory, with the same guarantees as the one on the database. */
export class MemoryAudits implements AuditStarter {
  readonly audits: MemoryAudit[] = [];
  /** Every call of `startAudit`, with its outcome. */
  readonly calls: { source: string; slot: string | undefined; outcome: StartOutcome['kind'] }[] = [];
  /** The tasks of audits that were started. */
  readonly queued: TaskReference[] = [];
  /** Whether audits finish as soon as they start; otherwise they stay running. */
  endAtOnce = true;

  async startAudit(source: string, lane: Lane, { slot }: StartRequest = {}): Promise<StartOutcome> {
    const outcome = this.#start(source, lane, slot?.getTime());
    this.calls.push({ source, slot: slot?.toISOString(), outcome: outcome.kind });
    return outcome;
  }

  async lastAudit(source: string): Promise<LastAudit | undefined> {
    return this.audits.findLast((audit) => audit.source === source && audit.lane === 'nightly');
  }

  async auditStatus(auditId: number): Promise<AuditStatus | 'abandoned'> {
    return this.audits[auditId - 1]?.status ?? 'failed';
  }

  #start(source: string, lane: Lane, slot: number | undefined): StartOutcome {
    const ofSource = (audit: MemoryAudit) => audit.source === source;
    const running = this.audits.findIndex((audit) => ofSource(audit) && audit.status === 'running');
    if (running >= 0) return { kind: 'running', auditId: running + 1 };
    const served = this.audits.findIndex((audit) => ofSource(audit) && slot !== undefined && audit.slot === slot);
    if (served >= 0) return { kind: 'served', auditId: served + 1 };
    const end = this.endAtOnce
      ? ({ finishedAt: new Date(), status: 'finished' } as const)
      : ({ status: 'running' } as const);
    const auditId = this.audits.push({ source, lane, slot, ...end });
    this.queued.push(task('source', source, { auditId, lane }));
    return { kind: 'started', auditId };
  }
}
