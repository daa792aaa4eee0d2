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
