import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadImage } from '../../../src/inspect/load-image.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { openClient } from '../../support/distribution-client.ts';
import { attestation, image, index } from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const BASE = 'pkg:docker/debian@bookworm?platform=linux%2Famd64';

let server: RegistryServer;
let client: Registry;
beforeEach(async () => {
  server = await startRegistry();
  client = openClient(server.host);
});
afterEach(async () => {
  await client.close();
  await server.close();
});

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

function load() {
  server.push('app', '1', index([app, attested]));
  const options = { platform: parsePlatform('linux/amd64'), signal: new AbortController().signal };
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
