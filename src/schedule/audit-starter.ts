import { startAudit } from '../audit/start-audit.ts';
import type { Database } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import type { Lane, TaskQueue } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { findAuditState, findBlockingAudit, findNewestNightly } from '../store/queued-audit-store.ts';

/** What is told with a start. */
export interface StartRequest {
  /** The time in the schedule that the audit is for; each slot of a source is served once. */
  readonly slot?: Date;
  /** Ends the wait for room in the queue. */
  readonly signal?: AbortSignal;
}

/** `running`: another audit of the source is running. `served`: the slot's own audit was started before. */
export interface StartOutcome {
  readonly kind: 'started' | 'running' | 'served';
  readonly auditId: number;
}

/** When an audit ended. */
export interface LastAudit {
  /** Undefined while it is running. */
  readonly finishedAt?: Date | undefined;
}

/** Starts audits for workers, and knows their state. */
export type AuditStarter = ReturnType<typeof createAuditStarter>;

/** The audit that prevents a start may end before it is found; then starting is tried again. */
const START_ATTEMPTS = 3;

/** What audits are started with. */
export interface StarterOptions {
  readonly db: Database;
  readonly queue: TaskQueue;
  /** Returns the sources of the settings. */
  readonly sources: () => Promise<readonly SourceSettings[]>;
  /** ISO 8601. */
  readonly now: () => string;
  /** Called with the source of each audit that was started. */
  readonly onStarted?: (source: SourceSettings, auditId: number) => Promise<void>;
}

/** Creates a starter of audits for workers. The database's constraints decide whether an audit may start. */
export function createAuditStarter({ db, queue, sources, now, onStarted }: StarterOptions) {
  return {
    /**
     * Creates an audit of the source and its first tasks, in one transaction, and queues these. If several processes call
     * this at once, one of them starts the audit. Two audits of one source never overlap.
     */
    async startAudit(name: string, lane: Lane, options: StartRequest = {}): Promise<StartOutcome> {
      const source = (await sources()).find((one) => one.name === name);
      if (!source) throw new SettingsError(`there is no source "${name}" in the settings`);
      const slot = options.slot?.toISOString();
      for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
        const start = { sources: [source], lane, runner: 'queue', alone: false, now: now(), slot } as const;
        const started = await startAudit(db, start);
        if (started) {
          await queue.add(started.tasks, options);
          await onStarted?.(source, started.auditId);
          return { kind: 'started', auditId: started.auditId };
        }
        const obstacle = await findBlockingAudit(db, name, slot);
        // Otherwise, what prevented the start has ended since.
        if (obstacle) return { kind: obstacle.served ? 'served' : 'running', auditId: obstacle.auditId };
      }
      throw new Error(`cannot start an audit of ${name}: other audits of it keep starting and ending`);
    },
    /** The latest audit of a source by its schedule, running or ended; undefined if there never was one. */
    async lastAudit(name: string): Promise<LastAudit | undefined> {
      const audit = await findNewestNightly(db, name);
      return audit && { finishedAt: audit.finishedAt === null ? undefined : new Date(audit.finishedAt) };
    },
    /** `abandoned`: one process ran the audit, and has ended. Workers know nothing of it until it is started again. */
    async auditStatus(auditId: number) {
      return (await findAuditState(db, auditId)) ?? 'failed';
    },
  };
}
