import { expect, test } from 'vitest';
import { isWantedLater } from '../../../src/fetch/wanted-children.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';

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
