import { expect, test } from 'vitest';
import { countUnchecked } from '../../../src/store/check-store.ts';
import { recordErrors } from '../../../src/store/error-store.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';

test.each(BACKENDS)('failed items and images not assessed yet count as unchecked: $name', async ({ open }) => {
  const db = closedAfterTest(await open());
  const inventory = new Inventory(db);
  const source = await inventory.source('lab');
  const repository = await inventory.repository(source, 'shop/cart', 'shop', AT);
  const judged = await inventory.image({ name: 'judged', layers: [['a', 1]], assessment: {} });
  const found = await inventory.image({ name: 'new', layers: [['b', 1]] });
  const unnamed = await inventory.image({ name: 'unnamed', layers: [['c', 1]] });
  await inventory.tag(repository, '1', judged, AT);
  await inventory.tag(repository, '2', found, AT);
  await inventory.tag(repository, '2.0', found, AT);
  await inventory.tag(repository, null, unnamed, AT);
  const audit = await inventory.audit(source, AT);
  const item = {
    sourceId: source,
    registry: '',
    repository: '',
    tag: '',
    digest: '',
    message: '',
    retry: 'never',
  } as const;
  await recordErrors(db, audit, [{ ...item, code: 'access-denied' }], AT);
  await recordErrors(db, audit, [{ ...item, repository: 'teams.csv', code: 'delivery' }], AT);
  expect(await countUnchecked(db, audit)).toEqual({ failed: 1, unassessed: 1 });
});
