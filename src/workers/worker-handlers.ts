import { setTimeout as sleep } from 'node:timers/promises';
import { exceedsResources } from '../database/exceeds-resources.ts';
import { QueueUnavailableError, type SlimboardError, StoreUnavailableError } from '../errors.ts';
import { backoffMs } from '../queue/attempts.ts';
import type { TaskHandlers } from '../queue/queue.ts';
import type { RequestsByAudit } from './requests-by-audit.ts';

export interface WorkerHandlersOptions {
  /** Whether workers are to do an audit. */
  readonly isHanded: (auditId: number) => Promise<boolean>;
  /** Counts the requests that the handlers send. */
  readonly requests: RequestsByAudit;
  /** Called for each attempt of a task that failed because the database is away, or Redis accepts no tasks. */
  readonly onWait: (error: SlimboardError) => void;
  /** How long to wait after so many failed attempts (ms); default {@link pauseMsAfter}. */
  readonly pauseMs?: (failures: number) => number;
}

/**
 * A wait of up to 2 s, then 4 s, in the end 32 s. A database whose disk is full can still be read, so that each attempt asks
 * the registry for the same again, for nothing. Random, so that the tasks do not all come back at the same moment.
 */
export function pauseMsAfter(failures: number, random = Math.random): number {
  return backoffMs(Math.min(failures, 5), { firstDelayMs: 2_000 }, random);
}

/**
 * Returns handlers for workers. They ignore the tasks of audits that workers are not to do: another process has taken
 * over such an audit and does it alone, but its tasks are still queued. And they wait while the database is away, or
 * the memory of Redis is full. An outage is no failure of a task: it counts as no attempt and is recorded as no error,
 * and all other tasks would fail too. So a task keeps running until the outage is over, or the worker stops. This does
 * not apply to a task that exceeds the database's resources: it would exceed them again each time.
 */
export function workerHandlers(handlers: TaskHandlers, options: WorkerHandlersOptions): TaskHandlers {
  const { isHanded, requests } = options;
  const around = (auditId: number, work: () => Promise<void>, stopping?: AbortSignal): Promise<void> => {
    const ifHanded = async () => ((await isHanded(auditId)) ? requests.during(auditId, work) : undefined);
    return persist(ifHanded, options, stopping);
  };
  return {
    run: (task, { signal, stopping }) => around(task.auditId, () => handlers.run(task, { signal }), stopping),
    giveUp: (task, error) => around(task.auditId, () => handlers.giveUp(task, error)),
  };
}

async function persist(
  work: () => Promise<void>,
  { onWait, pauseMs = pauseMsAfter }: WorkerHandlersOptions,
  stopping?: AbortSignal,
): Promise<void> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      onWait(error);
    }
    await sleep(pauseMs(failures), undefined, { signal: stopping });
  }
}

function isOutage(error: unknown): error is SlimboardError {
  if (error instanceof StoreUnavailableError) return !exceedsResources(error);
  return error instanceof QueueUnavailableError;
}
