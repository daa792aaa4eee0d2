import type { Lane, TaskKind, TaskReference } from './queue.ts';

/**
 * The name of the queue for a kind and lane. Each pair has its own, so that no kind can fill another's queue, and a
 * nightly audit not that of an ad-hoc one.
 */
export function queueName(kind: TaskKind, lane: Lane): string {
  return `${kind}-${lane}`;
}

/** A task's job id: unique, always the same, and without `:`, which separates the parts of BullMQ's keys. */
export function jobId(task: Pick<TaskReference, 'auditId' | 'key'>): string {
  return `${task.auditId}-${withoutColons(task.key)}`;
}

/** Percent-encodes colons, and percent signs so that different texts stay different. */
export function withoutColons(text: string): string {
  return text.replace(/[%:]/g, (character) => (character === '%' ? '%25' : '%3A'));
}
