import { expect, test } from 'vitest';
import { NotFoundError, RateLimitedError } from '../../../src/errors.ts';
import type { KnownContent } from '../../../src/fetch/known-content.ts';
import { type BatchContent, readBatch } from '../../../src/fetch/read-batch.ts';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import { parseRegistryHost, parseRepositoryName, parseTag } from '../../../src/oci/reference.ts';
import type { FetchedManifest, ListedManifest, Registry } from '../../../src/registry/registry.ts';
import { defaultSettings } from '../../support/audits.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LARGEST_CONFIG = 4_194_304;
const CHILDREN = 300;

const NOTHING_KNOWN: KnownContent = {
  tags: async () => new Map(),
  manifests: async () => new Map(),
  missingChildren: async () => [],
  readBodies: async () => new Map(),
};

function manifestOf(mediaType: string, content: object): FetchedManifest {
  const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
  return { digest: digestOf(body), mediaType, body };
}

/** Each over a config of its own, of the largest size that is read. */
const children = Array.from({ length: CHILDREN }, (_, at) =>
  manifestOf(MANIFEST, {
    config: { mediaType: CONFIG, digest: digestOf(`config ${at}`), size: LARGEST_CONFIG },
    layers: [],
  }),
);
const index = manifestOf(INDEX, {
  manifests: children.map(({ digest, body }) => ({ mediaType: MANIFEST, digest, size: body.length })),
});
const all = new Map([index, ...children].map((manifest) => [manifest.digest, manifest]));

/** A registry that holds the index, and tells what it was asked for. */
function registryOf(asked: { manifests: number; configs: number }): Registry {
  return {
    readManifests: async (_repository, digests: readonly Digest[]) => {
      asked.manifests += digests.length;
      return new Map(digests.map((digest) => [digest, all.get(digest)]));
    },
    readBlob: async () => {
      asked.configs += 1;
      return Buffer.from('{"os":"linux","architecture":"amd64"}');
    },
  } as Partial<Registry> as Registry;
}

function read(digest: Digest, asked = { manifests: 0, configs: 0 }): Promise<BatchContent> {
  return readFrom(registryOf(asked), [digest]);
}

function readFrom(registry: Registry, digests: readonly Digest[]): Promise<BatchContent> {
  return readListed(
    registry,
    digests.map((digest) => ({ digest })),
  );
}

async function readListed(
  registry: Registry,
  listed: readonly ListedManifest[],
  known: Partial<KnownContent> = {},
): Promise<BatchContent> {
  const { sourceDefaults } = await defaultSettings();
  const host = parseRegistryHost('registry.example.com');
  const settings = { ...sourceDefaults, kind: 'oci', name: 'lab', registry: host, dedup: 'registry' } as const;
  const repository = { registry: host, name: parseRepositoryName('app') };
  return readBatch({ registry, repository, settings, known: { ...NOTHING_KNOWN, ...known }, options: {} }, listed);
}

test('children of an index are read as far as memory goes; the rest is told, and not asked for', async () => {
  const asked = { manifests: 0, configs: 0 };
  const batch = await read(index.digest, asked);
  const kept = 268_435_456 / LARGEST_CONFIG - 1;
  expect(batch.manifests).toHaveLength(1 + kept);
  expect(asked).toEqual({ manifests: 1 + 100, configs: kept });
  expect(batch.failed).toHaveLength(CHILDREN - kept);
  expect(new Set(batch.failed.map(({ error }) => error.code))).toEqual(new Set(['too-large']));
  expect(batch.sightings).toMatchObject([{ digest: index.digest }]);
});

test('a large manifest is recorded as a small one is', async () => {
  const config = { mediaType: 'application/vnd.example', digest: digestOf('{}'), size: 2 };
  const annotations = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`key-${at}`, 'x'.repeat(50)]));
  const large = manifestOf(MANIFEST, { config, layers: [], annotations });
  all.set(large.digest, large);
  const { manifests } = await read(large.digest);
  expect(manifests).toMatchObject([{ digest: large.digest, kind: 'artifact' }]);
  expect(digestOf(manifests[0]?.body ?? '')).toBe(large.digest);
});

test('a config that cannot be read fails all manifests over it', async () => {
  const config = { mediaType: CONFIG, digest: digestOf('gone'), size: 4 };
  const twins = ['a', 'b'].map((name) => manifestOf(MANIFEST, { config, layers: [], annotations: { name } }));
  for (const twin of twins) all.set(twin.digest, twin);
  const gone = {
    ...registryOf({ manifests: 0, configs: 0 }),
    readBlob: () => Promise.reject(new NotFoundError('gone')),
  };
  const digests = twins.map(({ digest }) => digest);
  const batch = await readFrom(gone, digests);
  expect(batch.manifests).toEqual([]);
  expect(batch.failed.map(({ digest }) => digest)).toEqual(digests);
});

test('once the registry asks to slow down, the other requests of the batch end', async () => {
  const [first, second] = ['a', 'b'].map((name) =>
    manifestOf(MANIFEST, { config: { mediaType: CONFIG, digest: digestOf(name), size: 4 }, layers: [] }),
  );
  if (!first || !second) throw new Error('there are two images');
  for (const made of [first, second]) all.set(made.digest, made);
  let waiting: AbortSignal | undefined;
  const limited: Registry = {
    ...registryOf({ manifests: 0, configs: 0 }),
    readBlob(_repository, { digest }, { signal }) {
      if (digest === digestOf('b')) return Promise.reject(new RateLimitedError('slow down', 3_600_000));
      waiting = signal;
      return new Promise(() => undefined);
    },
  };
  await expect(readFrom(limited, [first.digest, second.digest])).rejects.toThrow(RateLimitedError);
  expect(waiting?.aborted).toBe(true);
});

test('a tag whose manifest is malformed is a failure: it is neither seen, nor counted, nor read again', async () => {
  const body = Buffer.from('no manifest');
  const malformed = { digest: digestOf(body), mediaType: MANIFEST, body };
  const registry = { ...registryOf({ manifests: 0, configs: 0 }), readTag: async () => malformed };
  const batch = await readListed(registry, [{ tag: parseTag('broken') }]);
  expect(batch).toMatchObject({ manifests: [], sightings: [], left: [], audited: 0, unchanged: 0 });
  expect(batch.failed).toMatchObject([{ tag: 'broken', error: { code: 'malformed-content' }, isLeft: false }]);
});

test('a tag whose stated digest names nothing is read by its name: it has moved, or another form is stated', async () => {
  const [image] = children;
  if (!image) throw new Error('no image');
  const gone = digestOf('gone');
  const asked: (Digest | undefined)[] = [];
  const registry: Registry = {
    ...registryOf({ manifests: 0, configs: 0 }),
    readTag: async (_repository, _tag, known) => {
      asked.push(known);
      return known ? gone : image;
    },
    readManifests: async () => new Map([[gone, new NotFoundError('gone')]]),
  };
  const known = { digest: digestOf('old'), kind: 'image' } as const;
  const [moved, fresh] = [parseTag('moved'), parseTag('new')];
  const batch = await readListed(registry, [{ tag: moved }, { tag: fresh }], {
    tags: async () => new Map([[moved, known]]),
  });
  expect(batch).toMatchObject({ failed: [], left: [], audited: 2, unchanged: 0 });
  expect(batch.sightings.map(({ tag, digest }) => [tag, digest])).toEqual([
    ['moved', image.digest],
    ['new', image.digest],
  ]);
  expect(asked).toEqual([known.digest, undefined, undefined]);
});
