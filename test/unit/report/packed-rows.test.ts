import { expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { packRows } from '../../../src/report/packed-rows.ts';
import type { Cells, Column } from '../../../src/report/report.ts';
import { unpackRows } from '../../../src/report/row-reader.ts';

const columns: readonly Column[] = [
  { name: 'name', type: 'text', description: '' },
  { name: 'at', type: 'timestamp', description: '' },
  { name: 'day', type: 'date', description: '' },
  { name: 'bytes', type: 'bytes', description: '' },
  { name: 'root', type: 'boolean', description: '' },
];
const LINE = 'web\u007f2026-11-23 02:00:00.75\u007f2026-11-23\u007f12\u007ftrue';

/** A database that gives some batches, and then fails or ends. */
function giving(batches: readonly (readonly string[])[], failure?: Error): Pick<Database, 'streamTexts'> {
  return {
    streamTexts: async function* () {
      yield* batches;
      if (failure) throw failure;
    },
  };
}

async function readRows(db: Pick<Database, 'streamTexts'>, read: Cells[] = []): Promise<readonly Cells[]> {
  for await (const batch of unpackRows(packRows(db, columns, 'select 1', []))) read.push(...batch);
  return read;
}

test.each([
  [LINE, ['web', '2026-11-23T02:00:00Z', '2026-11-23', 12, true]],
  ['\u0001\u007f\u007f\u007f\u007f', [null, null, null, null, null]],
  ['\u007f1969-12-31 23:59:59\u007f1970-01-01\u007f0\u007ffalse', ['', '1969-12-31T23:59:59Z', '1970-01-01', 0, false]],
  ['\u0002["a\u007fb","","","1","true"]', ['a\u007fb', null, null, 1, true]],
  ['\u0002[null,"","","","false"]', [null, null, null, null, false]],
])('%j is read as %j', async (line, expected) => {
  expect(await readRows(giving([[line]]))).toEqual([expected]);
});

test('the failure of a later batch reaches the reader after the earlier ones', async () => {
  const read: Cells[] = [];
  await expect(readRows(giving([[LINE]], new Error('the connection broke')), read)).rejects.toThrow(
    'the connection broke',
  );
  expect(read).toHaveLength(1);
});
