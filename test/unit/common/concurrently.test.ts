import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forEachConcurrently, mapConcurrently } from '../../../src/common/concurrently.ts';

async function* numbers(count: number, onMade: (made: number) => void = () => undefined) {
  for (let n = 0; n < count; n++) {
    onMade(n + 1);
    yield n;
  }
}

test('works on every item once, with at most the given number at a time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 30 }), async (concurrency, count) => {
      const done: number[] = [];
      let inHand = 0;
      let most = 0;
      await forEachConcurrently(numbers(count), concurrency, async (n) => {
        most = Math.max(most, ++inHand);
        await Promise.resolve();
        inHand--;
        done.push(n);
      });
      expect([...done].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
      expect(most).toBeLessThanOrEqual(concurrency);
    }),
  );
});

test('a failure also ends the source of the items', async () => {
  let isClosed = false;
  async function* pages() {
    try {
      yield* numbers(100);
    } finally {
      isClosed = true;
    }
  }
  await expect(forEachConcurrently(pages(), 2, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(isClosed).toBe(true);
});

test('after a failure, work under way ends and no further item is taken', async () => {
  let made = 0;
  const ended: number[] = [];
  const items = numbers(100, (count) => {
    made = count;
  });
  const work = forEachConcurrently(items, 2, async (n) => {
    if (n === 3) throw new Error('the fourth fails');
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(n);
  });
  await expect(work).rejects.toThrow('the fourth fails');
  expect(made).toBeLessThan(10);
  expect(ended.filter((n) => n < 3)).toEqual([0, 1, 2]);
});

test('works on the given number of items at a time', async () => {
  const started: number[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const work = forEachConcurrently(numbers(10), 3, async (n) => {
    started.push(n);
    await gate;
  });
  await new Promise(setImmediate);
  expect(started).toEqual([0, 1, 2]);
  open();
  await work;
  expect(started).toHaveLength(10);
});

test('returns results in the order of the items, whichever ends first', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (turns, concurrency) => {
        const results = await mapConcurrently(turns, concurrency, async (count) => {
          for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
          return count * 2;
        });
        expect(results).toEqual(turns.map((count) => count * 2));
      },
    ),
  );
});
