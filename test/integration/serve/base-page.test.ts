import { describe, expect, test } from 'vitest';
import { pageText, visit } from '../../support/dashboard.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';
const BASES = ['library/node:22', 'mirror/library/node:22', 'library/node:22;library/node:22.1'];

describe.each(BACKENDS)('the page of a base image over $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** A repository for each base, `shop/app0` and so on, with one image on it. */
  async function fill(): Promise<void> {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (const [number, name] of BASES.entries()) {
      const repository = await inventory.repository(source, `shop/app${number}`, 'shop', AT);
      const image = { name: `app${number}`, layers: [['node', 7]] as const, base: { name, layers: 1 } };
      await inventory.tag(repository, '1', await inventory.image(image), AT);
    }
    await inventory.audit(source, AT);
  }

  const pageOf = (name: string) => visit(db, `/base?${new URLSearchParams({ name })}`);

  test('shows the images on exactly that base, and leads to all of them', async () => {
    await fill();
    for (const [number, name] of BASES.entries()) {
      const text = await (await pageOf(name)).text();
      expect(new Set(text.match(/>shop\/app\d</g))).toEqual(new Set([`>shop/app${number}<`]));
      const all = /href="(\/images\?base=[^"]+)"[^>]*>Show all</.exec(text)?.[1] ?? '';
      const shown = await pageText(db, all);
      expect(new Set(shown.match(/>shop\/app\d</g))).toEqual(new Set([`>shop/app${number}<`]));
    }
  });

  test('is named after the first of several names, and tells the others', async () => {
    await fill();
    const text = await (await pageOf('library/node:22;library/node:22.1')).text();
    expect(text).toContain('<h1>library/node:22</h1>');
    expect(text).toContain('<p class="lead">Has the layers of library/node:22.1, too<br>');
    expect(await (await pageOf('library/node:22')).text()).not.toContain('Has the layers of');
  });

  test('tells the trend of the images on it, and the largest size that the base has in them', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    for (const [distro, bytes] of [
      ['alpine', 7],
      ['debian', 9],
      ['other', 1_000],
    ] as const) {
      const base = distro === 'other' ? {} : { base: { name: 'some/base', layers: 1 }, assessment: { distro } };
      const image = await inventory.image({ name: distro, layers: [[distro, bytes]], configBytes: 0, ...base });
      await inventory.tag(repository, distro, image, AT);
    }
    await inventory.audit(source, AT);
    const text = (await (await pageOf('some/base')).text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    expect(text).toMatch(/Size of the base 9 B .*Trend .*Logical: 16 B since /);
  });

  test('counts an image that several sources have once, like the table of base images', async () => {
    await fill();
    const inventory = new Inventory(db);
    const source = await inventory.source('mirror');
    const repository = await inventory.repository(source, 'shop/app0', 'shop', AT);
    const [{ id = 0 } = {}] = await db.query<{ id: number }>(
      "select t.manifest_id as id from tag t join repository r on r.id = t.repository_id where r.name = 'shop/app0'",
    );
    await inventory.tag(repository, '1', id, AT);
    await inventory.audit(source, AT);
    const figures = (await (await pageOf('library/node:22')).text()).match(/<dd>\d+</g);
    expect(figures).toEqual(['<dd>1<', '<dd>2<', '<dd>2<']);
  });

  test('tells the end of support; of several distributions, their number and the earliest', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const pageWith = async (version: string, endOfLife: string): Promise<string> => {
      const assessment = { distro: 'alpine', distro_version: version, distro_eol: endOfLife };
      const base = { name: 'some/base', layers: 1 };
      const image = await inventory.image({ name: version, layers: [[version, 7]], base, assessment });
      await inventory.tag(repository, version, image, AT);
      await inventory.audit(source, AT);
      return (await pageOf('some/base')).text();
    };
    expect(await pageWith('3.20', '2026-04-01')).toContain(
      '<dt>Distribution</dt><dd>alpine 3.20</dd><dd class="note">support ended 2026-04-01</dd>',
    );
    await pageWith('3.19', '2026-05-01');
    expect(await pageWith('3.23', '2027-11-01')).toContain(
      '<dt>Distributions</dt><dd>3</dd><dd class="note">earliest end of support: 2026-04-01</dd>',
    );
  });

  test('is there even if the history of base images leaves it out', async () => {
    await fill();
    await db.query('delete from base_total');
    expect((await pageOf('library/node:22')).status).toBe(200);
    expect((await pageOf('library/unused:1')).status).toBe(404);
  });
});
