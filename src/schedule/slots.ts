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

/** Longer than the hours that a night has twice. */
const LEAD_MS = 3 * 3_600_000;

/**
 * The latest moment of the schedule that is not after `now`; undefined for a pattern that never came true. Where clocks were
 * put back or forward, a step back finds a moment twice, or leaves one out: there by steps forward, as its jobs come.
 */
export function latestSlot(schedule: Schedule, now: Date): Date | undefined {
  const back = stepBack(schedule, now);
  if (!back) return undefined;
  const lead = new Date(back.getTime() - LEAD_MS);
  const offsets = [lead, back, now].map((moment) => offsetAt(moment, schedule));
  return new Set(offsets).size === 1 ? back : (stepForward(schedule, lead, now) ?? back);
}

function stepForward(schedule: Schedule, from: Date, now: Date): Date | undefined {
  const cron = cronOf(schedule, from);
  let latest: Date | undefined;
  while (cron.hasNext()) {
    const slot = cron.next().toDate();
    if (slot > now) break;
    latest = slot;
  }
  return latest;
}

/** From UTC, such as GMT+02:00. */
function offsetAt(moment: Date, { timezone }: Schedule): string | undefined {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  return format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value;
}

function stepBack(schedule: Schedule, now: Date): Date | undefined {
  // prev() is strictly before its current date.
  const cron = cronOf(schedule, new Date(now.getTime() + 1));
  return cron.hasPrev() ? cron.prev().toDate() : undefined;
}

function cronOf({ pattern, timezone }: Schedule, currentDate: Date) {
  return CronExpressionParser.parse(pattern, { currentDate, tz: timezone });
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
