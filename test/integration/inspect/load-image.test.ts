import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadImage } from '../../../src/inspect/load-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { openClient } from '../../support/distribution-client.ts';
import {
  ARM,
  artifact,
  attestation,
  type BuiltManifest,
  image,
  index,
  rawManifest,
} from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { useRegistry } from '../../support/use-registry.ts';

const BASE = 'pkg:docker/debian@bookworm?platform=linux%2Famd64';

let client: Registry;
const server = useRegistry();
beforeEach(() => {
  client = openClient(server.host);
});
afterEach(() => client.close());

/** Its history does not tell what it stands on. */
const app = image({
  layers: ['app'],
  platform: { os: 'linux', architecture: 'amd64' },
  history: [{ created_by: 'RUN /bin/sh -c make install # buildkit' }],
});
const attested = attestation(app, {
  predicateType: 'https://slsa.dev/provenance/v0.2',
  predicate: {
    buildType: 'https://mobyproject.org/buildkit@v1',
    materials: [{ uri: BASE, digest: { sha256: 'a'.repeat(64) } }],
  },
});

function load(content: BuiltManifest = index([app, attested]), platform = 'linux/amd64') {
  server.push('app', '1', content);
  const options = { platform: parsePlatform(platform), signal: new AbortController().signal };
  return loadImage(client, parseReference(`${server.host}/app:1`), options);
}

test('provenance names the base', async () => {
  expect((await load()).image.verdict.base).toMatchObject({
    confidence: 'declared',
    references: ['library/debian:bookworm'],
  });
});

test.each([
  ['statement', [...attested.blobs.keys()].at(-1)],
  ['attestation', attested.digest],
])('provenance whose %s cannot be read is left out', async (_part, digest) => {
  server.fault({ path: new RegExp(String(digest)) }, answer(404, {}, 'BLOB_UNKNOWN'));
  expect((await load()).image.verdict.base).toMatchObject({ confidence: 'unknown' });
});

describe('an index without platforms', () => {
  const signature = artifact({
    configType: 'application/vnd.oci.image.config.v1+json',
    layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  });
  const forArm = image({ layers: ['arm'], platform: ARM });

  function unnamed(children: readonly BuiltManifest[]): BuiltManifest {
    const manifests = children.map(({ mediaType, digest, body }) => ({ mediaType, digest, size: body.length }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    return { ...rawManifest(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, manifests })), children };
  }

  test('has the image for a platform found by the configs', async () => {
    const top = unnamed([signature, forArm, app]);
    expect(await load(top)).toMatchObject({ digest: app.digest, indexDigest: top.digest });
    expect(await load(top, 'linux/arm64')).toMatchObject({ digest: forArm.digest });
  });

  test('has no image for another platform, and says which platforms it has', async () => {
    await expect(load(unnamed([signature, forArm]))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/no image for linux\/amd64.*\(linux\/arm64\)/),
    });
  });
});

describe('an index in an index', () => {
  const forArm = image({ layers: ['arm'], platform: ARM });

  test('is entered, as audits do', async () => {
    const top = index([index([forArm]), index([index([app, attested])])]);
    const loaded = await load(top);
    expect(loaded).toMatchObject({ digest: app.digest, indexDigest: top.digest });
    expect(loaded.image.verdict.base).toMatchObject({ confidence: 'declared' });
    expect(await load(top, 'linux/arm64')).toMatchObject({ digest: forArm.digest });
  });

  test('is read only if no entry beside it is for the platform', async () => {
    const inner = index([forArm]);
    server.fault({ path: new RegExp(inner.digest) }, answer(404, {}, 'MANIFEST_UNKNOWN'));
    expect(await load(index([inner, app]))).toMatchObject({ digest: app.digest });
  });

  test('counts among the platforms that there are', async () => {
    await expect(load(index([index([forArm]), app]), 'linux/s390x')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('(linux/amd64, linux/arm64)'),
    });
  });

  test('is followed for a hundred manifests at most', async () => {
    let chain = index([app]);
    for (let depth = 0; depth < 100; depth++) chain = index([chain]);
    await expect(load(chain)).rejects.toMatchObject({ code: 'not-found' });
  });
});

const listConfig = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf('[]'), size: 2 };
const withListConfig = rawManifest(app.mediaType, JSON.stringify({ schemaVersion: 2, config: listConfig, layers: [] }));

test.each([
  ['manifest', rawManifest(app.mediaType, '{"schemaVersion":2,"layers":[]}'), 'manifest.config: expected an object'],
  [
    'config',
    { ...withListConfig, blobs: new Map([[digestOf('[]'), Buffer.from('[]')]]) },
    'config: expected an object',
  ],
])('an error in the %s names the image', async (_part, content, message) => {
  await expect(load(content)).rejects.toThrow(`${server.host}/app:1: ${message}`);
});
