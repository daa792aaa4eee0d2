import { setTimeout as sleep } from 'node:timers/promises';
import { exceedsResources } from '../database/exceeds-resources.ts';
import { StoreUnavailableError } from '../errors.ts';
import type { TaskHandlers } from '../queue/queue.ts';

/** How handlers wait for the database. */
export interface StoreWait {
  /** Called for each attempt of a task that failed because the database is away. */
  readonly onWait: (error: StoreUnavailableError) => void;
  /** The mean wait between two attempts (ms); default 2 s. */
  readonly pauseMs?: number;
}

const PAUSE_MS = 2_000;

/**
 * Returns handlers that wait while the database is away. An outage is no failure of a task: it counts as no attempt and
 * is recorded as no error, and all other tasks would fail too. So a task keeps running until the database is back. This
 * does not apply to a task that exceeds the database's resources: it would exceed them again each time.
 */
export function waitingForStore(handlers: TaskHandlers, options: StoreWait): TaskHandlers {
  return {
    run: (task, { signal }) => persist(() => handlers.run(task, { signal }), options, signal),
    giveUp: (task, error) => persist(() => handlers.giveUp(task, error), options),
  };
}

async function persist(
  work: () => Promise<void>,
  { onWait, pauseMs = PAUSE_MS }: StoreWait,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || exceedsResources(error)) throw error;
      onWait(error);
    }
    // Random, so that the tasks do not all come back at the same moment.
    await sleep(pauseMs * (0.5 + Math.random()), undefined, signal && { signal });
  }
}
