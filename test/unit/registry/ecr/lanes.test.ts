import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapInLanes } from '../../../../src/registry/ecr/lanes.ts';

test('results are in the order of the items, and no more than the lanes are under way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (turns, lanes) => {
        let underWay = 0;
        let most = 0;
        const results = await mapInLanes(turns, lanes, async (count) => {
          underWay += 1;
          most = Math.max(most, underWay);
          for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
          underWay -= 1;
          return count * 2;
        });
        expect(results).toEqual(turns.map((count) => count * 2));
        expect(most).toBe(Math.min(lanes, turns.length));
      },
    ),
  );
});

test('a failure stops the other lanes from taking more', async () => {
  const taken: number[] = [];
  const work = async (item: number): Promise<void> => {
    taken.push(item);
    await Promise.resolve();
    if (item === 1) throw new Error('broken');
  };
  await expect(mapInLanes([0, 1, 2, 3, 4, 5, 6, 7], 2, work)).rejects.toThrow('broken');
  await new Promise(setImmediate);
  expect(taken.length).toBeLessThan(5);
});
