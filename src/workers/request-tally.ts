import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestCounts } from '../app/engine.ts';
import type { TaskHandlers } from '../queue/queue.ts';

/** Counts requests for the audit on whose behalf they were sent, of several that a worker does at once. */
export interface RequestTally {
  /** The same handlers; what they send is counted for their task's audit. */
  counting(handlers: TaskHandlers): TaskHandlers;
  /** Called for each request, in the course of the task that sent it. */
  add(delta: RequestCounts): void;
  /** What was counted since the last call, by audit. */
  take(): ReadonlyMap<number, RequestCounts>;
}

/** A tally by asynchronous context: what a handler calls, however deep, counts for its task. */
export function createRequestTally(): RequestTally {
  const audit = new AsyncLocalStorage<number>();
  let counts = new Map<number, RequestCounts>();
  return {
    counting: (handlers) => ({
      run: (task, options) => audit.run(task.auditId, () => handlers.run(task, options)),
      giveUp: (task, error) => audit.run(task.auditId, () => handlers.giveUp(task, error)),
    }),
    add({ requests, throttled }) {
      const auditId = audit.getStore();
      if (auditId === undefined) return;
      const sum = counts.get(auditId) ?? { requests: 0, throttled: 0 };
      counts.set(auditId, { requests: sum.requests + requests, throttled: sum.throttled + throttled });
    },
    take() {
      const taken = counts;
      counts = new Map();
      return taken;
    },
  };
}
