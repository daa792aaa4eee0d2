import type { TaskKey, TaskKind, TaskReference } from '../../src/queue/queue.ts';

/** A reference as the audit's core makes them. */
export function task(kind: TaskKind, key: string, more: Partial<TaskReference> = {}): TaskReference {
  return { auditId: 1, kind, key: key as TaskKey, lane: 'nightly', ...more };
}
