import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { readFacts } from '../../../src/store/check-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';

describe.each(BACKENDS)('the facts of an audit that policies check, over $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test.each([
    ['one', 'two', 'arm'],
    ['arm', 'two', 'one'],
  ])('are in the order of tags, platforms and digests: images stored as %s, %s, %s', async (...names) => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/cart', 'shop', AT);
    const bytes = { one: 1, two: 2, arm: 3 };
    const images = new Map<string, number>();
    for (const [name, size] of names.map((each) => [each, bytes[each as keyof typeof bytes]] as const)) {
      const platform = name === 'arm' ? 'linux/arm64' : 'linux/amd64';
      images.set(name, await inventory.image({ name, layers: [[name, size]], platform, assessment: {} }));
    }
    await inventory.tag(repository, 'b', await inventory.index('index', [...images.values()]), AT);
    await inventory.tag(repository, 'a', images.get('arm') ?? 0, AT);
    const audit = await inventory.audit(source, AT);
    const found: number[] = [];
    for await (const batch of readFacts(db, audit)) found.push(...batch.map((facts) => facts.bytes));
    const ofAmd = (['one', 'two'] as const).toSorted((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1));
    expect(found).toEqual([bytes.arm, ...ofAmd.map((name) => bytes[name]), bytes.arm]);
  });
});
