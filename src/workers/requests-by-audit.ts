import { AsyncLocalStorage } from 'node:async_hooks';
import { RequestCounter } from '../app/request-counter.ts';

/**
 * Counts requests by audit, because a worker does tasks of several audits at the same time. It finds a request's audit
 * by asynchronous context, however deep in a task it is sent.
 */
export class RequestsByAudit {
  readonly #audit = new AsyncLocalStorage<number>();
  #counters = new Map<number, RequestCounter>();

  /** Does work, whose requests are counted for this audit. */
  during(auditId: number, work: () => Promise<void>): Promise<void> {
    return this.#audit.run(auditId, work);
  }

  /** Counts one request. Must be called in the course of the work that sent it. */
  count(throttled: boolean): void {
    const auditId = this.#audit.getStore();
    if (auditId === undefined) return;
    const counter = this.#counters.get(auditId) ?? new RequestCounter();
    this.#counters.set(auditId, counter);
    counter.count(throttled);
  }

  /** Returns what was counted since the last call, by audit. */
  take() {
    const taken = new Map([...this.#counters].map(([auditId, counter]) => [auditId, counter.take()]));
    this.#counters = new Map();
    return taken;
  }
}
