import { describe, expect, test } from 'vitest';
import { NotFoundError } from '../../../src/errors.ts';
import { type Asked, Outages, TOKENS } from '../../../src/registry/outages.ts';
import { manualClock } from '../../support/manual-clock.ts';

const REGISTRY: Asked = { origin: 'https://registry.example.com' };
const STORAGE: Asked = { origin: 'https://storage.example.com' };
const MINUTE = 60_000;

/** A failure without an answer, as of a connection. */
const failure = (code: string) => Object.assign(new Error(code), { code });

function start() {
  const clock = manualClock();
  const outages = new Outages(clock);
  const isDown = (asked: Asked): boolean => {
    try {
      outages.check(asked);
      return false;
    } catch {
      return true;
    }
  };
  /** Notes the answer to a request that took no time. */
  const note = (asked: Asked, failedWith?: number) => outages.noteAnswer(asked, failedWith, clock.now());
  const fail = (asked: Asked, error: unknown) => outages.noteFailure(asked, error, clock.now());
  return { clock, outages, isDown, note, fail };
}

test('what only failed for five minutes is down for ten seconds; an answer ends that at once, as to a request on its way', async () => {
  const { clock, outages, isDown, note } = start();
  note(REGISTRY, 502);
  for (const pause of [2 * MINUTE, 2 * MINUTE, MINUTE - 1]) {
    await clock.advance(pause);
    note(REGISTRY, 502);
    expect(isDown(REGISTRY)).toBe(false);
  }
  await clock.advance(1);
  note(REGISTRY, 502);
  expect(() => outages.check(REGISTRY)).toThrow(/HTTP 502/);
  await clock.advance(10_000 - 1);
  note(STORAGE);
  expect([REGISTRY, STORAGE].map(isDown)).toEqual([true, false]);
  await clock.advance(1);
  expect(isDown(REGISTRY)).toBe(false);
  note(REGISTRY, 502);
  expect(isDown(REGISTRY)).toBe(true);
  note(REGISTRY);
  expect(isDown(REGISTRY)).toBe(false);
});

test('a failure more than two minutes after another is the first of those that count', async () => {
  const { clock, isDown, note } = start();
  for (const pause of [0, 2 * MINUTE, 2 * MINUTE + 1, 2 * MINUTE, 2 * MINUTE]) {
    await clock.advance(pause);
    note(REGISTRY, 502);
    expect(isDown(REGISTRY)).toBe(false);
  }
  await clock.advance(MINUTE);
  note(REGISTRY, 502);
  expect(isDown(REGISTRY)).toBe(true);
});

test('what has never answered is down after two timeouts, the second of a request that was sent after the first', async () => {
  const { clock, outages, isDown, fail } = start();
  const timeout = failure('UND_ERR_HEADERS_TIMEOUT');
  fail(REGISTRY, failure('ECONNREFUSED'));
  fail(REGISTRY, failure('ECONNREFUSED'));
  await clock.advance(30_000);
  for (let sentTogether = 0; sentTogether < 3; sentTogether++) outages.noteFailure(REGISTRY, timeout, 0);
  expect(isDown(REGISTRY)).toBe(false);
  fail(REGISTRY, timeout);
  expect(() => outages.check(REGISTRY)).toThrow(timeout);
});

test('what answered, be it with a failure, is not down for requests without an answer until they last for five minutes', async () => {
  const { clock, isDown, note, fail } = start();
  note(REGISTRY);
  note(STORAGE, 500);
  for (let minute = 0; minute < 5; minute++) {
    for (const server of [REGISTRY, STORAGE]) {
      fail(server, failure('UND_ERR_HEADERS_TIMEOUT'));
      fail(server, failure('ECONNREFUSED'));
    }
    expect([REGISTRY, STORAGE].map(isDown)).toEqual([false, false]);
    await clock.advance(MINUTE);
  }
  for (const server of [REGISTRY, STORAGE]) fail(server, failure('ECONNREFUSED'));
  expect([REGISTRY, STORAGE].map(isDown)).toEqual([true, true]);
});

test('a failure on purpose, or for another that holds, says nothing about a server', async () => {
  const { clock, outages, isDown, fail } = start();
  const cause = failure('UND_ERR_HEADERS_TIMEOUT');
  fail(STORAGE, cause);
  fail(STORAGE, cause);
  const held = new Error('fetch failed', { cause });
  const asCauses = [cause, held, failure('ETIMEDOUT'), 'no error'].map((error) => outages.isCauseOf(error));
  expect(asCauses).toEqual([true, true, false, false]);
  for (let minute = 0; minute <= 5; minute++) {
    for (const said of ['no error', new NotFoundError('it is gone'), held]) fail(REGISTRY, said);
    expect(isDown(REGISTRY)).toBe(false);
    await clock.advance(MINUTE);
  }
});

test('the server for tokens and the registry at the same address are down each by itself', async () => {
  const { clock, isDown, note } = start();
  const tokens = { ...REGISTRY, part: TOKENS };
  for (let minute = 0; minute <= 5; minute++) {
    if (minute > 0) await clock.advance(MINUTE);
    note(tokens, 502);
  }
  expect([tokens, REGISTRY].map(isDown)).toEqual([true, false]);
  note(tokens);
  expect(isDown(tokens)).toBe(false);
});

describe('a repository that is refused for too many requests', () => {
  const [dead, well] = ['dead', 'well'].map((part) => ({ ...REGISTRY, part })) as [Asked, Asked];
  const startRefusing = () => {
    const { clock, outages, ...rest } = start();
    const refuse = (asked: Asked, retryAfterMs?: number) => outages.noteRefusal(asked, clock.now(), retryAfterMs);
    /** Ten minutes later. */
    const pass = () => clock.advance(10 * MINUTE);
    return { clock, refuse, pass, ...rest };
  };

  test('for two hours while others are answered is down, until the pause that it asks for is over and ten seconds more', async () => {
    const { clock, refuse, pass, isDown, note, fail } = startRefusing();
    for (let times = 0; times <= 12; times++) {
      if (times > 0) await pass();
      expect(isDown(dead)).toBe(false);
      note(well);
      refuse(dead, 30_000);
    }
    // Of all that is down, some is so for a shorter time.
    for (let failures = 0; failures < 2; failures++) fail(STORAGE, failure('ETIMEDOUT'));
    expect([dead, STORAGE, well, REGISTRY].map(isDown)).toEqual([true, true, false, false]);
    await clock.advance(40_000 - 1);
    expect([dead, STORAGE].map(isDown)).toEqual([true, false]);
    await clock.advance(1);
    expect(isDown(dead)).toBe(false);
  });

  test('is not down where no other is answered, or one is refused that was answered before: that is a limit', async () => {
    for (const limited of [true, false]) {
      const { refuse, pass, isDown, note } = startRefusing();
      note(well);
      for (let times = 0; times <= 24; times++) {
        await pass();
        if (limited) note({ ...REGISTRY, part: 'other' });
        if (limited) refuse(well);
        refuse(dead);
        expect(isDown(dead)).toBe(false);
      }
    }
  });

  test('is not down where one that was refused is answered later; what is refused after that is', async () => {
    const { refuse, pass, isDown, note } = startRefusing();
    refuse(well);
    for (let times = 0; times <= 12; times++) {
      refuse(dead);
      await pass();
    }
    note(well);
    refuse(dead);
    expect(isDown(dead)).toBe(false);
    for (let times = 0; times <= 12; times++) {
      await pass();
      note(well);
      refuse(dead);
    }
    expect(isDown(dead)).toBe(true);
  });

  test('has answered: a failure that held for it ends', async () => {
    const { clock, refuse, isDown, note } = startRefusing();
    for (let minute = 0; minute <= 5; minute++) {
      if (minute > 0) await clock.advance(MINUTE);
      note(dead, 502);
    }
    expect(isDown(dead)).toBe(true);
    refuse(dead);
    expect(isDown(dead)).toBe(false);
  });
});

describe('a 503 of a repository', () => {
  const startAsking = () => {
    const { clock, outages, note } = start();
    const repository = (part: string) => ({ origin: REGISTRY.origin, part });
    const failsAlone = (part: string) => outages.failsAlone(repository(part));
    /** Sends a request, which takes a tenth of a second. */
    const ask = async (part: string, failedWith?: number) => {
      const startedAtMs = clock.now();
      await clock.advance(100);
      outages.noteAnswer(repository(part), failedWith, startedAtMs);
      return failsAlone(part);
    };
    return { clock, note, ask, failsAlone };
  };

  test('is that of a registry that has answered nothing', async () => {
    const { ask } = startAsking();
    for (const part of ['one', 'two', 'one']) expect(await ask(part, 503)).toBe(false);
  });

  test('is its own while others are answered, and not once none was for two seconds', async () => {
    const { clock, ask, failsAlone } = startAsking();
    await ask('well');
    await ask('other');
    expect(await ask('well', 503)).toBe(true);
    // The other one was asked 200 ms ago.
    await clock.advance(1_800);
    expect(failsAlone('well')).toBe(true);
    await clock.advance(1);
    expect(failsAlone('well')).toBe(false);
    expect(await ask('new', 503)).toBe(false);
  });

  test('is its own although the registry failed before and recovered: that was no repository', async () => {
    const { note, ask } = startAsking();
    note(REGISTRY, 503);
    note(REGISTRY);
    expect(await ask('dead', 503)).toBe(true);
  });

  test('is its own from when a later request to another one was answered, however long ago', async () => {
    const { clock, ask } = startAsking();
    expect(await ask('dead', 503)).toBe(false);
    await ask('well');
    for (let failures = 0; failures < 5; failures++) {
      await clock.advance(10 * MINUTE);
      expect(await ask('dead', 503)).toBe(true);
    }
  });

  test('is its own, too, where it was answered before it failed, and another one since, however long ago', async () => {
    const { clock, ask } = startAsking();
    await ask('well');
    await ask('dead');
    await ask('dead', 503);
    await ask('well');
    await clock.advance(10 * MINUTE);
    expect(await ask('dead', 503)).toBe(true);
  });

  test('is its own if it has never answered, from when another one was found to fail alone; others have done so', async () => {
    const { clock, ask } = startAsking();
    await ask('dead', 503);
    await ask('well');
    expect(await ask('dead', 503)).toBe(true);
    await clock.advance(MINUTE);
    expect(await ask('new', 503)).toBe(true);
    expect(await ask('well', 503)).toBe(false);
  });

  test('is that of the registry from when one answered after it, until one lasts while others are answered', async () => {
    const { ask } = startAsking();
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
