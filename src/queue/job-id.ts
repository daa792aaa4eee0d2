import type { Lane, TaskKind, TaskReference } from './queue.ts';

/** One queue a kind and lane, so that neither a level of the tree nor a nightly audit can fill another's. */
export function queueName(kind: TaskKind, lane: Lane): string {
  return `${kind}-${lane}`;
}

/** The same for the same task, different for any two, and without the `:` that separates BullMQ's keys. */
export function jobId(task: Pick<TaskReference, 'auditId' | 'key'>): string {
  return `${task.auditId}-${withoutColons(task.key)}`;
}

/** Percent-encodes colons, and percent signs so that no two texts become one. */
export function withoutColons(text: string): string {
  return text.replace(/[%:]/g, (character) => (character === '%' ? '%25' : '%3A'));
}
