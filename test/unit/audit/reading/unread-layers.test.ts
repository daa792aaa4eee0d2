import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchesOf } from '../../../../src/audit/reading/unread-layers.ts';

const MB = 1_000_000;

function layersOf(sizes: readonly number[]) {
  return sizes.map((size, blobId) => ({ blobId, repositoryId: 1, size }));
}

describe('layers in batches', () => {
  test('contain each layer once, in order, in few batches of limited size', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(900 * MB), fc.nat(MB)), { maxLength: 100 }), (sizes) => {
        const batches = batchesOf(layersOf(sizes));
        expect(batches.flat().map(({ blobId }) => blobId)).toEqual(sizes.map((_, at) => at));
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { blobId }) => sum + (sizes[blobId] ?? 0), 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(8);
          expect(batch.length === 1 || bytes <= 500 * MB).toBe(true);
        }
      }),
    );
  });

  test('are limited by number if the layers are small', () => {
    const batches = batchesOf(layersOf(Array.from({ length: 17 }, () => MB)));
    expect(batches.map(({ length }) => length)).toEqual([8, 8, 1]);
  });

  test.each([
    ['by number', 100_000, 1 * MB],
    ['by bytes', 20_000, 450 * MB],
  ])('of a huge registry are larger %s, not more', (_name, count, size) => {
    const batches = batchesOf(layersOf(Array.from({ length: count }, () => size)));
    expect(batches.length).toBeLessThanOrEqual(8_000);
    expect(batches.flat()).toHaveLength(count);
  });
});
