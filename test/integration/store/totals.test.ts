import { beforeAll, describe, expect, test } from 'vitest';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { recordPlans } from '../../support/plans.ts';

const AT = '2026-11-24T02:00:00Z';
const IMAGES = 30;

describe.each(BACKENDS)('totals of a source on $name', ({ open }) => {
  let inventory: Inventory;
  const db = useDatabase(open);
  beforeAll(() => {
    inventory = new Inventory(db);
  });

  async function fill(name: string): Promise<number> {
    const source = await inventory.source(name);
    const repository = await inventory.repository(source, `${name}/app`, 'shop', AT);
    for (let number = 0; number < IMAGES; number++) {
      const image = await inventory.image({ name: `${name} ${number}`, layers: [[`${name} layer ${number}`, 10]] });
      await inventory.tag(repository, `${number}`, image, AT);
    }
    return source;
  }

  test('read what the source holds only once, even without statistics', async () => {
    await inventory.audit(await fill('old'), AT);
    await db.query('analyze');
    const source = await fill('new');
    const audit = await inventory.audit(source, AT);
    const [gone] = await db.query<{ id: number }>(
      "select t.id from tag t join repository r on r.id = t.repository_id where r.name = 'new/app' order by t.id limit 1",
    );
    await inventory.endTag(gone?.id ?? 0, AT);
    // What this audit has written already, and writes again.
    await db.query('truncate source_total, team_total, base_total, source_summary');
    const plans: string[] = [];
    await db.transaction((tx) => computeTotals(recordPlans(tx, /delete from image_share/, plans), source, audit));
    const loops = [...plans.join('\n').matchAll(/Scan.* on held\b.*loops=(\d+)/g)].map(([, times]) => Number(times));
    expect(loops, plans.join('\n')).toEqual([1]);
    const shares = await db.query<{ source_id: number; images: number }>(
      'select source_id, count(*) as images from image_share group by source_id order by source_id',
    );
    expect(shares).toEqual([
      { source_id: 1, images: IMAGES },
      { source_id: source, images: IMAGES - 1 },
    ]);
  });

  test('count a foreign layer of several repositories as shared, and as stored by none', async () => {
    const source = await inventory.source('windows');
    for (const [name, bytes] of [
      ['a', 7],
      ['b', 9],
    ] as const) {
      const layers = [
        ['foreign', 1000],
        [`layer of ${name}`, bytes],
      ] as const;
      const image = await inventory.image({ name: `windows ${name}`, layers, configBytes: 1 });
      await inventory.tag(await inventory.repository(source, `windows/${name}`, 'shop', AT), '1', image, AT);
    }
    await db.query('update blob set stored = false where size = 1000');
    await inventory.audit(source, AT);
    const rows = await db.query(
      `select i.repository, i.compressed_bytes, i.shared_bytes, i.exclusive_bytes, r.exclusive_bytes as of_repository
       from slimboard_images i join slimboard_repositories r using (repository_id) where i.source = 'windows' order by 1`,
    );
    expect(rows).toEqual([
      { repository: 'windows/a', compressed_bytes: 1007, shared_bytes: 1000, exclusive_bytes: 7, of_repository: 8 },
      { repository: 'windows/b', compressed_bytes: 1009, shared_bytes: 1000, exclusive_bytes: 9, of_repository: 10 },
    ]);
  });
});
