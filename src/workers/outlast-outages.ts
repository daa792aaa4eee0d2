import { setTimeout as sleep } from 'node:timers/promises';
import { exceedsResources } from '../database/exceeds-resources.ts';
import { QueueUnavailableError, type SlimboardError, StoreUnavailableError } from '../errors.ts';
import type { TaskHandlers } from '../queue/queue.ts';

/** How handlers wait. */
export interface OutageWait {
  /** Called for each attempt of a task that failed because the database is away, or Redis accepts no tasks. */
  readonly onWait: (error: SlimboardError) => void;
  /** The mean wait between two attempts (ms); default 2 s. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 2_000;

/**
 * Returns handlers that wait while the database is away, or the memory of Redis is full. An outage is no failure of a
 * task: it counts as no attempt and is recorded as no error, and all other tasks would fail too. So a task keeps running
 * until the outage is over. This does not apply to a task that exceeds the database's resources: it would exceed them
 * again each time.
 */
export function outlastingOutages(handlers: TaskHandlers, options: OutageWait): TaskHandlers {
  return {
    run: (task, { signal }) => persist(() => handlers.run(task, { signal }), options, signal),
    giveUp: (task, error) => persist(() => handlers.giveUp(task, error), options),
  };
}

async function persist(
  work: () => Promise<void>,
  { onWait, pauseMs = PAUSE_MS }: OutageWait,
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
