import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { TaskQueue } from '../queue/queue.ts';
import type { AuditStatus } from '../store/audit-store.ts';
import type { AuditStarter, StartOutcome } from './audit-starter.ts';

/** What {@link startNow} needs. */
export interface RunNowOptions {
  readonly starter: AuditStarter;
  readonly queue: TaskQueue;
  readonly signal?: AbortSignal;
}

/**
 * Starts an ad-hoc audit of each source, which the workers carry out.
 * @returns an outcome by source name; for a source that is being audited already, it names the running audit
 */
export async function startNow(
  sources: readonly string[],
  { starter, queue, signal }: RunNowOptions,
): Promise<ReadonlyMap<string, StartOutcome>> {
  const outcomes = new Map<string, StartOutcome>();
  for (const source of sources) {
    const outcome = await starter.startAudit(source, 'adhoc');
    outcomes.set(source, outcome);
    if (outcome.kind === 'started') await queue.add(outcome.tasks, { signal });
  }
  return outcomes;
}

/** How {@link waitForAudit} waits. */
export interface WaitOptions {
  readonly starter: AuditStarter;
  readonly signal?: AbortSignal;
  /** Time between two looks at the status; default 1,000 ms. */
  readonly pollMs?: number;
}

/** Resolves with the audit's status when it has ended. If the database is unavailable meanwhile, it keeps waiting. */
export async function waitForAudit(
  auditId: number,
  { starter, signal, pollMs = 1_000 }: WaitOptions,
): Promise<AuditStatus> {
  for (;;) {
    const status = await starter.auditStatus(auditId).catch(runningDuringOutage);
    if (status !== 'running') return status;
    await sleep(pollMs, undefined, { signal });
  }
}

/** An audit counts as running while the database is unavailable. @throws the error if it is no outage */
function runningDuringOutage(error: unknown): 'running' {
  if (error instanceof StoreUnavailableError) return 'running';
  throw error;
}
