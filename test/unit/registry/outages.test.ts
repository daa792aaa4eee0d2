import { describe, expect, test } from 'vitest';
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

describe('a 503 of a repository', () => {
  const start = () => {
    const clock = manualClock();
    const outages = new Outages(clock);
    const repository = (part: string) => ({ origin: REGISTRY.origin, part });
    /** Sends a request, which takes a tenth of a second. */
    const ask = async (part: string, failedWith?: number) => {
      const startedAtMs = clock.now();
      await clock.advance(100);
      outages.noteAnswer(repository(part), failedWith, startedAtMs);
      return outages.failsAlone(repository(part));
    };
    return { clock, ask };
  };

  test('is that of a registry that has answered nothing', async () => {
    const { ask } = start();
    for (const part of ['one', 'two', 'one']) expect(await ask(part, 503)).toBe(false);
  });

  test('is its own while others are answered, and not once none was for two seconds', async () => {
    const { clock, ask } = start();
    await ask('well');
    await ask('other');
    expect(await ask('well', 503)).toBe(true);
    await clock.advance(2_000);
    expect(await ask('well', 503)).toBe(false);
    expect(await ask('new', 503)).toBe(false);
  });

  test('is its own from when a later request to another one was answered, however long ago', async () => {
    const { clock, ask } = start();
    expect(await ask('dead', 503)).toBe(false);
    await ask('well');
    for (let failures = 0; failures < 5; failures++) {
      await clock.advance(10 * MINUTE);
      expect(await ask('dead', 503)).toBe(true);
    }
  });

  test('is its own if it has never answered, from when another one was found to fail alone; others have done so', async () => {
    const { clock, ask } = start();
    await ask('dead', 503);
    await ask('well');
    expect(await ask('dead', 503)).toBe(true);
    await clock.advance(MINUTE);
    expect(await ask('new', 503)).toBe(true);
    expect(await ask('well', 503)).toBe(false);
  });

  test('is that of the registry from when one answered after it, until one lasts while others are answered', async () => {
    const { ask } = start();
    await ask('well');
    expect(await ask('busy', 503)).toBe(true);
    await ask('busy');
    expect(await ask('dead', 503)).toBe(false);
    expect(await ask('dead', 503)).toBe(false);
    await ask('well');
    expect(await ask('dead', 503)).toBe(true);
    expect(await ask('new', 503)).toBe(true);
  });
});
