import { exceedsResources } from '../database/exceeds-resources.ts';
import { messageOf, SlimboardError } from '../errors.ts';
import type { TaskHandlers, TaskKind } from '../queue/queue.ts';
import { forgetAssessKey } from '../store/audit-store.ts';
import { type ItemError, recordErrors } from '../store/error-store.ts';
import { findTask, settleTask } from '../store/task-store.ts';
import { assessRange } from './assessing/assess-range.ts';
import { type Audit, createAuditReader, sourceOf } from './audit.ts';
import { closeAudit, reportEnd } from './closing/close-audit.ts';
import type { AuditContext, Work } from './context.ts';
import { type ErrorDetails, errorDetails, itemOf, reportErrors } from './item-error.ts';
import { listRepository } from './listing/list-repository.ts';
import { listSource } from './listing/list-source.ts';
import { readLayers, unreadErrors } from './reading/read-layers.ts';
import { leftErrors, readManifests } from './reading/read-manifests.ts';
import { advance, beginStage } from './stages.ts';
import { endAsFailed } from './start-audit.ts';
import type { RepositoryPayload, SourcePayload } from './task-payloads.ts';

const HANDLERS: Readonly<Record<TaskKind, (work: Work<never>) => Promise<void>>> = {
  source: listSource,
  repository: listRepository,
  manifests: readManifests,
  layers: readLayers,
  assess: assessRange,
  close: closeAudit,
  deliver: async ({ context, task, signal }) => {
    await context.deliver(task.auditId, signal);
    await settleTask(context.db, task);
  },
};

type ErrorsOfItems = (
  context: AuditContext,
  audit: Audit,
  payload: never,
  failure: ErrorDetails,
) => Promise<readonly ItemError[]>;

/** The errors of those items of a task that were not done, for tasks with several items. */
const ERRORS_OF_ITEMS: Readonly<Partial<Record<TaskKind, ErrorsOfItems>>> = {
  manifests: leftErrors,
  layers: unreadErrors,
};

/** Task handlers that also move an audit on when no task is in hand. */
export interface AuditHandlers extends TaskHandlers {
  /** Moves an audit on if its stage has no tasks left. Called at its start, and for audits found stuck. */
  advance(auditId: number): Promise<void>;
}

/** Creates the handlers of audits' tasks, the same for one process and for many workers. */
export function createTaskHandlers(context: AuditContext): AuditHandlers {
  const auditOf = createAuditReader(context.db, context);
  const inHand = new TasksInHand();
  return {
    async advance(auditId) {
      const audit = await auditOf(auditId);
      await advance(context, audit, () =>
        beginStage(context, audit).catch((error) => endUnlessPassing(context, audit, error)),
      );
    },
    async run(task, { signal }) {
      const audit = await auditOf(task.auditId);
      const isLast = await inHand.during(task.auditId, async () => {
        const payload = await findTask<never>(context.db, task);
        if (payload !== undefined) await HANDLERS[task.kind]({ context, audit, task, payload, signal });
      });
      // Otherwise the stage is not over: the last task to end moves the audit on.
      if (isLast) await advance(context, audit);
    },
    async giveUp(task, error) {
      const audit = await auditOf(task.auditId);
      const payload = await findTask<never>(context.db, task);
      // Without a payload, another worker has settled it meanwhile: its items have not failed.
      if (payload) await settleAsFailed({ context, audit, task, payload }, failureOf(task.kind, error));
      await advance(context, audit);
    },
  };
}

/** Records that a task's items have failed. An audit whose `close` task failed ends as failed: it has no totals. */
async function settleAsFailed(work: Omit<Work<never>, 'signal'>, failure: ErrorDetails): Promise<void> {
  const { context, audit, task, payload } = work;
  if (task.kind === 'close') return end(context, audit, failure);
  const errorsOfItems = ERRORS_OF_ITEMS[task.kind];
  const errors = errorsOfItems
    ? await errorsOfItems(context, audit, payload, failure)
    : errorsOf(audit, payload, failure);
  const settled = await context.db.transaction(async (tx) => {
    if (!(await settleTask(tx, task))) return false;
    await recordErrors(tx, task.auditId, errors, context.now());
    if (task.kind === 'assess') await forgetAssessKey(tx, task.auditId);
    return true;
  });
  if (!settled) return;
  reportErrors(context, audit, errors);
}

/**
 * Ends an audit whose next stage cannot begin, which would block its sources for ever.
 * @throws a failure that may pass
 */
async function endUnlessPassing(context: AuditContext, audit: Audit, error: unknown): Promise<undefined> {
  if (error instanceof SlimboardError && !exceedsResources(error)) throw error;
  await end(context, audit, failureOf('close', error));
  return undefined;
}

/** Ends an audit as failed with an error, and queues the task that reports it. */
async function end(context: AuditContext, audit: Audit, failure: ErrorDetails): Promise<void> {
  const { db, queue, now } = context;
  const tasks = await endAsFailed(db, audit, now(), errorsOf(audit, {}, failure));
  if (tasks.length > 0) await reportEnd(context, audit.id);
  await queue.add(tasks);
}

/** Counts the tasks of each audit that this process works on. */
class TasksInHand {
  readonly #counts = new Map<number, number>();

  /** Does the work. @returns whether no other task of the audit is in hand at its end */
  async during(auditId: number, work: () => Promise<void>): Promise<boolean> {
    this.#counts.set(auditId, this.#count(auditId) + 1);
    try {
      await work();
    } finally {
      this.#counts.set(auditId, this.#count(auditId) - 1);
    }
    if (this.#count(auditId) > 0) return false;
    this.#counts.delete(auditId);
    return true;
  }

  #count(auditId: number): number {
    return this.#counts.get(auditId) ?? 0;
  }
}

function failureOf(kind: TaskKind, error: unknown): ErrorDetails {
  if (error instanceof SlimboardError) return errorDetails(error);
  return { code: 'internal', message: `${kind} failed: ${messageOf(error)}`, retry: 'backoff' };
}

/** A failure of a task's whole repository, or source; of the audit's first source where the task names none. */
function errorsOf(
  audit: Audit,
  payload: Partial<SourcePayload & RepositoryPayload>,
  failure: ErrorDetails,
): readonly ItemError[] {
  const name = payload.source ?? payload.repository?.source;
  const source = name === undefined ? audit.sources[0] : sourceOf(audit, name);
  if (!source) return [];
  return [{ ...itemOf(source.id, payload.repository), ...failure }];
}
