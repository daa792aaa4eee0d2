import { describe, expect, test } from 'vitest';
import { manifestsTask, rereadTask } from '../../../src/audit/task-payloads.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseRegistryHost, parseRepositoryName } from '../../../src/oci/reference.ts';
import { listedElsewhere } from '../../../src/store/inventory-store.ts';
import { addTasks } from '../../../src/store/task-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00.000Z';

describe.each(BACKENDS)('a child of an index in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test.each([
    ['reads', manifestsTask],
    ['reads again', rereadTask],
  ])('is left to the task of its repository that %s it', async (_, taskOf) => {
    const inventory = new Inventory(db);
    const source = await inventory.source('prod');
    const own = await inventory.repository(source, 'shop/app', 'shop', AT);
    const other = await inventory.repository(source, 'shop/other', 'shop', AT);
    const auditId = await inventory.audit(source, AT);
    const repository = {
      id: own,
      source: 'prod',
      registry: parseRegistryHost('registry.example.com'),
      name: parseRepositoryName('shop/app'),
    };
    const child = digestOf('child');
    await addTasks(db, auditId, [taskOf(repository, [{ digest: child }])]);
    const wanted = [child, digestOf('another child')];
    expect(await listedElsewhere(db, auditId, own, wanted)).toEqual(new Set([child]));
    expect(await listedElsewhere(db, auditId, other, wanted)).toEqual(new Set());
  });
});
