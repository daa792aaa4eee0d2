import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../src/oci/digest.ts';
import { parseTag } from '../../../src/oci/reference.ts';
import { recordSightings } from '../../../src/store/inventory-store.ts';
import { digestText } from '../../../src/store/sql/digest-text.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00.000Z';
const BY_OTHERS = '2026-05-01T10:00:00.000Z';

describe.each(BACKENDS)('sightings in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('of the same image, listed again after an audit was killed, keep the pull from before it was read', async () => {
    const inventory = new Inventory(db);
    const repositoryId = await inventory.repository(await inventory.source('lab'), 'shop/cart', 'shop', AT);
    await inventory.image({ name: 'app', layers: [['app', 1]] });
    const [manifest] = await db.query<{ digest: Digest }>(`select ${digestText('digest')} as digest from manifest`);
    const digest = manifest?.digest as Digest;
    const seen = (tag: string | undefined, pulledAt: string | undefined) => {
      return { repositoryId, tag: tag === undefined ? undefined : parseTag(tag), digest, pulledAt };
    };
    const names = ['pulled', 'too', 'never', undefined];
    const before = names.map((name) => seen(name, name === 'never' ? undefined : BY_OTHERS));
    const again = names.map((name) => seen(name, AT));
    await recordSightings(db, [...before.slice(0, 1), ...again, ...before.slice(1)], AT);
    const pulls = await db.query<{ name: string | null; at: Date | null }>(
      'select name, pulled_at as at from tag order by name nulls last',
    );
    expect(pulls.map(({ name, at }) => [name, at && new Date(at).toISOString()])).toEqual([
      ['never', null],
      ['pulled', BY_OTHERS],
      ['too', BY_OTHERS],
      [null, BY_OTHERS],
    ]);
  });
});
