import { describe, expect, test } from 'vitest';
import { type FilterTargets, filterCondition, type ReportFilters } from '../../../src/report/filters.ts';
import { SqlParameters } from '../../../src/report/query-scope.ts';

const now = new Date('2026-11-23T12:00:00Z');

describe('filters as a condition of SQL', () => {
  const conditionOf = (filters: ReportFilters, targets: FilterTargets) => {
    const parameters = new SqlParameters();
    const condition = filterCondition({ name: 'images', filters: targets }, { filters, now }, parameters);
    return { condition, values: parameters.values };
  };

  test('are joined, each with a parameter of its own, and are true when there are none', () => {
    const targets = { source: 'source.name', team: 'team.name', minSize: 'bytes' };
    expect(conditionOf({ team: 'shop', minSize: '1kB' }, targets)).toEqual({
      condition: '$1 = team.name and bytes >= $2::int8',
      values: ['shop', 1_000],
    });
    expect(conditionOf({}, targets)).toEqual({ condition: 'true', values: [] });
  });

  test.each([
    ['REGISTRY.example.com:443', 'registry.example.com'],
    ['docker.io', 'registry-1.docker.io'],
    ['no host', 'no host'],
  ])('take a registry in any spelling: %s', (registry, stored) => {
    expect(conditionOf({ registry }, { registry: 'r' }).values).toEqual([stored]);
  });

  test('that a kind does not have are refused with those that it has', () => {
    expect(() => conditionOf({ tag: 'v1' }, { source: 's', minSize: 'b' })).toThrow(
      'report images cannot be limited by --tag: it takes --source, --min-size',
    );
    expect(() => conditionOf({ tag: 'v1' }, {})).toThrow('it takes no filter');
  });

  test.each([
    [{ minSize: '3x' }, '--min-size: "3x" is not a size: expected'],
    [{ since: '3x' }, '--since: "3x" is not a duration: expected'],
    [{ since: 'noon' }, '--since: "noon" is not a time: expected'],
    [{ repository: '[' }, '--repository: "[" is not a pattern: expected'],
  ])('that cannot be read are refused by the flag and its value: %o', (filters, message) => {
    const targets = { minSize: 'b', since: 's', repository: 'r' };
    expect(() => conditionOf(filters, targets)).toThrow(message);
  });

  test.each([
    ['node:20-*', 'library/node:20-slim;library/node:20.20-slim', true],
    ['node:20-*', 'library/python:3;library/node:20-slim', true],
    ['node:20', 'library/node:20-slim', false],
    ['ode:20-slim', 'library/node:20-slim', false],
    ['/library/node:20-slim', 'library/node:20-slim', true],
    ['/library/node:20-slim', 'library/node:20-slim;library/node:20.20-slim', false],
    ['/node:20-slim', 'library/node:20-slim', false],
  ])('base %j and the base %j: %s', (base, names, expected) => {
    const [pattern] = conditionOf({ base }, { base: 'base_image' }).values;
    expect(new RegExp(String(pattern), 'i').test(`/${names.replaceAll(';', ';/')}`)).toBe(expected);
  });
});
