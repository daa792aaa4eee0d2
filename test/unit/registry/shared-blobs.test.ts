import { expect, test } from 'vitest';
import { NotFoundError } from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseRegistryHost, parseRepositoryName } from '../../../src/oci/reference.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { shareBlobs } from '../../../src/registry/shared-blobs.ts';

const BYTES = Buffer.from('config');
const BLOB = { digest: digestOf(BYTES), size: BYTES.length, mediaType: 'application/json', annotations: {} };
const OPTIONS = { maxBytes: 100 };

function repository(name: string) {
  return { registry: parseRegistryHost('registry.example.com'), name: parseRepositoryName(name) };
}

/** A registry of blobs alone; it counts what it is asked. */
function blobsOf(readBlob: Registry['readBlob']): { registry: Registry; asked: string[] } {
  const asked: string[] = [];
  const refuse = () => Promise.reject(new Error('not asked for here'));
  const nothing = async function* () {
    yield [];
  };
  return {
    asked,
    registry: {
      listRepositories: nothing,
      listManifests: nothing,
      readTag: refuse,
      readManifests: refuse,
      openBlob: refuse,
      close: async () => undefined,
      readBlob(place, ...question) {
        asked.push(place.name);
        return readBlob(place, ...question);
      },
    },
  };
}

test('a blob of several repositories is requested once', async () => {
  const { registry, asked } = blobsOf(async () => BYTES);
  const shared = shareBlobs(registry);
  const read = ['a', 'b', 'c'].map((name) => shared.readBlob(repository(name), BLOB, OPTIONS));
  expect(await Promise.all(read)).toEqual([BYTES, BYTES, BYTES]);
  expect(await shared.readBlob(repository('d'), BLOB, OPTIONS)).toEqual(BYTES);
  expect(asked).toEqual(['a']);
});

test('if one repository refuses a blob, the next one is asked', async () => {
  const { registry, asked } = blobsOf(async ({ name }) => {
    if (name === 'a') throw new NotFoundError('gone');
    return BYTES;
  });
  const shared = shareBlobs(registry);
  const [a, b] = await Promise.allSettled(['a', 'b'].map((name) => shared.readBlob(repository(name), BLOB, OPTIONS)));
  expect(a).toMatchObject({ status: 'rejected', reason: { code: 'not-found' } });
  expect(b).toEqual({ status: 'fulfilled', value: BYTES });
  expect(asked).toEqual(['a', 'b']);
});

test('old blobs are dropped, so that a long audit keeps only a few megabytes', async () => {
  const { registry, asked } = blobsOf(async () => BYTES);
  const shared = shareBlobs(registry);
  const large = (content: string) => ({ ...BLOB, digest: digestOf(content), size: 3_000_000 });
  for (const content of ['first', 'second', 'third'])
    await shared.readBlob(repository(content), large(content), OPTIONS);
  await shared.readBlob(repository('again'), large('third'), OPTIONS);
  expect(asked).toEqual(['first', 'second', 'third']);
  await shared.readBlob(repository('again'), large('first'), OPTIONS);
  expect(asked).toEqual(['first', 'second', 'third', 'again']);
});
