import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { TaskQueue } from '../queue/queue.ts';
import type { AuditStatus } from '../store/audit-store.ts';
import type { AuditStarter, SlotOutcome } from './audit-starter.ts';

export interface RunNowOptions {
  readonly starter: AuditStarter;
  readonly queue: TaskQueue;
  readonly signal?: AbortSignal;
}

/**
 * Starts an ad-hoc audit of each source for the workers to do. A source whose audit is under way gets no second one:
 * the outcome names the one that runs.
 */
export async function startNow(
  sources: readonly string[],
  { starter, queue, signal }: RunNowOptions,
): Promise<ReadonlyMap<string, SlotOutcome>> {
  const outcomes = new Map<string, SlotOutcome>();
  for (const source of sources) {
    const outcome = await starter.startAudit(source, 'adhoc');
    outcomes.set(source, outcome);
    if (outcome.kind === 'started') await queue.add(outcome.tasks, signal && { signal });
  }
  return outcomes;
}

export interface WaitOptions {
  readonly starter: AuditStarter;
  readonly signal?: AbortSignal;
  readonly pollMs?: number;
}

/** Resolves with the audit's status when it has ended; a database that is away meanwhile is waited for. */
export async function waitForAudit(
  auditId: number,
  { starter, signal, pollMs = 1_000 }: WaitOptions,
): Promise<AuditStatus> {
  for (;;) {
    const status = await starter.auditStatus(auditId).catch(unlessAway);
    if (status !== 'running') return status;
    await sleep(pollMs, undefined, signal && { signal });
  }
}

/** The audit goes on when the database does. @throws what is no outage */
function unlessAway(error: unknown): 'running' {
  if (error instanceof StoreUnavailableError) return 'running';
  throw error;
}
