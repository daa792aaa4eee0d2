import type { Lane, TaskReference } from '../queue/queue.ts';
import type { AuditStatus } from '../store/audit-store.ts';

/** What scheduling needs from audits: to start them, and to know their state. */
export interface AuditStarter {
  /**
   * Creates an audit of the source and its first tasks, in one transaction. If several processes call this at once, one
   * of them starts the audit. Two audits of one source never overlap.
   * @param slot the time in the schedule that the audit is for; each slot of a source is served once
   */
  startAudit(source: string, lane: Lane, slot?: Date): Promise<StartOutcome>;
  /** The latest audit of a source by its schedule, running or ended; undefined if there never was one. */
  lastAudit(source: string): Promise<LastAudit | undefined>;
  /** `abandoned`: one process ran the audit, and has ended. Workers know nothing of it until it is started again. */
  auditStatus(auditId: number): Promise<AuditStatus | 'abandoned'>;
}

/**
 * `started`: the tasks are in the database, and the caller has to queue them. `running`: another audit of the source is
 * running. `served`: the slot has had its audit already.
 */
export type StartOutcome =
  | { readonly kind: 'started'; readonly auditId: number; readonly tasks: readonly TaskReference[] }
  | { readonly kind: 'running'; readonly auditId: number }
  | { readonly kind: 'served'; readonly auditId: number };

/** When an audit ran. */
export interface LastAudit {
  readonly startedAt: Date;
  /** Undefined while it is running. */
  readonly finishedAt?: Date | undefined;
}
