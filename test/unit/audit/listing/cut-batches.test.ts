import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutBatches } from '../../../../src/audit/listing/cut-batches.ts';
import { type Digest, digestOf } from '../../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../../src/oci/media-type.ts';
import { parseTag } from '../../../../src/oci/reference.ts';
import type { ListedManifest } from '../../../../src/registry/registry.ts';

async function* pagesOf(entries: readonly ListedManifest[], size: number): AsyncGenerator<readonly ListedManifest[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}

async function cut(entries: readonly ListedManifest[], size = 1_000, known: ReadonlySet<Digest> = new Set()) {
  const batches: (readonly ListedManifest[])[] = [];
  for await (const batch of cutBatches(pagesOf(entries, size), async () => known)) batches.push(batch);
  return batches;
}

const listed = fc
  .record({
    image: fc.nat(400),
    tag: fc.option(fc.nat(3), { nil: undefined }),
    index: fc.boolean(),
    archived: fc.boolean(),
  })
  .map(
    ({ image, tag, index, archived }): ListedManifest => ({
      digest: digestOf(`${image}`),
      mediaType: index ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest,
      ...(tag === undefined ? {} : { tag: parseTag(`t${tag}`) }),
      ...(archived ? { archived } : {}),
    }),
  );

test('every entry is in exactly one batch, however the listing is paged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(listed, { maxLength: 600 }),
      fc.integer({ min: 1, max: 1_000 }),
      fc.nat(400),
      async (entries, size, limit) => {
        const known = new Set(Array.from({ length: limit }, (_, image) => digestOf(`${image}`)));
        const batches = await cut(entries, size, known);
        expect(batches.flat()).toHaveLength(entries.length);
        expect(new Set(batches.flat())).toEqual(new Set(entries));
        expect(batches.every((batch) => batch.length > 0)).toBe(true);
      },
    ),
    { numRuns: 40, endOnFailure: true },
  );
});

test('known manifests are cut by the hundred, also those without a tag', async () => {
  const digests = Array.from({ length: 250 }, (_, image) => digestOf(`${image}`));
  const entries = digests.map((digest) => ({ digest }));
  const batches = await cut(entries, 1_000, new Set(digests));
  expect(batches.map(({ length }) => length)).toEqual([100, 100, 50]);
});

test('unread manifests need as few requests as possible, however the listing mixes them with known ones', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(listed, { maxLength: 600 }), fc.nat(400), async (entries, limit) => {
      const known = new Set(Array.from({ length: limit }, (_, image) => digestOf(`${image}`)));
      const isFresh = ({ digest, archived }: ListedManifest) => digest !== undefined && !archived && !known.has(digest);
      const plain = [...entries]
        .sort((a, b) => String(a.digest).localeCompare(String(b.digest)))
        .map((entry) => ({ ...entry, mediaType: '' }));
      const batches = await cut(plain, 50, known);
      const fresh = new Set(plain.filter(isFresh).map(({ digest }) => digest));
      expect(batches.filter((batch) => batch.some(isFresh))).toHaveLength(Math.ceil(fresh.size / 100));
    }),
    { numRuns: 40, endOnFailure: true },
  );
});

test('unread indexes come after all manifests that may be their children', async () => {
  const digests = Array.from({ length: 250 }, (_, n) => digestOf(`${n}`));
  const entries = digests.map((digest, n) => ({
    digest,
    mediaType: n < 50 ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest,
  }));
  const order = (await cut(entries)).flat().map(({ mediaType }) => mediaType);
  expect(order.indexOf(MEDIA_TYPE.ociIndex)).toBe(200);
});

test('tags without digests are batched by number', async () => {
  const entries = Array.from({ length: 201 }, (_, n) => ({ tag: parseTag(`v${n}`) }));
  expect((await cut(entries, 7)).map(({ length }) => length)).toEqual([100, 100, 1]);
});

test('an image with very many tags is split over several batches', async () => {
  const entries = Array.from({ length: 2_500 }, (_, n) => ({ tag: parseTag(`v${n}`), digest: digestOf('one') }));
  expect((await cut(entries)).map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
});

test('further tags of an image join its batch, even when that has a hundred images', async () => {
  const images = Array.from({ length: 100 }, (_, n) => ({ tag: parseTag(`v${n}`), digest: digestOf(`${n}`) }));
  const latest = { tag: parseTag('latest'), digest: digestOf('99') };
  const other = { tag: parseTag('other'), digest: digestOf('other') };
  expect((await cut([...images, latest, other])).map(({ length }) => length)).toEqual([101, 1]);
});
