import { expect, test } from 'vitest';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { openDatabase } from '../../../src/store/open-database.ts';
import { dashboardOver } from '../../support/dashboard.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';

test('a base image has a page even if the history of base images leaves it out', async () => {
  const db = await openDatabase({ dataDir: ':memory:' });
  await migrate(db);
  const inventory = new Inventory(db);
  const source = await inventory.source('lab');
  const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
  const base = { name: 'library/rare:1', layers: 1 };
  await inventory.tag(repository, '1', await inventory.image({ name: 'app', layers: [['rare', 7]], base }), AT);
  await inventory.audit(source, AT);
  await db.query('delete from base_total');
  const app = createDashboardApp(await dashboardOver(db));

  const page = await app.request('/base?name=library/rare:1', { headers: { host: 'localhost' } });

  expect(page.status).toBe(200);
  expect(await page.text()).toContain('shop/app');
  const unused = await app.request('/base?name=library/unused:1', { headers: { host: 'localhost' } });
  expect(unused.status).toBe(404);
  await db.close();
});
