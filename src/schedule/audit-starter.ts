import type { Lane, TaskReference } from '../queue/queue.ts';
import type { AuditStatus } from '../store/audit-store.ts';

/** What scheduling asks of the audit: to begin, once, and to tell how it stands. */
export interface AuditStarter {
  /**
   * Makes an audit of the source and its first tasks, in one transaction. Of several processes that ask at once, one
   * starts it; an audit of a source never overlaps another of the same source.
   * @param slot the moment of its schedule that the audit is for; each slot of a source is served once
   */
  startAudit(source: string, lane: Lane, slot?: Date): Promise<SlotOutcome>;
  /** The latest audit of a source, under way or ended; undefined when there never was one. */
  lastAudit(source: string): Promise<LastAudit | undefined>;
  auditStatus(auditId: number): Promise<AuditStatus>;
}

/**
 * `started`: the tasks are in the table and have to be queued. `running`: another audit of the source is under way.
 * `served`: the slot had its audit already.
 */
export type SlotOutcome =
  | { readonly kind: 'started'; readonly auditId: number; readonly tasks: readonly TaskReference[] }
  | { readonly kind: 'running'; readonly auditId: number }
  | { readonly kind: 'served'; readonly auditId: number };

export interface LastAudit {
  readonly startedAt: Date;
  /** Absent while it is under way. */
  readonly finishedAt?: Date;
}

/** `incomplete`: it ended, and some items are in `report errors`. */
