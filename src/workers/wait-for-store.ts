import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { TaskHandlers, TaskReference } from '../queue/queue.ts';
import { asksTooMuch } from '../store/asks-too-much.ts';

export interface StoreWait {
  /** Told once for each task that begins to wait. */
  readonly onWait: (task: TaskReference, error: StoreUnavailableError) => void;
  /** How long until it looks again (ms). */
  readonly pauseMs?: number;
}

const PAUSE_MS = 2_000;

/**
 * The same handlers, which wait for a database that is away. That is no failure of a task: it counts as no attempt, is
 * no item's error, and every other task would find the same. So a task stays in hand, and the lanes stand still. A task
 * that asks more of the database than it has is another matter: it would ask for it again for ever.
 */
export function waitingForStore(handlers: TaskHandlers, options: StoreWait): TaskHandlers {
  return {
    run: (task, { signal }) => persist(() => handlers.run(task, { signal }), task, options, signal),
    giveUp: (task, error) => persist(() => handlers.giveUp(task, error), task, options),
  };
}

async function persist(
  work: () => Promise<void>,
  task: TaskReference,
  { onWait, pauseMs = PAUSE_MS }: StoreWait,
  signal?: AbortSignal,
): Promise<void> {
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || asksTooMuch(error)) throw error;
      if (!told) onWait(task, error);
    }
    // Not all at once: what waits together would come back together.
    await sleep(pauseMs * (0.5 + Math.random()), undefined, signal && { signal });
  }
}
