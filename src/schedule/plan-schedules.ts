import { withoutColons } from '../queue/job-id.ts';
import type { Schedule } from './slots.ts';

/** A source that the settings schedule. */
export interface ScheduledSource extends Schedule {
  readonly name: string;
}

/** A job scheduler as Redis has it. */
export interface StoredScheduler {
  readonly id: string;
  readonly pattern?: string | undefined;
  readonly timezone?: string | undefined;
  /** When its next job is due (ms since the epoch). */
  readonly nextMs?: number | undefined;
}

export interface SchedulePlan {
  readonly upsert: readonly ScheduledSource[];
  /** Ids of schedulers whose source is gone, or no longer scheduled. */
  readonly remove: readonly string[];
}

/** A job that is due for this long and was never taken does not exist: BullMQ could not make it. */
const BROKEN_AFTER_MS = 600_000;

/** The name of a source's job scheduler in BullMQ, which has a meaning of its own for colons. */
export function schedulerId(source: string): string {
  return withoutColons(source);
}

/**
 * What to change in Redis so that it holds the settings' schedules. One that is right is left alone: writing it again
 * would drop its job, and with it the night that was missed while no scheduler ran.
 */
export function planSchedules(
  wanted: readonly ScheduledSource[],
  stored: readonly StoredScheduler[],
  nowMs: number,
): SchedulePlan {
  const byId = new Map(stored.map((scheduler) => [scheduler.id, scheduler]));
  const ids = new Set(wanted.map(({ name }) => schedulerId(name)));
  return {
    upsert: wanted.filter((source) => !isInStep(source, byId.get(schedulerId(source.name)), nowMs)),
    remove: stored.map(({ id }) => id).filter((id) => !ids.has(id)),
  };
}

function isInStep(source: ScheduledSource, stored: StoredScheduler | undefined, nowMs: number): boolean {
  if (stored?.pattern !== source.pattern || stored.timezone !== source.timezone) return false;
  return stored.nextMs !== undefined && nowMs - stored.nextMs < BROKEN_AFTER_MS;
}
