import { setTimeout as sleep } from 'node:timers/promises';
import { type StartedAudit, type StartOptions, startAudit } from '../audit/start-audit.ts';
import type { Database } from '../database/database.ts';
import { AuditRunningError } from '../errors.ts';
import { findSignOfLife } from '../store/progress-store.ts';

const LOOK_EVERY_MS = 1_000;

/** What {@link startWhenFree} needs beside what {@link startAudit} does. */
export interface WaitingStartOptions extends Omit<StartOptions, 'now'> {
  /** ISO 8601. */
  readonly now: () => string;
  readonly signal: AbortSignal;
  /** Called when waiting begins. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Starts an audit, or resumes the one of the same sources and settings that was killed. Whether an audit that has not ended
 * was killed a moment ago shows within a minute: until then, this waits for its next sign of life.
 * @throws AuditRunningError if it gives one
 * @throws the signal's reason if it was stopped
 */
export async function startWhenFree(db: Database, options: WaitingStartOptions): Promise<StartedAudit> {
  const { now, signal, onWait, ...start } = options;
  const names = start.sources.map(({ name }) => name);
  let last: string | undefined;
  for (;;) {
    const started = await startAudit(db, { ...start, now: now() });
    if (started) return started;
    const sign = await findSignOfLife(db, names);
    if (last === undefined) onWait?.();
    else if (sign !== undefined && sign !== last)
      throw new AuditRunningError('one of these sources is being audited now: "slimboard status" shows how far it is');
    last = sign;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
