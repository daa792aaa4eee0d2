import { expect, test } from 'vitest';
import { completeIndexes } from '../../../src/store/index-store.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

test('an index lists the images of nested indexes, unless its own list is too long', async () => {
  const db = closedAfterTest(await PGLITE.open());
  const inventory = new Inventory(db);
  const image = await inventory.image({ name: 'app', layers: [['layer', 10]] });
  const inner = await inventory.index('inner', [image]);
  const outer = await inventory.index('outer', [inner]);
  const endless = await inventory.index('endless', [inner]);
  await db.query(
    `insert into index_child (index_id, position, digest) select $1, n, sha256(n::text::bytea) from generate_series(1, 10000) n`,
    [endless],
  );
  await completeIndexes(db);
  const lists = await db.query('select index_id as index from index_child where child_id = $1 order by 1', [image]);
  expect(lists).toEqual([{ index: inner }, { index: outer }]);
});
