import type { TaskReference } from '../queue/queue.ts';
import type { AuditContext } from './context.ts';
import type { AuditPlan } from './plan.ts';

/** A task of an audit, as its handler gets it. */
export interface Work<Payload> {
  readonly context: AuditContext;
  readonly plan: AuditPlan;
  readonly task: TaskReference;
  readonly payload: Payload;
  /** Aborts when the task is to be given back. */
  readonly signal: AbortSignal;
}
