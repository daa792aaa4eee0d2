import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { AuditStatus } from '../store/audit-store.ts';
import type { AuditStarter } from './audit-starter.ts';

/** How {@link waitForAudits} waits. */
export interface WaitOptions {
  readonly starter: AuditStarter;
  /** Starts an audit of a source again, if its audit was abandoned. @returns the number of the audit to wait for then */
  readonly start: (source: string) => Promise<number>;
  readonly signal?: AbortSignal;
  /** Time between two looks at the audits; default 1,000 ms. */
  readonly pollMs?: number;
}

/**
 * Waits until the audits of all sources have ended, also while the database is unavailable.
 * @param started the number of the audit to wait for, by source
 * @returns how the audits ended, by number
 */
export async function waitForAudits(
  started: ReadonlyMap<string, number>,
  { starter, start, signal, pollMs = 1_000 }: WaitOptions,
): Promise<ReadonlyMap<number, AuditStatus>> {
  const waiting = new Map(started);
  const ended = new Map<number, AuditStatus>();
  const look = async (auditId: number): Promise<void> => {
    const status = await starter.auditStatus(auditId);
    if (status === 'running') return;
    for (const source of [...waiting.keys()].filter((each) => waiting.get(each) === auditId)) {
      if (status === 'abandoned') waiting.set(source, await start(source));
      else waiting.delete(source);
    }
    if (status !== 'abandoned') ended.set(auditId, status);
  };
  for (;;) {
    for (const auditId of new Set(waiting.values())) await look(auditId).catch(ignoreOutage);
    if (waiting.size === 0) return ended;
    await sleep(pollMs, undefined, { signal });
  }
}

/** The database may be unavailable while audits are waited for. @throws the error if it is no outage */
function ignoreOutage(error: unknown): void {
  if (!(error instanceof StoreUnavailableError)) throw error;
}
