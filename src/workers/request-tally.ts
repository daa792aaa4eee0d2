import { AsyncLocalStorage } from 'node:async_hooks';
import { RequestCounter, type RequestCounts } from '../app/request-counter.ts';
import type { TaskHandlers } from '../queue/queue.ts';

/** Counts requests by audit: a worker does tasks of several audits at the same time. */
export interface RequestTally {
  /** Returns the same handlers; the requests they send are counted for their task's audit. */
  counting(handlers: TaskHandlers): TaskHandlers;
  /** Counts one request. Must be called in the course of the task that sent it. */
  count(throttled: boolean): void;
  /** Returns what was counted since the last call, by audit. */
  take(): ReadonlyMap<number, RequestCounts>;
}

/** Creates a tally that finds a request's audit by asynchronous context, however deep in a handler it is sent. */
export function createRequestTally(): RequestTally {
  const audit = new AsyncLocalStorage<number>();
  let counters = new Map<number, RequestCounter>();
  return {
    counting: (handlers) => ({
      run: (task, options) => audit.run(task.auditId, () => handlers.run(task, options)),
      giveUp: (task, error) => audit.run(task.auditId, () => handlers.giveUp(task, error)),
    }),
    count(throttled) {
      const auditId = audit.getStore();
      if (auditId === undefined) return;
      const counter = counters.get(auditId) ?? new RequestCounter();
      counters.set(auditId, counter);
      counter.count(throttled);
    },
    take() {
      const taken = new Map([...counters].map(([auditId, counter]) => [auditId, counter.take()]));
      counters = new Map();
      return taken;
    },
  };
}
