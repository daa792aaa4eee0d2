import type { TaskHandlers } from '../queue/queue.ts';

/**
 * The same handlers, which leave alone the tasks of audits that are not for workers to do: a process has taken the audit
 * up to do it by itself, and what was queued of it still is.
 */
export function ofHandedAudits(handlers: TaskHandlers, isHanded: (auditId: number) => Promise<boolean>): TaskHandlers {
  return {
    async run(task, options) {
      if (await isHanded(task.auditId)) await handlers.run(task, options);
    },
    async giveUp(task, error) {
      if (await isHanded(task.auditId)) await handlers.giveUp(task, error);
    },
  };
}
