import { CronExpressionParser } from 'cron-parser';
import { DAY_MS, HOUR_MS } from '../common/units.ts';
import type { LastAudit } from './audit-starter.ts';

/** When a source is audited. */
export interface Schedule {
  /** A cron expression of five fields, or six with seconds. */
  readonly pattern: string;
  /** An IANA time zone, such as Europe/Berlin. */
  readonly timezone: string;
}

/** How long a slot's job has to start its audit before the slot counts as missed. */
export const SLOT_GRACE_MS = 120_000;

/** Longer than the period that occurs twice, or not at all, when clocks change. */
const LEAD_MS = 3 * HOUR_MS;

/** Within this time, clocks that were changed are not changed back. */
const ONE_CHANGE_MS = 7 * DAY_MS;

/** Where stepping back fails, slots are looked for from as long ago: each time over more than a longer period of patterns. */
const LOOK_BACK_MS = [2, 8, 40, 400, 10 * 366].map((days) => days * DAY_MS);

/**
 * The latest slot of a schedule that is not after `now`: a pattern that never matches is no schedule. Over a change of
 * clocks, stepping backwards may find a slot twice or skip one, so it steps forward there, as the jobs do.
 * @throws where the pattern matches at no time
 */
export function latestSlot(schedule: Schedule, now: Date): Date {
  const back = stepBackOver(schedule, now);
  const lead = new Date(back.getTime() - LEAD_MS);
  return keepsOffset(schedule, lead, now) ? back : (stepForward(schedule, lead, now) ?? back);
}

/** Whether clocks surely were not changed between two moments. */
function keepsOffset(schedule: Schedule, from: Date, to: Date): boolean {
  if (to.getTime() - from.getTime() > ONE_CHANGE_MS) return false;
  return offsetAt(from, schedule) === offsetAt(to, schedule);
}

function stepForward(schedule: Schedule, from: Date, now: Date): Date | undefined {
  let latest: Date | undefined;
  for (let slot = slotAfter(schedule, from); slot && slot <= now; slot = slotAfter(schedule, slot)) latest = slot;
  return latest;
}

/** @returns undefined where cron-parser gives up: a day before Lord Howe Island puts its clocks back, by half an hour */
function slotAfter(schedule: Schedule, moment: Date): Date | undefined {
  try {
    return cronOf(schedule, moment).next().toDate();
  } catch {
    return undefined;
  }
}

/** The time zone's offset from UTC at a moment, such as GMT+02:00. */
function offsetAt(moment: Date, { timezone }: Schedule): string | undefined {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  return format.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value;
}

/** Steps back even where cron-parser gives up: at slots of a midnight that is skipped, as in Cairo, Beirut and Havana. */
function stepBackOver(schedule: Schedule, now: Date): Date {
  try {
    return stepBack(schedule, now);
  } catch (error) {
    for (const lookBackMs of LOOK_BACK_MS) {
      const slot = stepForward(schedule, new Date(now.getTime() - lookBackMs), now);
      if (slot) return slot;
    }
    throw error;
  }
}

function stepBack(schedule: Schedule, now: Date): Date {
  // prev() returns only times before the current date, so that is moved past `now`.
  return cronOf(schedule, new Date(now.getTime() + 1))
    .prev()
    .toDate();
}

function cronOf({ pattern, timezone }: Schedule, currentDate: Date) {
  return CronExpressionParser.parse(pattern, { currentDate, tz: timezone });
}

/**
 * The slot that a source missed, because no scheduler was running or Redis lost the job. Of several missed slots it is
 * the latest: a second audit would find nothing new. A source without a scheduled audit so far has missed nothing, and
 * a scheduled audit that was running at the time of a slot serves it.
 * @param last the source's latest scheduled audit
 */
export function missedSlot(schedule: Schedule, last: LastAudit | undefined, now: Date): Date | undefined {
  const slot = latestSlot(schedule, new Date(now.getTime() - SLOT_GRACE_MS));
  return isUnserved(slot, last) ? slot : undefined;
}

/** Whether a slot still needs an audit: there was a scheduled audit before, and the last one ended before the slot. */
export function isUnserved(slot: Date, last: LastAudit | undefined): boolean {
  return last?.finishedAt !== undefined && last.finishedAt < slot;
}

/**
 * The slot to serve for a job that was due at `dueAt` and is handled now. After a long downtime the job is for an old
 * slot; then it is the latest one. `dueAt` may be after `now`, because the clocks of two machines differ.
 */
export function slotOf(schedule: Schedule, dueAt: Date, now: Date): Date {
  const latest = latestSlot(schedule, now);
  return latest > dueAt ? latest : dueAt;
}

/** Whether a job that is due at `dueAt` leaves a slot out: it was made while a clock was ahead. */
export function leavesSlotOut(schedule: Schedule, dueAt: Date, now: Date): boolean {
  // Where clocks are put back, the next slot may be one that a job stood for an hour ago.
  const next = slotAfter(schedule, new Date(now.getTime() + LEAD_MS));
  return next !== undefined && next < dueAt;
}
