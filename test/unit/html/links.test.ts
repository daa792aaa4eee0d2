import { expect, test } from 'vitest';
import { dashboardLinks } from '../../../src/html/links.ts';

test('a name with any characters links to a page', () => {
  expect(dashboardLinks('team', { team: 'a/b?c' })).toBe('/teams/a%2Fb%3Fc');
  expect(dashboardLinks('rule', { rule: 'fat-base' })).toBe('/findings?q=fat-base');
  expect(dashboardLinks('team', { team: null })).toBeUndefined();
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
