import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FleetImage, type StoredLayer, whatIf } from '../../../src/advise/whatif.ts';
import { digestOf } from '../../../src/oci/digest.ts';

function layer(name: string, bytes: number): StoredLayer {
  return { digest: digestOf(name), bytes };
}

const DEBIAN = layer('debian', 50);
const SLIM = layer('slim', 30);
const NODE = layer('node', 40);
const FAT = { reference: 'library/node:24', layers: [DEBIAN, NODE] };
const THIN = { reference: 'library/node:24-slim', layers: [SLIM, NODE] };

function image(repository: string, layers: readonly StoredLayer[], more: Partial<FleetImage> = {}): FleetImage {
  return { repository, team: repository.split('/', 1).join(), tags: 1, layers, ...more };
}

test('layers count once, and those that others hold stay', () => {
  const images = [
    image('payments/a', [DEBIAN, NODE, layer('a', 5)], { tags: 2 }),
    image('payments/b', [DEBIAN, NODE, layer('b', 6)]),
    image('search/c', [DEBIAN, layer('c', 7)]),
  ];
  expect(whatIf(FAT, THIN, images)).toEqual({
    from: FAT.reference,
    to: THIN.reference,
    images: 2,
    teams: [{ team: 'payments', repositories: 2, images: 2 }],
    perPullBytes: 20,
    // Debian stays for search/c, node stays for both bases: the swap only adds slim.
    storedBytes: -30,
    logicalBytes: 60,
  });
});

test('an old base that nobody else needs is freed', () => {
  const images = [image('payments/a', [DEBIAN, NODE, layer('a', 5)])];
  expect(whatIf(FAT, THIN, images).storedBytes).toBe(20);
});

test('without an image on the base nothing changes', () => {
  expect(whatIf(FAT, THIN, [image('search/c', [SLIM, NODE])])).toMatchObject({ images: 0, storedBytes: 0, teams: [] });
});

const blobs = fc.constantFrom(DEBIAN, SLIM, NODE, layer('x', 1), layer('y', 2), layer('z', 3));
const fleets = fc.array(
  fc.array(blobs, { minLength: 1, maxLength: 5 }).map((layers) => image('team/app', layers)),
  { maxLength: 8 },
);
const bases = fc.array(blobs, { minLength: 1, maxLength: 3 }).map((layers) => ({ reference: 'base', layers }));

function storedBytes(images: readonly { readonly layers: readonly StoredLayer[] }[]): number {
  const distinct = new Map(images.flatMap(({ layers }) => layers.map(({ digest, bytes }) => [digest, bytes])));
  return [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0);
}

test('what is freed is what storing the swapped fleet takes less', () => {
  fc.assert(
    fc.property(bases, bases, fleets, (from, to, images) => {
      const swapped = images.map((before) => {
        const moves = from.layers.every(({ digest }, at) => before.layers[at]?.digest === digest);
        return moves ? { layers: [...to.layers, ...before.layers.slice(from.layers.length)] } : before;
      });
      expect(whatIf(from, to, images).storedBytes).toBe(storedBytes(images) - storedBytes(swapped));
    }),
  );
});
