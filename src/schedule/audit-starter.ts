import { type StartOptions, startAudit } from '../audit/start-audit.ts';
import type { Database } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import type { Lane, TaskReference } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { findAuditState, findBlockingAudit, findNewestNightly } from '../store/queued-audit-store.ts';

/**
 * `started`: the tasks are in the database, and the caller has to queue them. `running`: another audit of the source is
 * running. `served`: the slot has had its audit already.
 */
export type StartOutcome =
  | { readonly kind: 'started'; readonly auditId: number; readonly tasks: readonly TaskReference[] }
  | { readonly kind: 'running' | 'served'; readonly auditId: number };

/** When an audit ended. */
export interface LastAudit {
  /** Undefined while it is running. */
  readonly finishedAt?: Date | undefined;
}

/** Starts audits for workers, and knows their state. */
export type AuditStarter = ReturnType<typeof createAuditStarter>;

/** The audit that prevents a start may end before it is found; then starting is tried again. */
const START_ATTEMPTS = 3;

/** What a starter of audits works with. */
export interface AuditStarterOptions {
  readonly db: Database;
  /** Reads the sources of the settings. */
  readonly sources: () => Promise<readonly SourceSettings[]>;
  /** ISO 8601. */
  readonly now: () => string;
  /** Called with the source of each audit that was started. */
  readonly onStarted?: (source: SourceSettings, auditId: number) => Promise<void>;
}

/** Creates a starter of audits for workers. The database's constraints decide whether an audit may start. */
export function createAuditStarter({ db, sources, now, onStarted }: AuditStarterOptions) {
  return {
    /**
     * Creates an audit of the source and its first tasks, in one transaction. If several processes call this at once,
     * one of them starts the audit. Two audits of one source never overlap.
     * @param slotDate the time in the schedule that the audit is for; each slot of a source is served once
     */
    async startAudit(name: string, lane: Lane, slotDate?: Date): Promise<StartOutcome> {
      const source = (await sources()).find((one) => one.name === name);
      if (!source) throw new SettingsError(`there is no source "${name}" in the settings`);
      const slot = slotDate?.toISOString();
      for (let attempt = 1; attempt <= START_ATTEMPTS; attempt++) {
        const outcome = await tryToStart(db, source, { lane, now: now(), slot });
        if (outcome?.kind === 'started') await onStarted?.(source, outcome.auditId);
        if (outcome) return outcome;
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

/** Undefined if what prevented the start has ended since. */
async function tryToStart(
  db: Database,
  source: SourceSettings,
  start: Pick<StartOptions, 'lane' | 'now' | 'slot'>,
): Promise<StartOutcome | undefined> {
  const started = await startAudit(db, { ...start, sources: [source], runner: 'queue', alone: false });
  if (started) return { kind: 'started', auditId: started.auditId, tasks: started.tasks };
  const obstacle = await findBlockingAudit(db, source.name, start.slot);
  return obstacle && { kind: obstacle.running ? 'running' : 'served', auditId: obstacle.auditId };
}
