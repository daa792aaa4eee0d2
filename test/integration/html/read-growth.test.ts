import { describe, expect, test } from 'vitest';
import { readGrowth } from '../../../src/html/overview/read-growth.ts';
import { readOverview } from '../../../src/html/overview/read-overview.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const NOW = new Date('2027-01-01T00:00:00Z');
const PRICES = { storagePerGBMonth: 0, currency: 'USD' };

describe.each(BACKENDS)('the repositories that grew, over $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const on = (day: number) => new Date(Date.UTC(2026, 10, day, 2)).toISOString();

  /** Audits a repository on these days of a month, with a new build of these bytes each time. */
  async function audited(builds: Readonly<Record<number, number>>): Promise<void> {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', on(1));
    for (const [day, bytes] of Object.entries(builds)) {
      const at = on(Number(day));
      await db.query('update tag set ended_at = $1 where ended_at is null', [at]);
      const image = { name: day, layers: [[day, bytes]] as const, createdAt: at, configBytes: 0 };
      await inventory.tag(repository, day, await inventory.image(image), at);
      await inventory.audit(source, at);
    }
  }

  test('have grown since a time by what was stored since, and by the builds that were found since', async () => {
    await audited({ 1: 10, 2: 90, 9: 95, 10: 97 });
    expect(await readGrowth(db, on(5), NOW)).toMatchObject([
      {
        repository: { name: 'shop/app', team: 'shop', stored_bytes: 97, change_bytes: 7 },
        build: { tag: '9', change_bytes: 5 },
      },
    ]);
    expect(await readGrowth(db, on(10), NOW)).toMatchObject([
      { repository: { change_bytes: 2 }, build: { tag: '10', change_bytes: 2 } },
    ]);
    expect(await readGrowth(db, on(11), NOW)).toEqual([]);
  });

  test('are on the overview those of the seven days before the end of the newest audit, whenever that was', async () => {
    await audited({ 1: 10, 2: 90, 4: 95, 10: 97 });
    const { growth } = await readOverview(db, { now: NOW, prices: PRICES });
    expect(growth).toMatchObject([{ repository: { change_bytes: 7 }, build: { tag: '4' } }]);
  });

  test('may have no build that grew, and are the first fifteen', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    await inventory.audit(source, on(1));
    for (let bytes = 1; bytes <= 16; bytes++) {
      const repository = await inventory.repository(source, `app-${bytes}`, 'shop', on(2));
      const image = await inventory.image({ name: `${bytes}`, layers: [[`${bytes}`, bytes]], configBytes: 0 });
      await inventory.tag(repository, '1', image, on(2));
    }
    await inventory.audit(source, on(2));
    const growth = await readGrowth(db, on(1), NOW);
    expect(growth.map(({ repository }) => repository.change_bytes)).toEqual(
      Array.from({ length: 15 }, (_, at) => 16 - at),
    );
    expect(growth.every(({ build }) => build === undefined)).toBe(true);
  });

  test('are known of all sources only if each was audited before', async () => {
    await audited({ 1: 10, 2: 30 });
    const totalGrowth = async () => (await readOverview(db, { now: NOW, prices: PRICES })).totals.growthBytes;
    expect(await totalGrowth()).toBe(20);
    const inventory = new Inventory(db);
    const other = await inventory.source('other');
    await inventory.audit(other, on(3));
    expect(await totalGrowth()).toBeNull();
    await inventory.audit(other, on(4));
    expect(await totalGrowth()).toBe(20);
  });
});
