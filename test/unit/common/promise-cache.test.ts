import { expect, test } from 'vitest';
import { PromiseCache } from '../../../src/common/promise-cache.ts';

test('callers share one load of a key', async () => {
  const cache = new PromiseCache<string, number>();
  let loads = 0;
  const load = async () => ++loads;
  expect(await Promise.all([cache.get('a', load), cache.get('a', load), cache.get('b', load)])).toEqual([1, 1, 2]);
  expect(await Promise.all(cache.values())).toEqual([1, 2]);
});

test('a load that failed is tried again', async () => {
  const cache = new PromiseCache<string, number>();
  await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await cache.get('a', async () => 1)).toBe(1);
});

test('a failure forgets no later load of its key', async () => {
  const cache = new PromiseCache<string, number>(1);
  let fail = (_error: Error): void => undefined;
  const failing = cache.get('a', () => new Promise((_, reject) => (fail = reject)));
  await cache.get('b', async () => 1);
  await cache.get('a', async () => 2);
  fail(new Error('away'));
  await expect(failing).rejects.toThrow('away');
  expect(await cache.get('a', async () => 3)).toBe(2);
});

test('a key beyond the most that are kept empties the cache', async () => {
  const cache = new PromiseCache<string, number>(2);
  for (const key of ['a', 'b', 'c']) await cache.get(key, async () => 1);
  expect(await cache.get('c', async () => 2)).toBe(1);
  expect(await cache.get('a', async () => 2)).toBe(2);
});
