import { describe, expect, test } from 'vitest';
import type { RegistryHost } from '../../../src/oci/reference.ts';
import { type ItemError, recordErrors, summarizeErrors } from '../../../src/store/error-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00.000Z';

describe.each(BACKENDS)('the errors of an audit in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('with the same message are one group, of which the first ones are read', async () => {
    const inventory = new Inventory(db);
    const sourceId = await inventory.source('lab');
    const failed = (repository: string, tag: string, message: string): ItemError => {
      const registry = 'r.example.com' as RegistryHost;
      return { sourceId, registry, repository, tag, digest: '', code: 'not-found', message, retry: 'never' };
    };
    const [audit, other] = [await inventory.audit(sourceId, AT), await inventory.audit(sourceId, AT)];
    expect(await summarizeErrors(db, audit, 10)).toEqual({ count: 0, groups: [] });
    const refused = Array.from({ length: 10 }, (_, n) => failed('shop/api', `${n}`, `refused ${n}`));
    const gone = ['1', '2', '3'].map((tag) => failed('shop/web', tag, 'gone'));
    await recordErrors(db, audit, [...gone.slice(0, 2), ...refused, ...gone.slice(2)], AT);
    await recordErrors(db, other, gone, AT);
    const { count, groups } = await summarizeErrors(db, audit, 10);
    expect(count).toBe(13);
    expect(groups).toHaveLength(10);
    expect(groups[0]).toMatchObject({ ...gone[0], source: 'lab', count: 3 });
    expect(groups.at(-1)).toMatchObject({ ...refused[8], count: 1 });
  });
});
