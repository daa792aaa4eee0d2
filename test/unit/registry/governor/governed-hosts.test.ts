import { expect, test } from 'vitest';
import type { RegistryHost } from '../../../../src/oci/reference.ts';
import { concurrencyAt, governedHost, governedHosts } from '../../../../src/registry/governor/governed-hosts.ts';
import type { SourceSettings } from '../../../../src/settings/settings.ts';

test.each([
  ['registry.example.com', 'registry.example.com'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'api.ecr.eu-west-1.amazonaws.com'],
])('requests to %s count for %s', (registry, host) => {
  expect(governedHost(registry as RegistryHost)).toBe(host);
});

test('the limit of a source applies to the hosts that its requests count for', () => {
  const ecr = { kind: 'ecr', regions: ['eu-west-1', 'us-east-1'] } as unknown as SourceSettings;
  const accounts = ['eu-west-1', 'us-east-1'].map((region) => `123456789012.dkr.ecr.${region}.amazonaws.com`);
  expect(accounts.map((account) => governedHost(account as RegistryHost))).toEqual(governedHosts(ecr));
  const oci = { kind: 'oci', registry: 'registry.example.com' } as unknown as SourceSettings;
  expect(governedHosts(oci)).toEqual(['registry.example.com']);
});

test('several sources on one registry: the lowest concurrency applies', () => {
  const source = (registry: string, concurrency: number) =>
    ({ kind: 'oci', registry, concurrency }) as unknown as SourceSettings;
  const sources = [source('a.example.com', 3), source('a.example.com', 8), source('b.example.com', 1)];
  expect(concurrencyAt('a.example.com' as RegistryHost, sources)).toBe(3);
  expect(concurrencyAt('c.example.com' as RegistryHost, sources)).toBeUndefined();
});

test('an ECR source without regions limits the requests to whatever region it reads', () => {
  const source = { kind: 'ecr', concurrency: 4 } as unknown as SourceSettings;
  const limitAt = (host: string) => concurrencyAt(host as RegistryHost, [source]);
  // The host before the account is known, then after it.
  expect(limitAt('api.ecr.eu-west-1.amazonaws.com')).toBe(4);
  expect(limitAt('123456789012.dkr.ecr.eu-west-1.amazonaws.com')).toBe(4);
  expect(limitAt('registry.example.com')).toBeUndefined();
});
