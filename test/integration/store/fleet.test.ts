import { describe, expect, test } from 'vitest';
import { BaseSwap, type MovedImage, type WhatIf } from '../../../src/advise/whatif.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { platformsOn, readNeededLayers, streamImagesOn } from '../../../src/store/fleet-store.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-01T02:00:00Z';
const BASE = { name: 'library/debian:13', layers: 1 };
const SLIM = {
  reference: 'library/debian:13-slim',
  layers: new Map([['linux/amd64', [{ digest: digestOf('slim'), bytes: 30 }]]]),
};

describe.each(BACKENDS)('a base swap over images stored in $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** One image in repositories of two teams, another one beside it, and both bases by themselves. */
  async function swapOn(dedup: string): Promise<WhatIf & { readonly moved: readonly MovedImage[] }> {
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
    return swapIn(source, BASE.name);
  }

  async function swapIn(source: number, from: string): Promise<WhatIf & { readonly moved: readonly MovedImage[] }> {
    const swap = new BaseSwap(from, SLIM);
    const moved: MovedImage[] = [];
    for await (const images of streamImagesOn(db, source, [from]))
      moved.push(...images.map((image) => swap.move(image)));
    return { ...swap.effect(await readNeededLayers(db, source, [from], swap.layers())), moved };
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
    expect(await swapIn(source, base.name)).toMatchObject({ perPullBytes: 1070, storedBytes: 100 - 30 });
  });

  test("keeps a base's layer that an image on it has once more, on top", async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('twice');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const layers = [
      ['ground', 100],
      ['tools', 50],
      ['ground', 100],
    ] as const;
    const base = { name: 'tools:1', layers: 2 };
    await inventory.tag(repository, '1', await inventory.image({ name: 'twice', layers, base }), AT);
    expect(await swapIn(source, base.name)).toMatchObject({ perPullBytes: 120, storedBytes: 50 - 30 });
  });

  test('knows for which platforms sources have images on a base', async () => {
    const inventory = new Inventory(db);
    const [used, unused] = [await inventory.source('used'), await inventory.source('unused')];
    const imageFor = (platform: string) =>
      inventory.image({ name: platform, platform, layers: [['debian', 100]], base: BASE });
    const [amd64, arm64] = [await imageFor('linux/amd64'), await imageFor('linux/arm64')];
    const repository = await inventory.repository(used, 'shop/app', 'shop', AT);
    await inventory.tag(repository, '1', amd64, AT);
    await inventory.tag(repository, '2', arm64, AT);
    await inventory.tag(await inventory.repository(unused, 'shop/app', 'shop', AT), null, amd64, AT);
    expect((await platformsOn(db, used, [BASE.name])).toSorted()).toEqual(['linux/amd64', 'linux/arm64']);
    expect(await platformsOn(db, used, ['library/debian:12'])).toEqual([]);
    expect(await platformsOn(db, unused, [BASE.name])).toEqual([]);
  });
});
