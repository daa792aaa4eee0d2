import { type OutlastOptions, outlast } from '../app/outlast.ts';
import type { TaskHandlers } from '../queue/queue.ts';
import type { RequestsByAudit } from './requests-by-audit.ts';

export interface WorkerHandlersOptions extends Pick<OutlastOptions, 'onWait' | 'pauseMs'> {
  /** Whether workers are to do an audit. */
  readonly isHanded: (auditId: number) => Promise<boolean>;
  /** Counts the requests that the handlers send. */
  readonly requests: RequestsByAudit;
}

/**
 * Returns handlers for workers. They ignore the tasks of audits that workers are not to do: another process has taken
 * over such an audit and does it alone, but its tasks are still queued. And they wait while the database is away, or
 * the memory of Redis is full. An outage is no failure of a task: it counts as no attempt and is recorded as no error,
 * and all other tasks would fail too. So a task keeps running until the outage is over, or the worker stops. This does
 * not apply to a task that exceeds the database's resources: it would exceed them again each time.
 */
export function workerHandlers(handlers: TaskHandlers, options: WorkerHandlersOptions): TaskHandlers {
  const { isHanded, requests, onWait, pauseMs } = options;
  const around = (auditId: number, work: () => Promise<void>, stopping?: AbortSignal): Promise<void> => {
    const ifHanded = async () => ((await isHanded(auditId)) ? requests.during(auditId, work) : undefined);
    return outlast(ifHanded, { onWait, pauseMs, signal: stopping });
  };
  return {
    run: (task, { signal, stopping }) => around(task.auditId, () => handlers.run(task, { signal }), stopping),
    giveUp: (task, error) => around(task.auditId, () => handlers.giveUp(task, error)),
  };
}
