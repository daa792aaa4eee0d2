import { expect, test } from 'vitest';
import { streamRows } from '../../../src/report/packed-rows.ts';
import type { Cells, Column } from '../../../src/report/report.ts';
import type { Database } from '../../../src/store/database.ts';

const columns: readonly Column[] = [
  { name: 'name', type: 'text', description: '' },
  { name: 'at', type: 'timestamp', description: '' },
  { name: 'day', type: 'date', description: '' },
  { name: 'bytes', type: 'bytes', description: '' },
  { name: 'root', type: 'boolean', description: '' },
];

async function rowsOf(lines: readonly string[]): Promise<readonly Cells[]> {
  const db: Pick<Database, 'stream'> = {
    stream: async function* <R>() {
      yield lines.map((line) => ({ line }) as R);
    },
  };
  const rows: Cells[] = [];
  for await (const batch of streamRows(db, columns, 'select 1', [])) rows.push(...batch);
  return rows;
}

test.each([
  ['web\u007f1795399200.75\u007f1795392000\u007f12\u007ftrue', ['web', '2026-11-23T02:00:00Z', '2026-11-23', 12, true]],
  ['\u0001\u007f\u007f\u007f\u007f', [null, null, null, null, null]],
  ['\u007f-1\u007f0\u007f0\u007ffalse', ['', '1969-12-31T23:59:59Z', '1970-01-01', 0, false]],
  ['\u0002["a\u007fb","0","","1","true"]', ['a\u007fb', '1970-01-01T00:00:00Z', null, 1, true]],
])('%j is read as %j', async (line, expected) => {
  expect(await rowsOf([line])).toEqual([expected]);
});

test('the failure of a later batch reaches the reader after the earlier ones', async () => {
  const db: Pick<Database, 'stream'> = {
    stream: async function* <R>() {
      yield [{ line: 'web\u007f\u007f\u007f\u007f' } as R];
      throw new Error('the connection broke');
    },
  };
  const read: Cells[] = [];
  const reading = (async () => {
    for await (const batch of streamRows(db, columns, 'select 1', [])) read.push(...batch);
  })();
  await expect(reading).rejects.toThrow('the connection broke');
  expect(read).toHaveLength(1);
});
