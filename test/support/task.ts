import { TASK_KINDS, type TaskKey, type TaskKind, type TaskReference } from '../../src/queue/queue.ts';

/** A reference to a task of audit 1, in the nightly lane. */
export function task(kind: TaskKind, key: string, more: Partial<TaskReference> = {}): TaskReference {
  return { auditId: 1, kind, key: key as TaskKey, lane: 'nightly', ...more };
}

/** The same number for each kind of task. */
export function ofEachKind(count: number): Record<TaskKind, number> {
  return Object.fromEntries(TASK_KINDS.map((kind) => [kind, count])) as Record<TaskKind, number>;
}
