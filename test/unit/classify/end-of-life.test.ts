import { expect, test } from 'vitest';
import { distroEndOfLife } from '../../../src/classify/end-of-life.ts';

test.each([
  ['debian', '12', '2028-06-30'],
  ['debian', '10.13', '2024-06-30'],
  ['alpine', '3.20.3', '2026-04-01'],
  ['ubuntu', '20.04', '2025-05-31'],
  ['rhel', '7.7', '2024-06-30'],
  ['windows', '10.0.20348.2322', '2031-10-14'],
  ['alpine', '3.24.2', '2028-05-01'],
  ['ubuntu', '26.04', '2031-04-30'],
  ['ubuntu', '26.10', '2027-07-15'],
  ['fedora', '45', '2027-11-24'],
  ['photon', '2.0', '2022-12-31'],
  ['photon', '5.0', undefined],
  ['centos', '9', '2027-05-31'],
  ['azurelinux', '3.0', '2027-08-31'],
  ['windows', '10.0.26100.4349', '2034-10-10'],
  ['amzn', '2018.03', '2023-12-31'],
  ['debian', '1', undefined],
  ['shesek', '0.0.1', undefined],
  ['constructor', 'name', undefined],
])('%s %s ends %s', (id, version, expected) => {
  expect(distroEndOfLife(id, version)).toBe(expected);
});

test('the end of a release is found in time linear in the length of its version', () => {
  expect(distroEndOfLife('debian', `12${'.1'.repeat(500_000)}`)).toBe('2028-06-30');
});
