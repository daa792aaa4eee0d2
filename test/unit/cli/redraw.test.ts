import { expect, test } from 'vitest';
import { redrawing } from '../../../src/cli/redraw.ts';

const streamOf = (columns: number, isTTY = true) => ({ isTTY, columns });

test.each([
  ['short', 'audit\ntags\n', 2],
  ['as wide as the terminal', `${'a'.repeat(20)}\ntags\n`, 2],
  ['wider than the terminal', `${'a'.repeat(41)}\ntags\n`, 4],
  ['wide in columns, not in characters', `${'中'.repeat(11)}\ntags\n`, 3],
])('lines that are %s are erased before the next ones', (_, lines, rows) => {
  const show = redrawing({ stdout: streamOf(20), environment: {} });
  expect(show(lines)).toBe(lines);
  expect(show('next\n')).toBe(`\u001b[${rows}A\u001b[Jnext\n`);
  expect(show('last\n')).toBe('\u001b[1A\u001b[Jlast\n');
});

test('lines are erased as the terminal has folded them since its width changed', () => {
  const stdout = streamOf(20);
  const show = redrawing({ stdout, environment: {} });
  show('a line of 17 chars\n');
  stdout.columns = 10;
  expect(show('next\n')).toBe('\u001b[2A\u001b[Jnext\n');
});

test.each([
  ['no terminal', streamOf(20, false), {}],
  ['a terminal that cannot erase', streamOf(20), { TERM: 'dumb' }],
])('lines follow those before on %s', (_, stdout, environment) => {
  const show = redrawing({ stdout, environment });
  expect([show('first\n'), show('next\n')]).toEqual(['first\n', '\nnext\n']);
});
