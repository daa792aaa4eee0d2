import { describe, expect, test } from 'vitest';
import { readMap } from '../../../src/html/overview/read-map.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';

const AT = '2026-11-24T02:00:00Z';

describe.each(BACKENDS)('the map of stored bytes, over $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  test('has the images of a repository, biggest first, each with the layers that no bigger one has', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const image = (name: string, layers: Record<string, number>) =>
      inventory.image({ name, layers: Object.entries(layers), configBytes: 0 });
    await inventory.tag(repository, 'small', await image('small', { base: 1000 }), AT);
    const big = await image('big', { base: 1000, big: 500, foreign: 7 });
    for (const tag of ['2', '1']) await inventory.tag(repository, tag, big, AT);
    await inventory.tag(repository, 'middle', await image('middle', { base: 1000, middle: 100 }), AT);
    await inventory.tag(repository, null, await image('untagged', { untagged: 40 }), AT);
    await db.query('update blob set stored = false where size = 7');
    // Less than a hundredth of the whole.
    const tiny = await inventory.repository(source, 'shop/tiny', 'shop', AT);
    await inventory.tag(tiny, '1', await image('tiny', { tiny: 16 }), AT);
    await inventory.repository(source, 'shop/empty', 'shop', AT);
    await inventory.audit(source, AT);
    const { repositories, others } = await readMap(db);
    expect(repositories).toMatchObject([
      {
        repository: 'shop/app',
        team: 'shop',
        storedBytes: 1640,
        imageCount: 3,
        images: [
          { tag: '1', addedBytes: 1500 },
          { tag: 'middle', addedBytes: 100 },
          { tag: 'small', addedBytes: 0 },
        ],
      },
      { repository: 'shop/tiny', storedBytes: 16, images: [] },
    ]);
    expect(others).toEqual([]);
  });

  test('has the eight biggest images of each repository, also if another repository has the same', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const names = ['shop/app', 'shop/copy'];
    const repositories = await Promise.all(names.map((name) => inventory.repository(source, name, 'shop', AT)));
    for (let bytes = 1; bytes <= 9; bytes++) {
      const image = await inventory.image({ name: `${bytes}`, layers: [[`${bytes}`, bytes]], configBytes: 0 });
      for (const repository of repositories) await inventory.tag(repository, `${bytes}`, image, AT);
    }
    await inventory.audit(source, AT);
    const map = await readMap(db);
    const biggest = Array.from({ length: 8 }, (_, at) => 9 - at);
    expect(map.repositories.map(({ images }) => images.map(({ addedBytes }) => addedBytes))).toEqual([
      biggest,
      biggest,
    ]);
  });

  test.each([
    ['one', 'two'],
    ['two', 'one'],
  ])('has images of one size and tag in the order of their digests: stored as %s, %s', async (...names) => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const repository = await inventory.repository(source, 'shop/app', 'shop', AT);
    const children: number[] = [];
    for (const name of names) children.push(await inventory.image({ name, layers: [[name, 100]], configBytes: 0 }));
    await inventory.tag(repository, '1', await inventory.index('both', children), AT);
    await inventory.audit(source, AT);
    const { repositories } = await readMap(db);
    const digests = names.map((name) => digestOf(name)).toSorted();
    expect(repositories[0]?.images.map(({ digest }) => digest)).toEqual(digests);
  });

  test('has the sixty biggest repositories one by one, and the others of each team as one', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    for (let bytes = 1; bytes <= 63; bytes++) {
      const repository = await inventory.repository(source, `app-${bytes}`, bytes === 2 ? 'search' : 'shop', AT);
      const image = await inventory.image({ name: `${bytes}`, layers: [[`${bytes}`, bytes]], configBytes: 0 });
      await inventory.tag(repository, '1', image, AT);
    }
    await inventory.audit(source, AT);
    const { repositories, others } = await readMap(db);
    expect(repositories.map(({ storedBytes }) => storedBytes)).toEqual(Array.from({ length: 60 }, (_, at) => 63 - at));
    const registry = 'registry.example.com';
    expect(others).toEqual([
      { registry, team: 'shop', namespace: null, repositories: 2, storedBytes: 1 + 3 },
      { registry, team: 'search', namespace: null, repositories: 1, storedBytes: 2 },
    ]);
  });

  test('has the others of a team by namespace where that can be seen: many of one size leave nothing else to see', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('lab');
    const registry = 'registry.example.com';
    const stored = async (name: string, team: string, bytes: number) => {
      const repository = await inventory.repository(source, name, team, AT);
      const image = await inventory.image({ name, layers: [[name, bytes]], configBytes: 0 });
      await inventory.tag(repository, '1', image, AT);
    };
    for (let n = 0; n < 60; n++) await stored(`big/app-${n}`, 'shop', 100);
    for (const name of ['a', 'b']) await stored(`web/${name}`, 'shop', 99);
    await stored('web/c', 'search', 99);
    await stored('plain', 'shop', 98);
    for (const name of ['tiny/app', 'big/tiny']) await stored(name, 'shop', 1);
    await stored('web/d', 'ops', 1);
    await inventory.audit(source, AT);
    const { repositories, others } = await readMap(db);
    expect(repositories).toHaveLength(60);
    expect(others).toEqual([
      { registry, team: 'shop', namespace: 'web', repositories: 2, storedBytes: 2 * 99 },
      { registry, team: 'shop', namespace: null, repositories: 3, storedBytes: 98 + 2 },
      { registry, team: 'search', namespace: 'web', repositories: 1, storedBytes: 99 },
      { registry, team: 'ops', namespace: null, repositories: 1, storedBytes: 1 },
    ]);
  });
});
