import { expect, test } from 'vitest';
import { Outages } from '../../../src/registry/outages.ts';
import { manualClock } from '../../support/manual-clock.ts';

const REGISTRY = new URL('https://registry.example.com/v2/');
const STORAGE = new URL('https://storage.example.com/');
const MINUTE = 60_000;

test('an answer ends an outage at once: requests that were on their way may succeed while the failure holds', async () => {
  const clock = manualClock();
  const outages = new Outages(clock);
  const note = (url: URL, failedWith?: number) => outages.noteAnswer(url, failedWith, clock.now());
  for (let minute = 0; minute <= 5; minute++) {
    expect(() => outages.check(REGISTRY)).not.toThrow();
    note(REGISTRY, 502);
    await clock.advance(MINUTE);
  }
  note(REGISTRY, 502);
  expect(() => outages.check(REGISTRY)).toThrow(/HTTP 502/);
  expect(() => outages.check(STORAGE)).not.toThrow();
  note(STORAGE);
  expect(() => outages.check(REGISTRY)).toThrow(/HTTP 502/);
  note(REGISTRY);
  expect(() => outages.check(REGISTRY)).not.toThrow();
});

test('a repository fails alone after four failures in a row while others were answered, however long the times in between', async () => {
  const clock = manualClock();
  const outages = new Outages(clock);
  const repository = { origin: REGISTRY.origin, part: 'team/app' };
  const other = { origin: REGISTRY.origin, part: 'team/other' };
  const note = (asked: typeof other, failedWith?: number) => outages.noteAnswer(asked, failedWith, clock.now());
  for (let failures = 0; failures < 4; failures++) {
    expect(outages.failsAlone(repository)).toBe(false);
    note(repository, 503);
    await clock.advance(10 * MINUTE);
  }
  expect(outages.failsAlone(repository)).toBe(false);
  note(other);
  expect(outages.failsAlone(repository)).toBe(true);
  expect(outages.failsAlone(other)).toBe(false);
  note(repository);
  note(repository, 503);
  expect(outages.failsAlone(repository)).toBe(false);
});
