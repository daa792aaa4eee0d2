import { expect, test } from 'vitest';
import { comparedName, isWantedName, parsePlatform, platformMatches } from '../../../src/oci/platform.ts';

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/arm64', 'linux/amd64', false],
  ['linux/arm64/v8', 'linux/arm64', true],
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/arm64/8', 'linux/arm64/v8', true],
  ['linux/arm64/v9', 'linux/arm64', true],
  ['linux/amd64', 'linux/amd64/v1', true],
  ['linux/amd64/v1', 'linux/amd64', true],
  ['linux/amd64', 'linux/amd64/v3', false],
  ['linux/amd64', 'linux/x86_64', true],
  ['linux/x86-64', 'linux/amd64', true],
  ['linux/arm64', 'linux/aarch64', true],
  ['linux/386', 'linux/i386', true],
  ['linux/arm', 'linux/arm/v7', true],
  ['linux/arm', 'linux/arm/v6', false],
  ['linux/arm/v6', 'linux/arm', true],
  ['linux/arm/v6', 'linux/armel', true],
  ['linux/arm/7', 'linux/armhf', true],
  ['Linux/AMD64', 'linux/amd64', true],
  ['darwin/arm64', 'macos/arm64', true],
])('%s, where %s is wanted: %s', (listed, wanted, expected) => {
  expect(platformMatches(parsePlatform(listed), [parsePlatform(wanted)])).toBe(expected);
  expect(platformMatches(parsePlatform(listed), 'all')).toBe(true);
});

test.each(['amd64+cuda', 'amd64:v3', 'windows server', 'amd', '', 'constructor'])(
  'an architecture that an index made up is none that is wanted: "%s"',
  (architecture) => {
    const name = comparedName({ os: 'linux', architecture });
    expect(isWantedName(name, [parsePlatform('linux/amd64'), parsePlatform('linux/arm/v7')])).toBe(false);
  },
);
