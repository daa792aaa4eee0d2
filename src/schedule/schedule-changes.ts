import { withoutColons } from '../queue/job-id.ts';
import { leavesSlotOut, type Schedule } from './slots.ts';

/** A source with a schedule in the settings. */
export interface ScheduledSource extends Schedule {
  readonly name: string;
}

/** A BullMQ job scheduler as stored in Redis. */
export interface StoredScheduler {
  readonly id: string;
  readonly pattern?: string | undefined;
  readonly timezone?: string | undefined;
  /** When its next job is due (ms since the epoch). */
  readonly nextMs?: number | undefined;
}

/** What to change in Redis. */
export interface ScheduleChanges {
  readonly upsert: readonly ScheduledSource[];
  /** Ids of schedulers whose source is gone, or no longer scheduled. */
  readonly remove: readonly string[];
}

/** If a job is this long overdue and no worker took it, BullMQ failed to create it. */
const BROKEN_AFTER_MS = 600_000;

/** The id of a source's job scheduler; colons are replaced, because BullMQ gives them a meaning of its own. */
export function schedulerId(source: string): string {
  return withoutColons(source);
}

/**
 * The changes that make the schedulers in Redis match the settings. Correct ones are left alone: writing one again would
 * drop its pending job, and with it the audit that was missed while no scheduler ran.
 * @param nowMs ms since the epoch
 */
export function scheduleChanges(
  wanted: readonly ScheduledSource[],
  stored: readonly StoredScheduler[],
  nowMs: number,
): ScheduleChanges {
  const byId = new Map(stored.map((scheduler) => [scheduler.id, scheduler]));
  const ids = new Set(wanted.map(({ name }) => schedulerId(name)));
  return {
    upsert: wanted.filter((source) => !isCurrent(source, byId.get(schedulerId(source.name)), nowMs)),
    remove: stored.map(({ id }) => id).filter((id) => !ids.has(id)),
  };
}

function isCurrent(source: ScheduledSource, stored: StoredScheduler | undefined, nowMs: number): boolean {
  if (stored?.pattern !== source.pattern || stored.timezone !== source.timezone) return false;
  if (stored.nextMs === undefined || nowMs - stored.nextMs >= BROKEN_AFTER_MS) return false;
  return !leavesSlotOut(source, new Date(stored.nextMs), new Date(nowMs));
}
