import { describe, expect, test } from 'vitest';
import { type WhatIf, whatIf } from '../../../src/advise/whatif.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { readHeldElsewhere, readImagesOn } from '../../../src/store/fleet-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';
const BASE = { name: 'library/debian:13', layers: 1 };
const SLIM = { reference: 'library/debian:13-slim', layers: [{ digest: digestOf('slim'), bytes: 30 }] };

describe.each(BACKENDS)('a base swap over images stored in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** One image in repositories of two teams, another one beside it, and both bases by themselves. */
  async function swapOn(dedup: string): Promise<WhatIf> {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab', dedup);
    const repository = (name: string, team: string) => inventory.repository(source, name, team, AT);
    const imageOf = (name: string) =>
      inventory.image({
        name,
        layers: [
          ['debian', 100],
          [name, 5],
        ],
        base: BASE,
      });
    const [promoted, other] = [await imageOf('shop'), await imageOf('other')];
    const zeta = await repository('a/shop', 'zeta');
    const alpha = await repository('b/shop', 'alpha');
    await inventory.tag(zeta, '1', promoted, AT);
    await inventory.tag(alpha, '1', promoted, AT);
    await inventory.tag(alpha, 'stable', promoted, AT);
    await inventory.tag(await repository('b/other', 'alpha'), '1', other, AT);
    const library = await repository('library/debian', 'base');
    await inventory.tag(library, '13', await inventory.image({ name: 'base', layers: [['debian', 100]] }), AT);
    await inventory.tag(library, '13-slim', await inventory.image({ name: 'thin', layers: [['slim', 30]] }), AT);
    const names = [BASE.name];
    const moving = await readImagesOn(db, source, names);
    const held = await readHeldElsewhere(db, source, names, [digestOf('debian'), digestOf('slim')]);
    return whatIf(BASE.name, SLIM, moving, held);
  }

  test('names every team, repository and image on the base', async () => {
    const moved = (team: string, repository: string, ...tags: string[]) => ({ team, repository, tags });
    expect(await swapOn('registry')).toMatchObject({
      moved: [moved('alpha', 'b/other', '1'), moved('alpha', 'b/shop', '1', 'stable'), moved('zeta', 'a/shop', '1')],
      images: 3,
      teams: [
        { team: 'alpha', repositories: 2, images: 2 },
        { team: 'zeta', repositories: 1, images: 1 },
      ],
      perPullBytes: 70,
      logicalBytes: 4 * 70,
    });
  });

  test.each([
    ['registry', 0],
    ['namespace', 2 * 70],
    ['repository', 3 * 70],
  ])('where blobs are shared within a %s, %i bytes less are stored', async (dedup, bytes) => {
    expect(await swapOn(dedup)).toMatchObject({ storedBytes: bytes });
  });

  test('does not count as stored what the registry only lists', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('windows');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const layers = [
      ['windows', 1000],
      ['update', 100],
      ['app', 5],
    ] as const;
    const base = { name: 'windows:1', layers: 2 };
    await inventory.tag(repository, '1', await inventory.image({ name: 'app', layers, base }), AT);
    await db.query('update blob set stored = false where size = 1000');
    const moving = await readImagesOn(db, source, [base.name]);
    expect(whatIf(base.name, SLIM, moving, new Map())).toMatchObject({ perPullBytes: 1070, storedBytes: 100 - 30 });
  });
});
