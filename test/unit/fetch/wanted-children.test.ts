import { expect, test } from 'vitest';
import { isWantedLater, wantedChildren } from '../../../src/fetch/wanted-children.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { ARM, attestation as attestationOf, image, index } from '../../support/image-builder.ts';

const amd64 = [parsePlatform('linux/amd64')];
const ids = { index: digestOf('index'), child: digestOf('child') };
const attestation = { ...ids, describes: digestOf('image'), platform: 'linux/amd64' };

test.each([
  ['an image of a wanted platform', { ...ids, platform: 'linux/amd64' }, true],
  ['an image of another platform', { ...ids, platform: 'linux/arm64' }, false],
  ['a child without a platform, which may be anything', ids, true],
  ['an attestation of a wanted image', attestation, true],
  ['an attestation of an image that nobody wants', { ...ids, describes: digestOf('image') }, false],
])('of a kept index is read later: %s', (_, child, wanted) => {
  expect(isWantedLater(child, { platforms: amd64, provenance: true })).toBe(wanted);
});

test('attestations stay unread where no provenance is asked for', () => {
  expect(isWantedLater(attestation, { platforms: amd64, provenance: false })).toBe(false);
  expect(isWantedLater(attestation, { platforms: 'all', provenance: false })).toBe(true);
});

test.each([
  ['one platform', amd64, true, ['amd64', 'attestation']],
  ['one platform without provenance', amd64, false, ['amd64']],
  ['all platforms, with what describes them', 'all', false, ['amd64', 'arm64', 'attestation']],
] as const)('of an index, the children of %s are read', (_, platforms, provenance, names) => {
  const built = { amd64: image(), arm64: image({ platform: ARM }) };
  const children = { ...built, attestation: attestationOf(built.amd64) };
  const parsed = parseManifest(index(Object.values(children)).body);
  if (parsed.form !== 'index') throw new Error('expected an index');
  const wanted = wantedChildren(parsed, { platforms, provenance });
  expect(wanted).toEqual(names.map((name) => children[name].digest));
});
