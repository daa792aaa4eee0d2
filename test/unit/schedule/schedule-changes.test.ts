import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ScheduledSource,
  type StoredScheduler,
  scheduleChanges,
  schedulerId,
} from '../../../src/schedule/schedule-changes.ts';

const NOW = 1_700_000_000_000;
const source = (name: string, more: Partial<ScheduledSource> = {}): ScheduledSource => ({
  name,
  pattern: '0 2 * * *',
  timezone: 'UTC',
  ...more,
});
const stored = (name: string, more: Partial<StoredScheduler> = {}): StoredScheduler => ({
  id: schedulerId(name),
  pattern: '0 2 * * *',
  timezone: 'UTC',
  nextMs: NOW + 3_600_000,
  ...more,
});

test.each([
  ['added', [source('prod')], [], ['prod'], []],
  ['unchanged', [source('prod')], [stored('prod')], [], []],
  ['with another pattern', [source('prod', { pattern: '0 3 * * *' })], [stored('prod')], ['prod'], []],
  ['in another time zone', [source('prod', { timezone: 'Asia/Tokyo' })], [stored('prod')], ['prod'], []],
  ['removed', [], [stored('prod')], [], ['prod']],
  ['due, and about to be taken', [source('prod')], [stored('prod', { nextMs: NOW - 60_000 })], [], []],
  ['whose job got lost', [source('prod')], [stored('prod', { nextMs: NOW - 3_600_000 })], ['prod'], []],
  [
    'whose job was made while a clock was ahead',
    [source('prod')],
    [stored('prod', { nextMs: NOW + 1e10 })],
    ['prod'],
    [],
  ],
  ['without a next job', [source('prod')], [stored('prod', { nextMs: undefined })], ['prod'], []],
])('a source %s', (_, wanted, existing, upsert, remove) => {
  const changes = scheduleChanges(wanted, existing, NOW);
  expect(changes.upsert.map(({ name }) => name)).toEqual(upsert);
  expect(changes.remove).toEqual(remove);
});

test('a job stays where clocks are put back after its slot, which comes again', () => {
  const berlin = { pattern: '30 2 * * *', timezone: 'Europe/Berlin' };
  const tomorrow = Date.parse('2026-10-26T01:30:00Z');
  const before = [stored('prod', { ...berlin, nextMs: tomorrow })];
  expect(scheduleChanges([source('prod', berlin)], before, Date.parse('2026-10-25T01:05:00Z')).upsert).toEqual([]);
});

test('a job stays where the slot after it cannot be told: cron-parser gives up where half an hour is put back', () => {
  const island = { pattern: '0 2 * * *', timezone: 'Australia/Lord_Howe' };
  const before = [stored('prod', { ...island, nextMs: Date.parse('2026-04-04T15:30:00Z') })];
  expect(scheduleChanges([source('prod', island)], before, Date.parse('2026-04-04T09:00:00Z')).upsert).toEqual([]);
});

test('the id of a scheduler has no colon, which separates the parts of keys in Redis', () => {
  expect(schedulerId('mirror:5000')).toBe('mirror%3A5000');
});

test('after the changes Redis holds the wanted schedules, and there is nothing more to change', () => {
  const sources = fc.uniqueArray(
    fc.record({
      name: fc.string({ minLength: 1 }),
      pattern: fc.constantFrom('0 2 * * *', '0 3 * * *'),
      timezone: fc.constantFrom('UTC', 'Asia/Tokyo'),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );
  const asStored = ({ name, pattern, timezone }: ScheduledSource) => stored(name, { pattern, timezone });
  fc.assert(
    fc.property(sources, sources, (before, wanted) => {
      const changes = scheduleChanges(wanted, before.map(asStored), NOW);
      const after = new Map(before.map((one) => [schedulerId(one.name), asStored(one)]));
      for (const one of changes.upsert) after.set(schedulerId(one.name), asStored(one));
      for (const id of changes.remove) after.delete(id);
      expect([...after.keys()].sort()).toEqual(wanted.map(({ name }) => schedulerId(name)).sort());
      expect(scheduleChanges(wanted, [...after.values()], NOW)).toEqual({ upsert: [], remove: [] });
    }),
  );
});
