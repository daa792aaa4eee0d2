import type { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { dashboardOver } from '../../support/dashboard.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';
const BASES = ['library/node:22', 'mirror/library/node:22', 'library/node:22;library/node:22.1'];

describe.each(BACKENDS)('the page of a base image over $name', ({ open }) => {
  let db: Database;

  useEmptyDatabase(open, (opened) => {
    db = opened;
  });

  /** A repository for each base, `shop/app0` and so on, with one image on it. */
  async function dashboard(): Promise<Hono> {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (const [number, name] of BASES.entries()) {
      const repository = await inventory.repository(source, `shop/app${number}`, 'shop', AT);
      const image = { name: `app${number}`, layers: [['node', 7]] as const, base: { name, layers: 1 } };
      await inventory.tag(repository, '1', await inventory.image(image), AT);
    }
    await inventory.audit(source, AT);
    return createDashboardApp(await dashboardOver(db));
  }

  const pageOf = (app: Hono, name: string) =>
    app.request(`/base?${new URLSearchParams({ name })}`, { headers: { host: 'localhost' } });

  test('shows the images on exactly that base, and leads to all of them', async () => {
    const app = await dashboard();
    for (const [number, name] of BASES.entries()) {
      const text = await (await pageOf(app, name)).text();
      expect(new Set(text.match(/>shop\/app\d</g))).toEqual(new Set([`>shop/app${number}<`]));
      const all = /href="(\/images\?base=[^"]+)"[^>]*>Show all</.exec(text)?.[1] ?? '';
      const shown = await (await app.request(all, { headers: { host: 'localhost' } })).text();
      expect(new Set(shown.match(/>shop\/app\d</g))).toEqual(new Set([`>shop/app${number}<`]));
    }
  });

  test('is there even if the history of base images leaves it out', async () => {
    const app = await dashboard();
    await db.query('delete from base_total');
    expect((await pageOf(app, 'library/node:22')).status).toBe(200);
    expect((await pageOf(app, 'library/unused:1')).status).toBe(404);
  });
});
