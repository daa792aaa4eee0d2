import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BaseSwap,
  type MovingImage,
  type NeededLayers,
  type StoredLayer,
  type WhatIf,
  type WhatIfBase,
} from '../../../src/advise/whatif.ts';
import { digestOf } from '../../../src/oci/digest.ts';

function layer(name: string, bytes: number): StoredLayer {
  return { digest: digestOf(name), bytes };
}

const DEBIAN = layer('debian', 50);
const SLIM = layer('slim', 30);
const NODE = layer('node', 40);
const SCOPE = 'registry.example.com';
const FAT = { reference: 'library/node:24', layers: [DEBIAN, NODE] };
const THIN = { reference: 'library/node:24-slim', layers: [SLIM, NODE] };

function image(repository: string, base: readonly StoredLayer[], more: Partial<MovingImage> = {}): MovingImage {
  const team = repository.split('/', 1).join();
  const where = { team, registry: SCOPE, repository, digest: digestOf(repository), tags: ['1'] };
  return { ...where, scope: SCOPE, base, ...more };
}

function whatIf(from: string, to: WhatIfBase, moving: readonly MovingImage[], needed: NeededLayers): WhatIf {
  const swap = new BaseSwap(from, to);
  for (const image of moving) swap.move(image);
  return swap.effect(needed);
}

function needed(...layers: readonly StoredLayer[]): NeededLayers {
  return new Map([[SCOPE, new Set(layers.map(({ digest }) => digest))]]);
}

test('layers count once, and those that other images use stay', () => {
  const moving = [image('payments/a', [DEBIAN, NODE], { tags: ['1', '2'] }), image('payments/b', [DEBIAN, NODE])];
  expect(whatIf(FAT.reference, THIN, moving, needed(DEBIAN))).toEqual({
    from: FAT.reference,
    to: THIN.reference,
    images: 2,
    teams: [{ team: 'payments', repositories: 2, images: 2 }],
    perPullBytes: 20,
    // Another image uses debian, and both bases use node: the swap only adds slim.
    storedBytes: -30,
    logicalBytes: 60,
  });
});

test('an old base that nobody else needs is freed, with all its builds', () => {
  const older = layer('older debian', 49);
  const moving = [image('payments/a', [DEBIAN, NODE]), image('payments/b', [older, NODE])];
  expect(whatIf(FAT.reference, THIN, moving, needed())).toMatchObject({ storedBytes: 50 + 49 - 30, perPullBytes: 20 });
});

test('where repositories share no blobs, each drops the old base and stores the new one', () => {
  const moving = ['payments/a', 'payments/b', 'search/c'].map((repository) =>
    image(repository, [DEBIAN, NODE], { scope: repository }),
  );
  const elsewhere = new Map([['payments/b', new Set([SLIM.digest])]]);
  const { storedBytes } = whatIf(FAT.reference, THIN, moving, elsewhere);
  expect(storedBytes).toBe(3 * 50 - 2 * 30);
});

test('foreign layers are pulled, but not stored', () => {
  const windows = { ...layer('windows', 1000), foreign: true };
  const update = layer('update', 100);
  const server = { ...layer('server', 700), foreign: true };
  const moving = [image('payments/a', [windows, update])];
  const to = { reference: 'windows/server:2', layers: [server, SLIM] };
  expect(whatIf('windows/server:1', to, moving, needed())).toMatchObject({ perPullBytes: 370, storedBytes: 70 });
});

test('an image in several repositories is moved in each, and counts for each team', () => {
  const layers = [DEBIAN, NODE];
  const moving = [image('payments/a', layers), image('search/a', layers, { tags: ['1', '2'] })];
  expect(whatIf(FAT.reference, THIN, moving, needed())).toMatchObject({
    images: 2,
    teams: [
      { team: 'payments', repositories: 1, images: 1 },
      { team: 'search', repositories: 1, images: 1 },
    ],
    storedBytes: 20,
    logicalBytes: 60,
  });
});

test('an image moved keeps all that tells where it is, and tells what a pull of it saves', () => {
  const { scope, base, ...moved } = image('payments/a', [DEBIAN, NODE], { tags: ['1', '2'] });
  expect(new BaseSwap(FAT.reference, THIN).move({ ...moved, scope, base })).toEqual({ ...moved, perPullBytes: 20 });
});

test('the layers of both bases are told once each', () => {
  const swap = new BaseSwap(FAT.reference, THIN);
  for (const scope of ['a', 'b']) swap.move(image(scope, [DEBIAN, NODE], { scope }));
  expect(swap.layers()).toEqual([DEBIAN, NODE, SLIM].map(({ digest }) => digest));
});

test('without an image on the base nothing changes', () => {
  expect(whatIf(FAT.reference, THIN, [], needed())).toMatchObject({
    images: 0,
    storedBytes: 0,
    perPullBytes: 0,
    teams: [],
  });
});

const blobs = fc.constantFrom(DEBIAN, SLIM, NODE, layer('x', 1), layer('y', 2), layer('z', 3));
const fleets = fc.array(fc.array(blobs, { minLength: 1, maxLength: 5 }), { maxLength: 8 });
const bases = fc.array(blobs, { minLength: 1, maxLength: 3 }).map((layers) => ({ reference: 'base', layers }));

function storedBytes(images: readonly (readonly StoredLayer[])[]): number {
  const distinct = new Map(images.flatMap((layers) => layers.map(({ digest, bytes }) => [digest, bytes])));
  return [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0);
}

test('the stored savings equal the difference in storage before and after the move', () => {
  fc.assert(
    fc.property(bases, bases, fleets, (from, to, images) => {
      const moves = (layers: readonly StoredLayer[]) =>
        from.layers.every(({ digest }, at) => layers[at]?.digest === digest);
      const swapped = images.map((layers) =>
        moves(layers) ? [...to.layers, ...layers.slice(from.layers.length)] : layers,
      );
      const moving = images.filter(moves).map(() => image('team/app', from.layers));
      const kept = images.flatMap((layers) => (moves(layers) ? layers.slice(from.layers.length) : layers));
      expect(whatIf('from', to, moving, needed(...kept)).storedBytes).toBe(storedBytes(images) - storedBytes(swapped));
    }),
  );
});
