import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Patience } from '../../../src/app/patience.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';

const away = new StoreUnavailableError('Postgres is not available: it starts');

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

/** Patience for which this time (ms) passes between two attempts. */
function waiting(everyMs: number) {
  const stop = new AbortController();
  const said: string[] = [];
  const patience = new Patience({
    signal: stop.signal,
    onOutage: ({ message }) => void said.push(message),
    pauseMs: () => {
      vi.advanceTimersByTime(everyMs);
      return 0;
    },
  });
  return { stop, said, patience };
}

/** Work that fails so often because of an outage. */
function failing(times: number, takesMs = 0): () => Promise<string> {
  let left = times;
  return async () => {
    vi.advanceTimersByTime(takesMs);
    if (left-- > 0) throw away;
    return 'done';
  };
}

test('an outage of a minute is waited for, and said once by all who wait', async () => {
  const { said, patience } = waiting(1_000);
  expect(await Promise.all([patience.outlast(failing(30)), patience.outlast(failing(30))])).toEqual(['done', 'done']);
  expect([said, patience.failures]).toEqual([[away.message], 60]);
  expect(await patience.outlast(failing(1))).toBe('done');
  expect(said).toEqual([away.message, away.message]);
});

test('a longer outage ends all with a failure that says so', async () => {
  const { patience } = waiting(1_000);
  const message =
    'the database was away for a minute; what was done is kept, and the next audit goes on from there: Postgres is not available: it starts';
  await expect(patience.outlast(failing(1_000))).rejects.toMatchObject({ code: 'store-unavailable', message });
  expect(patience.signal.reason).toMatchObject({ message });
  const work = vi.fn(failing(2));
  await expect(patience.outlast(work)).rejects.toThrow(message);
  expect(work).toHaveBeenCalledTimes(1);
});

test('outages that follow one another are waited for a minute each, if work goes on for long in between', async () => {
  const { patience } = waiting(1_000);
  expect(await patience.outlast(failing(10, 15_001))).toBe('done');
});

test('attempts that end when no connection is made in time do not go on for ever', async () => {
  const { patience } = waiting(1_000);
  await expect(patience.outlast(failing(10, 15_000))).rejects.toThrow('away for a minute');
});

test('a signal ends the wait at once, with its reason, whether work is under way or waited for', async () => {
  const { stop, said, patience } = waiting(1_000);
  const reason = new Error('stopped by SIGINT');
  const work = vi.fn(async () => {
    stop.abort(reason);
    throw away;
  });
  await expect(patience.outlast(work)).rejects.toBe(reason);
  expect(work).toHaveBeenCalledTimes(1);
  expect(said).toEqual([]);
  const other = new AbortController();
  const pauseMs = () => {
    other.abort(reason);
    return 60_000;
  };
  const waits = new Patience({ signal: other.signal, onOutage: () => undefined, pauseMs });
  await expect(waits.outlast(failing(1))).rejects.toBe(reason);
});

test('other failures are no outages', async () => {
  const { said, patience } = waiting(1_000);
  const tooMuch = new StoreUnavailableError('too much', { cause: Object.assign(new Error('full'), { code: '53200' }) });
  for (const failure of [new Error('a bug'), tooMuch])
    await expect(patience.outlast(() => Promise.reject(failure))).rejects.toBe(failure);
  expect([said, patience.signal.aborted]).toEqual([[], false]);
});
