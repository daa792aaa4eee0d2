import type { TaskKey, TaskKind, TaskReference } from '../../src/queue/queue.ts';

/** A reference to a task of audit 1, in the nightly lane. */
export function task(kind: TaskKind, key: string, more: Partial<TaskReference> = {}): TaskReference {
  return { auditId: 1, kind, key: key as TaskKey, lane: 'nightly', ...more };
}
