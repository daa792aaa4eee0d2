import { expect, test } from 'vitest';
import { parseImageConfig, platformOf } from '../../../src/oci/image-config.ts';
import { formatPlatform } from '../../../src/oci/platform.ts';

const platform = (config: object) => formatPlatform(platformOf(parseImageConfig(JSON.stringify(config))));

test.each([
  [{ os: 'linux', architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
  [{ os: 'linux' }, 'linux/unknown'],
  [{}, 'unknown/unknown'],
  [{ os: 'linux', architecture: 'arm64/v8' }, 'linux/arm64/v8'],
  [{ os: 'linux;a|b', architecture: '$(c) `d`', variant: "v8'" }, 'linux_a_b/__c___d_/v8_'],
])('the platform of %j is %s', (config, expected) => {
  expect(platform(config)).toBe(expected);
});

test('a platform fits an index of the database, whatever a config states', () => {
  const long = 'x'.repeat(5_000);
  expect(platform({ os: long, architecture: long, variant: long }).length).toBeLessThan(200);
});
