import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latestSlot, missedSlot, SLOT_GRACE_MS, slotOf } from '../../../src/schedule/slots.ts';

const nightly = { pattern: '0 2 * * *', timezone: 'UTC' };
const at = (text: string) => new Date(`2026-03-${text}Z`);
const DAY_MS = 86_400_000;

describe('the latest slot', () => {
  test.each([
    ['just before', nightly, '10T01:59:59.999', '09T02:00:00'],
    ['at the moment', nightly, '10T02:00:00.000', '10T02:00:00'],
    ['long after', nightly, '10T23:00:00', '10T02:00:00'],
    ['in its own time zone', { ...nightly, timezone: 'Europe/Berlin' }, '10T01:30:00', '10T01:00:00'],
    ['in summer time', { ...nightly, timezone: 'Europe/Berlin' }, '30T12:00:00', '30T00:00:00'],
    ['by its short name', { pattern: '@daily', timezone: 'UTC' }, '10T12:00:00', '10T00:00:00'],
  ])('%s', (_, schedule, now, expected) => {
    expect(latestSlot(schedule, at(now))).toEqual(at(expected));
  });

  test.each([
    ['once where clocks are put back', 'Europe/Berlin', '0 2 * * *', '2026-10-25T01:02:30', '2026-10-25T00:00'],
    ['once in New York, too', 'America/New_York', '0 1 * * *', '2026-11-01T06:30', '2026-11-01T05:00'],
    ['where clocks are put forward', 'Europe/Berlin', '0 2 * * *', '2026-03-29T01:05', '2026-03-29T01:00'],
    ['at its very moment there', 'Europe/Berlin', '0 2 * * *', '2026-03-29T01:00', '2026-03-29T01:00'],
    ['on each hour that is there twice', 'Europe/Berlin', '0 * * * *', '2026-10-25T01:02:30', '2026-10-25T01:00'],
    ['where half an hour is put back', 'Australia/Lord_Howe', '0 2 * * *', '2026-04-04T15:31', '2026-04-04T15:30'],
    [
      'as the first of two, though clocks changed',
      'Europe/Berlin',
      '0 2 25 10 *',
      '2027-08-01T00:00',
      '2026-10-25T00:00',
    ],
    [
      'in an hour that was skipped half a year ago',
      'Europe/Berlin',
      '30 2 29 3 *',
      '2027-01-01T00:00',
      '2026-03-29T01:30',
    ],
    ['at a midnight that was skipped', 'Africa/Cairo', '0 0 * * *', '2026-04-24T12:00', '2026-04-23T22:00'],
    ['once a year, at such a midnight', 'Africa/Cairo', '0 0 24 4 *', '2026-06-01T00:00', '2026-04-23T22:00'],
    ['when 29 February is a Monday', 'UTC', '0 0 * 2 1#5', '2026-06-01T00:00', '2016-02-29T00:00'],
    ['once a year', 'UTC', '0 0 1 1 *', '2026-06-01T00:00', '2026-01-01T00:00'],
  ])('comes %s', (_, timezone, pattern, now, expected) => {
    expect(latestSlot({ pattern, timezone }, new Date(`${now}Z`))).toEqual(new Date(`${expected}Z`));
  });

  test('is none of a pattern that never matches', () => {
    expect(() => latestSlot({ pattern: '0 0 30 2 *', timezone: 'UTC' }, at('10T00:00:00'))).toThrow();
  });

  test('is not after now, and differs from the one before', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (now) => {
        const slot = latestSlot(nightly, now).getTime();
        expect(now.getTime() - slot).toBeGreaterThanOrEqual(0);
        expect(now.getTime() - slot).toBeLessThan(DAY_MS);
        expect(latestSlot(nightly, new Date(slot - 1)).getTime()).toBe(slot - DAY_MS);
      }),
    );
  });
});

describe('a missed slot', () => {
  const lastNight = { finishedAt: at('09T02:30:00') };
  test.each([
    ['none: the source is new', undefined, '10T12:00:00', undefined],
    ['none: it was served', { finishedAt: at('10T03:00:00') }, '10T12:00:00', undefined],
    ['none: its job may still start it', lastNight, '10T02:01:59', undefined],
    ['none: an audit is under way', {}, '10T12:00:00', undefined],
    ['none: an audit was under way', { finishedAt: at('10T02:10:00') }, '10T12:00:00', undefined],
    ['none: an audit ended at its moment', { finishedAt: at('10T02:00:00') }, '10T12:00:00', undefined],
    ['last night', lastNight, '10T12:00:00', '10T02:00:00'],
    ['the latest of several', lastNight, '14T12:00:00', '14T02:00:00'],
  ])('%s', (_, last, now, expected) => {
    expect(missedSlot(nightly, last, at(now))).toEqual(expected && at(expected));
  });

  test('there is none when clocks were put back after it was served', () => {
    const served = { finishedAt: new Date('2026-10-25T00:20:00Z') };
    const berlin = { ...nightly, timezone: 'Europe/Berlin' };
    expect(missedSlot(berlin, served, new Date('2026-10-25T01:02:30Z'))).toBeUndefined();
  });

  test('is caught up once: after that audit nothing is missed until the next slot', () => {
    fc.assert(
      fc.property(fc.integer({ min: SLOT_GRACE_MS, max: 40 * DAY_MS }), fc.nat(DAY_MS), (lateMs, laterMs) => {
        const now = new Date(at('10T02:00:00').getTime() + lateMs);
        const slot = missedSlot(nightly, lastNight, now);
        if (!slot) throw new Error('nothing was missed');
        const caughtUp = { finishedAt: now };
        const later = new Date(Math.min(now.getTime() + laterMs, slot.getTime() + DAY_MS - 1));
        expect(missedSlot(nightly, caughtUp, later)).toBeUndefined();
      }),
    );
  });
});

test.each([
  ['in time', '10T02:00:00', '10T02:00:00.2', '10T02:00:00'],
  ['nights late: it stands for the latest', '07T02:00:00', '10T12:00:00', '10T02:00:00'],
  ["ahead of this machine's clock", '10T02:00:00', '10T01:59:58', '10T02:00:00'],
])('a job that is handled %s', (_, dueAt, now, expected) => {
  expect(slotOf(nightly, at(dueAt), at(now))).toEqual(at(expected));
});
