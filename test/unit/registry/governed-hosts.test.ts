import { expect, test } from 'vitest';
import type { RegistryHost } from '../../../src/oci/reference.ts';
import { governedHost, governedHosts } from '../../../src/registry/governed-hosts.ts';
import type { SourceSettings } from '../../../src/settings/settings.ts';

test.each([
  ['registry.example.com', 'registry.example.com'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'api.ecr.eu-west-1.amazonaws.com'],
])('requests to %s count for %s', (registry, host) => {
  expect(governedHost(registry as RegistryHost)).toBe(host);
});

test("a source's bound holds where its requests count", () => {
  const ecr = { kind: 'ecr', regions: ['eu-west-1', 'us-east-1'] } as unknown as SourceSettings;
  const accounts = ['eu-west-1', 'us-east-1'].map((region) => `123456789012.dkr.ecr.${region}.amazonaws.com`);
  expect(accounts.map((account) => governedHost(account as RegistryHost))).toEqual(governedHosts(ecr));
  const oci = { kind: 'oci', registry: 'registry.example.com' } as unknown as SourceSettings;
  expect(governedHosts(oci)).toEqual(['registry.example.com']);
});
