import { describe, expect, test } from 'vitest';
import { countDone } from '../../../src/store/progress-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const BEFORE = '2026-11-23T02:00:00Z';
const NOW = '2026-11-24T02:00:00Z';

describe.each(BACKENDS)('what an audit has done so far, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('counts a tag that moved once, as audited, and no tag that is gone', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', BEFORE);
    const [old, young] = [
      await inventory.image({ name: 'old', layers: [] }),
      await inventory.image({ name: 'young', layers: [] }),
    ];
    await inventory.tag(repository, 'stays', old, BEFORE);
    for (const name of ['moves', 'goes'])
      await inventory.endTag(await inventory.tag(repository, name, old, BEFORE), NOW);
    await inventory.tag(repository, 'moves', young, NOW);
    const auditId = await inventory.audit(source, NOW);
    await db.query('update repository set listed_by = $1', [auditId]);
    expect(await countDone(db, auditId)).toMatchObject({ repositories: 1, audited: 1, unchanged: 1 });
  });
});
