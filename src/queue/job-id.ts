import type { Lane, TaskKind, TaskReference } from './queue.ts';

/**
 * The name of a kind and lane's queue. Each has its own, so that neither a kind nor a nightly audit can fill another's.
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
