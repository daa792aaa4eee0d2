import { expect, test } from 'vitest';
import { type CursorSession, streamByCursor } from '../../../src/database/cursor.ts';

/** A session that gives these batches one after another, then none; a batch that is an error fails. */
function giving(batches: readonly (readonly string[] | Error)[], asked: string[] = []): CursorSession {
  let next = 0;
  return {
    query: async (sql) => {
      asked.push(sql);
      return [];
    },
    fetchTexts: async (sql) => {
      asked.push(sql);
      const batch = batches[next++] ?? [];
      if (batch instanceof Error) throw batch;
      return batch;
    },
  };
}

test('yields all batches in order, the last one short, and closes the cursor', async () => {
  const asked: string[] = [];
  const read: (readonly string[])[] = [];
  for await (const batch of streamByCursor(giving([['a', 'b'], ['c', 'd'], ['e']], asked), 'select 1', [], 2))
    read.push(batch);
  expect(read).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  expect(asked.at(-1)).toBe('close row_stream');
});

test('fetches later batches before the first one is used', async () => {
  const asked: string[] = [];
  const stream = streamByCursor(giving([['a'], ['b'], ['c'], ['d']], asked), 'select 1', [], 1);
  await stream.next();
  expect(asked.filter((sql) => sql.startsWith('fetch'))).toHaveLength(5);
});

test('a failed batch is reported after the batches before it', async () => {
  const stream = streamByCursor(giving([['a'], new Error('the connection broke')]), 'select 1', [], 1);
  expect(await stream.next()).toEqual({ done: false, value: ['a'] });
  await expect(stream.next()).rejects.toThrow('the connection broke');
});
