import { CronExpressionParser } from 'cron-parser';
import type { LastAudit } from './audit-starter.ts';

/** When a source is audited. */
export interface Schedule {
  /** A cron expression of five fields, or six with seconds. */
  readonly pattern: string;
  /** An IANA time zone, such as Europe/Berlin. */
  readonly timezone: string;
}

/** How long after a slot its own job has the time to start it, before it counts as missed. */
export const SLOT_GRACE_MS = 120_000;

/** The latest moment of the schedule that is not after `now`; undefined for a pattern that never came true. */
export function latestSlot({ pattern, timezone }: Schedule, now: Date): Date | undefined {
  // prev() is strictly before its current date.
  const after = new Date(now.getTime() + 1);
  const cron = CronExpressionParser.parse(pattern, { currentDate: after, tz: timezone });
  return cron.hasPrev() ? cron.prev().toDate() : undefined;
}

/**
 * The slot that a source missed, because no scheduler ran, or Redis forgot it. Of several missed ones the latest only: a
 * second audit would find nothing new. A source that was never audited has missed nothing, and a slot that passed while
 * an audit was under way was served by that one.
 */
export function missedSlot(schedule: Schedule, last: LastAudit | undefined, now: Date): Date | undefined {
  const slot = latestSlot(schedule, new Date(now.getTime() - SLOT_GRACE_MS));
  return slot && isUnserved(slot, last) ? slot : undefined;
}

/** Whether a source's last scheduled audit had ended before the slot. */
export function isUnserved(slot: Date, last: LastAudit | undefined): boolean {
  return last?.finishedAt !== undefined && last.startedAt < slot && last.finishedAt < slot;
}

/**
 * The slot that a job stands for that came due at `dueAt` and is handled now. After a long downtime the job is of an old
 * slot, and stands for the latest. Clocks of two machines differ, so the job may also be ahead of this one's.
 */
export function slotOf(schedule: Schedule, dueAt: Date, now: Date): Date {
  const latest = latestSlot(schedule, now);
  return latest && latest > dueAt ? latest : dueAt;
}
