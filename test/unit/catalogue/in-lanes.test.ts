import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inLanes } from '../../../src/catalogue/in-lanes.ts';

async function* numbers(count: number, onMade: (made: number) => void = () => undefined) {
  for (let n = 0; n < count; n++) {
    onMade(n + 1);
    yield n;
  }
}

test('every item is worked on once, with no more in hand than there are lanes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.nat({ max: 30 }), async (lanes, count) => {
      const done: number[] = [];
      let inHand = 0;
      let most = 0;
      await inLanes(lanes, numbers(count), async (n) => {
        most = Math.max(most, ++inHand);
        await Promise.resolve();
        inHand--;
        done.push(n);
      });
      expect([...done].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
      expect(most).toBeLessThanOrEqual(lanes);
    }),
  );
});

test('a failure ends what makes the items, too', async () => {
  let isClosed = false;
  async function* pages() {
    try {
      yield* numbers(100);
    } finally {
      isClosed = true;
    }
  }
  await expect(inLanes(2, pages(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(isClosed).toBe(true);
});

test('a failure ends the work when what is in hand has ended, and no further item is made', async () => {
  let made = 0;
  const ended: number[] = [];
  const items = numbers(100, (count) => {
    made = count;
  });
  const work = inLanes(2, items, async (n) => {
    if (n === 3) throw new Error('the fourth fails');
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(n);
  });
  await expect(work).rejects.toThrow('the fourth fails');
  expect(made).toBeLessThan(10);
  expect(ended.filter((n) => n < 3)).toEqual([0, 1, 2]);
});
