import { expect, test } from 'vitest';
import { dashboardLinks } from '../../../src/html/links.ts';
import type { CellsByName } from '../../../src/report/report.ts';

test.each<[column: string, row: CellsByName, address: string | undefined]>([
  ['team', { team: 'a/b?c' }, '/teams/a%2Fb%3Fc'],
  ['team', { team: null }, undefined],
  ['repository', { registry: 'r.example.com', repository: 'a/b' }, '/repository?registry=r.example.com&name=a%2Fb'],
  ['tag', { tag: '1', digest: 'sha256:a' }, '/images/sha256%3Aa'],
  ['tag', { tag: '', digest: 'sha256:a' }, undefined],
  ['change_bytes', { previous_digest: 'sha256:a', digest: 'sha256:b' }, '/compare?old=sha256%3Aa&new=sha256%3Ab'],
  ['rule', { rule: 'fat-base' }, '/findings?q=fat-base'],
  ['distro', { distro: 'debian', distro_version: '12' }, '/images?distro=debian%3A12'],
  ['distro', { distro: 'wolfi', distro_version: null }, '/images?distro=wolfi'],
  ['distro', { distro: null, distro_version: null }, undefined],
  ['technique', { technique: 'slim-base' }, '/advice?q=slim-base'],
  ['technique', { technique: 'slim-base', builds: 3 }, '/improvements?q=slim-base'],
  ['technique', { technique: 'multi-stage;slim-base' }, '/improvements?q=multi-stage%3Bslim-base'],
  ['id', { id: 7 }, '/audits/7'],
  ['audit_id', { audit_id: 7 }, '/audits/7'],
  ['name', { scope: 'repository', registry: 'r.example.com', name: 'a' }, '/repository?registry=r.example.com&name=a'],
  ['name', { scope: 'base', name: 'node:22' }, '/base?name=node%3A22'],
  ['name', { scope: 'source', name: 'prod' }, undefined],
])('the column %s of %j leads to %s', (column, row, address) => {
  expect(dashboardLinks(column, row)).toBe(address);
});

test('a name too long for an address has no link', () => {
  expect(dashboardLinks('team', { team: '<'.repeat(2_000) })).toBeUndefined();
});

test('only images have a page: an artifact and a layer have none', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(dashboardLinks('digest', { digest, kind: 'image' })).toBe(`/images/${encodeURIComponent(digest)}`);
  expect(dashboardLinks('digest', { digest, kind: 'artifact' })).toBeUndefined();
  expect(dashboardLinks('digest', { digest, class: 'base' })).toBeUndefined();
});
