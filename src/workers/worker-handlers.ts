import { setTimeout as sleep } from 'node:timers/promises';
import { exceedsResources } from '../database/exceeds-resources.ts';
import { QueueUnavailableError, type SlimboardError, StoreUnavailableError } from '../errors.ts';
import type { TaskHandlers } from '../queue/queue.ts';
import type { RequestTally } from './request-tally.ts';

export interface WorkerHandlersOptions {
  /** Whether workers are to do an audit. */
  readonly isHanded: (auditId: number) => Promise<boolean>;
  /** Counts the requests that the handlers send. */
  readonly tally: RequestTally;
  /** Called for each attempt of a task that failed because the database is away, or Redis accepts no tasks. */
  readonly onWait: (error: SlimboardError) => void;
  /** The mean wait between two attempts (ms); default 2 s. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 2_000;

/**
 * Returns handlers for workers. They ignore the tasks of audits that workers are not to do: another process has taken
 * over such an audit and does it alone, but its tasks are still queued. And they wait while the database is away, or
 * the memory of Redis is full. An outage is no failure of a task: it counts as no attempt and is recorded as no error,
 * and all other tasks would fail too. So a task keeps running until the outage is over. This does not apply to a task
 * that exceeds the database's resources: it would exceed them again each time.
 */
export function workerHandlers(handlers: TaskHandlers, options: WorkerHandlersOptions): TaskHandlers {
  const { isHanded, tally } = options;
  const around = (auditId: number, work: () => Promise<void>, signal?: AbortSignal): Promise<void> => {
    const ifHanded = async () => ((await isHanded(auditId)) ? tally.during(auditId, work) : undefined);
    return persist(ifHanded, options, signal);
  };
  return {
    run: (task, { signal }) => around(task.auditId, () => handlers.run(task, { signal }), signal),
    giveUp: (task, error) => around(task.auditId, () => handlers.giveUp(task, error)),
  };
}

async function persist(
  work: () => Promise<void>,
  { onWait, pauseMs = PAUSE_MS }: WorkerHandlersOptions,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      onWait(error);
    }
    // Random, so that the tasks do not all come back at the same moment.
    await sleep(pauseMs * (0.5 + Math.random()), undefined, { signal });
  }
}

function isOutage(error: unknown): error is SlimboardError {
  if (error instanceof StoreUnavailableError) return !exceedsResources(error);
  return error instanceof QueueUnavailableError;
}
