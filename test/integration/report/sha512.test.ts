import { hash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { digestBytes, parseDigest } from '../../../src/oci/digest.ts';
import { images } from '../../../src/report/kinds/images.ts';
import { layers } from '../../../src/report/kinds/layers.ts';
import { reclaimable } from '../../../src/report/kinds/reclaim.ts';
import { parseInUse } from '../../../src/report/reclaim/in-use.ts';
import { readPage } from '../../../src/report/report-page.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const named = (content: string) => parseDigest(`sha512:${hash('sha512', content, 'hex')}`);
const IMAGE = named('an image');
const LAYER = named('a layer');
const OLD = '2024-01-01T00:00:00Z';

/** An image that nothing tags beside a newer build, both it and its layer named by sha512. */
describe.each(BACKENDS)('content that is named by a sha512 digest, on $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('prod');
    const app = await inventory.repository(source, 'shop/app', 'shop', OLD);
    const old = await inventory.image({ name: 'old', layers: [['its layer', 1_000]], createdAt: OLD });
    const current = await inventory.image({
      name: 'new',
      layers: [['its layer', 1_000]],
      createdAt: '2026-01-01T00:00:00Z',
    });
    await inventory.tag(app, null, old, OLD);
    await inventory.tag(app, '1', current, OLD);
    await db.query('update manifest set digest = $2 where id = $1', [old, digestBytes(IMAGE)]);
    await db.query('update blob set digest = $1 where size = 1000', [digestBytes(LAYER)]);
    await inventory.audit(source, '2026-01-02T00:00:00Z');
  });

  const removable = async (inUse: string) =>
    (await readRecords(db, reclaimable(parseInUse(inUse)))).map(({ digest }) => digest);

  test('stays where it is in use', async () => {
    expect(await removable('')).toEqual([IMAGE]);
    expect(await removable(`shop/app@${IMAGE}`)).toEqual([]);
  });

  test('is found by its digest', async () => {
    const page = await readPage(db, images, { search: IMAGE.slice(0, 20), limit: 10, now: new Date() });
    expect(page.total).toBe(1);
  });

  test('is named by its digest in the lists of an audit, as in reports', async () => {
    const [row] = await db.query<{ digest: string }>(
      "select lists #>> '{layers,0,digest}' as digest from source_summary",
    );
    expect(row?.digest).toBe(LAYER);
    expect(await readRecords(db, layers)).toMatchObject([{ digest: LAYER }]);
  });
});
