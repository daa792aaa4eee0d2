import { expect, test } from 'vitest';
import { isWantedPlatform, parsePlatform } from '../../../src/oci/platform.ts';

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/arm64/v8', 'linux/arm64', true],
  ['linux/arm64', 'linux/amd64', false],
  ['linux/amd64+cuda', 'linux/amd64', false],
  ['linux/amd64:v3', 'linux/amd64', false],
  ['linux/windows server', 'linux/amd64', false],
  ['linux/arm/v7/x', 'linux/arm/v7', true],
])('%s, where %s is wanted: %s', (listed, wanted, expected) => {
  expect(isWantedPlatform(listed, [parsePlatform(wanted)])).toBe(expected);
  expect(isWantedPlatform(listed, 'all')).toBe(true);
});
