import type { TaskHandlers } from '../queue/queue.ts';

/**
 * Returns handlers that ignore the tasks of audits that workers are not to do: another process has taken over such an
 * audit and does it alone, but its tasks are still queued.
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
