import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const FOLDER = 'migrations';
const FILES = readdirSync(FOLDER).sort();

/** What holds a lock for as long as a table is large, or cannot be lived with by the version before. */
const UNSAFE: readonly (readonly [string, RegExp])[] = [
  ['rewrites rows', /^(?:update|delete|truncate)\b/i],
  ['rewrites a table', /\balter\s+column\s+\w+\s+(?:set\s+data\s+)?type\b|\bcluster\b|\bvacuum\b/i],
  ['reads a whole table under its lock', /\badd\s+constraint\b(?![\s\S]*\bnot\s+valid\b)|\bset\s+not\s+null\b/i],
  ['adds a column that existing rows cannot have', /\badd\s+column\b(?=[\s\S]*\bnot\s+null\b)(?![\s\S]*\bdefault\b)/i],
  ['takes away what the version before reads', /\bdrop\s+(?:table|column)\b|\brename\b/i],
  ['locks a table', /^lock\b/i],
];

function statementsOf(file: string): readonly string[] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .replace(/^\s*--.*$/gm, '')
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

test('migrations are numbered without gaps, and named for what they make', () => {
  expect(FILES.map((file) => Number(file.slice(0, 4)))).toEqual(FILES.map((_, at) => at + 1));
  for (const file of FILES) expect(file).toMatch(/^\d{4}_[a-z_]+\.sql$/);
});

describe.each(FILES)('%s', (file) => {
  test('opens with what it makes and why that is safe on a live system', () => {
    const [what, why] = readFileSync(join(FOLDER, file), 'utf8').split('\n');
    expect(what).toMatch(/^-- [A-Z]/);
    expect(why).toMatch(/^-- Safe on a live system: /);
  });

  test.each(UNSAFE)('holds no statement that %s', (_what, pattern) => {
    expect(statementsOf(file).filter((statement) => pattern.test(statement))).toEqual([]);
  });
});
