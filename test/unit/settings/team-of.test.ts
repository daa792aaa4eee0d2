import { describe, expect, test } from 'vitest';
import { teamOf } from '../../../src/settings/team-of.ts';

const teams = [
  { name: 'payments', repositories: ['payments/**', 'billing-*'] },
  { name: 'edge', repositories: ['registry.example.com/edge/**'] },
  { name: 'services', repositories: ['*/api', 'payments/api'] },
];

describe('the team of a repository', () => {
  test.each([
    ['payments/api', undefined, 'payments'],
    ['billing-web', undefined, 'payments'],
    ['shop/api', undefined, 'services'],
    ['api', 'registry.example.com', undefined],
    ['edge/proxy', 'registry.example.com', 'edge'],
    ['edge/proxy', 'other.example.com', undefined],
    ['unknown', undefined, undefined],
  ])('%s at %s is %s', (repository, registry, team) => {
    expect(teamOf(repository, teams, registry)).toBe(team);
  });

  test.each(['registry.example.com:443/**', 'REGISTRY.example.com/**', 'registry.example.com*/**'])(
    'by a host in any spelling: %s',
    (pattern) => {
      expect(teamOf('edge/proxy', [{ name: 'edge', repositories: [pattern] }], 'registry.example.com')).toBe('edge');
    },
  );

  test('the first of two teams wins', () => {
    const both = [
      { name: 'first', repositories: ['a/*'] },
      { name: 'second', repositories: ['**'] },
    ];
    expect(teamOf('a/b', both)).toBe('first');
    expect(teamOf('b', both)).toBe('second');
  });
});
