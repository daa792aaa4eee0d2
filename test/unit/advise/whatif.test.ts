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
const AMD64 = 'linux/amd64';
const ARM64 = 'linux/arm64';
const FAT = 'library/node:24';
const THIN = { reference: 'library/node:24-slim', layers: new Map([[AMD64, [SLIM, NODE]]]) };

function image(repository: string, base: readonly StoredLayer[], more: Partial<MovingImage> = {}): MovingImage {
  const team = repository.split('/', 1).join();
  const where = { team, registry: SCOPE, repository, digest: digestOf(repository), tags: ['1'] };
  return { ...where, scope: SCOPE, platform: AMD64, base, ...more };
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
  expect(whatIf(FAT, THIN, moving, needed(DEBIAN))).toEqual({
    from: FAT,
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
  expect(whatIf(FAT, THIN, moving, needed())).toMatchObject({ storedBytes: 50 + 49 - 30, perPullBytes: 20 });
});

test('where repositories share no blobs, each drops the old base and stores the new one', () => {
  const moving = ['payments/a', 'payments/b', 'search/c'].map((repository) =>
    image(repository, [DEBIAN, NODE], { scope: repository }),
  );
  const elsewhere = new Map([['payments/b', new Set([SLIM.digest])]]);
  const { storedBytes } = whatIf(FAT, THIN, moving, elsewhere);
  expect(storedBytes).toBe(3 * 50 - 2 * 30);
});

test('foreign layers are pulled, but not stored', () => {
  const windows = { ...layer('windows', 1000), foreign: true };
  const update = layer('update', 100);
  const server = { ...layer('server', 700), foreign: true };
  const moving = [image('payments/a', [windows, update])];
  const to = { reference: 'windows/server:2', layers: new Map([[AMD64, [server, SLIM]]]) };
  expect(whatIf('windows/server:1', to, moving, needed())).toMatchObject({ perPullBytes: 370, storedBytes: 70 });
});

test('each image moves to the layers that the new base has for its platform', () => {
  const [old, slim] = [layer('debian for arm64', 45), layer('slim for arm64', 25)];
  const to = {
    reference: 'library/debian:13-slim',
    layers: new Map([
      [AMD64, [SLIM]],
      [ARM64, [slim]],
    ]),
  };
  const moving = [image('payments/a', [DEBIAN]), image('payments/b', [old], { platform: ARM64 })];
  expect(whatIf('library/debian:13', to, moving, needed())).toMatchObject({
    perPullBytes: 20,
    storedBytes: 50 + 45 - 30 - 25,
    logicalBytes: 40,
  });
});

test('an image in several repositories is moved in each, and counts for each team', () => {
  const layers = [DEBIAN, NODE];
  const moving = [image('payments/a', layers), image('search/a', layers, { tags: ['1', '2'] })];
  expect(whatIf(FAT, THIN, moving, needed())).toMatchObject({
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
  const { scope, platform, base, ...moved } = image('payments/a', [DEBIAN, NODE], { tags: ['1', '2'] });
  expect(new BaseSwap(FAT, THIN).move({ ...moved, scope, platform, base })).toEqual({ ...moved, perPullBytes: 20 });
});

test('the layers of both bases are told once each', () => {
  const swap = new BaseSwap(FAT, THIN);
  for (const scope of ['a', 'b']) swap.move(image(scope, [DEBIAN, NODE], { scope }));
  expect(swap.layers()).toEqual([DEBIAN, NODE, SLIM].map(({ digest }) => digest));
});

test('without an image on the base nothing changes', () => {
  expect(whatIf(FAT, THIN, [], needed())).toMatchObject({
    images: 0,
    storedBytes: 0,
    perPullBytes: 0,
    teams: [],
  });
});

const blobs = fc.constantFrom(DEBIAN, SLIM, NODE, layer('x', 1), layer('y', 2), layer('z', 3));
const bases = fc.array(blobs, { minLength: 1, maxLength: 3 });
const platforms = fc.constantFrom(AMD64, ARM64);
const fleets = fc.array(fc.tuple(platforms, fc.array(blobs, { minLength: 1, maxLength: 5 })), { maxLength: 8 });

function storedBytes(images: readonly (readonly StoredLayer[])[]): number {
  const distinct = new Map(images.flatMap((layers) => layers.map(({ digest, bytes }) => [digest, bytes])));
  return [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0);
}

test('the stored savings equal the difference in storage before and after the move', () => {
  fc.assert(
    fc.property(bases, fc.tuple(bases, bases), fleets, (from, [amd64, arm64], images) => {
      const to = new Map([
        [AMD64, amd64],
        [ARM64, arm64],
      ]);
      const moves = (layers: readonly StoredLayer[]) => from.every(({ digest }, at) => layers[at]?.digest === digest);
      const swapped = images.map(([platform, layers]) =>
        moves(layers) ? [...(to.get(platform) ?? []), ...layers.slice(from.length)] : layers,
      );
      const moving = images
        .filter(([, layers]) => moves(layers))
        .map(([platform]) => image('team/app', from, { platform }));
      const kept = images.flatMap(([, layers]) => (moves(layers) ? layers.slice(from.length) : layers));
      const before = storedBytes(images.map(([, layers]) => layers));
      const effect = whatIf('from', { reference: 'to', layers: to }, moving, needed(...kept));
      expect(effect.storedBytes).toBe(before - storedBytes(swapped));
    }),
  );
});
