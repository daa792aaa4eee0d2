import { expect, test } from 'vitest';
import { isLong, shownCell } from '../../../src/html/cell.ts';
import type { Column, ColumnType } from '../../../src/report/report.ts';

const column = (name: string, type: ColumnType = 'text'): Column => ({ name, type, description: '' });
const shown = (name: string, cell: string | number | null, type?: ColumnType) =>
  String(shownCell(column(name, type), cell));

test('techniques are shown by their titles, unknown ones as they are', () => {
  expect(shown('technique', 'multi-stage;slim-base')).toBe('Multi-stage build + Slim base');
  expect(shown('technique', '<b>')).toBe('&lt;b&gt;');
});

test('what the stylesheet knows has a badge of its own, other texts a plain one', () => {
  expect(shown('severity', 'error')).toBe('<span class="badge error">error</span>');
  expect(shown('change', 'odd')).toBe('<span class="badge info">odd</span>');
});

test('ranks won or lost are shown to the eye and to screen readers', () => {
  expect(shown('moved', 1, 'integer')).toBe('<span class="unseen">up </span><span aria-hidden="true">▲ </span>1');
  expect(shown('moved', -1, 'integer')).toContain('down');
  expect(shown('moved', 0, 'integer')).toContain('unchanged');
  expect(shown('moved', null, 'integer')).toBe('');
});

test('of several names for the same layers, the first is shown with the number of others', () => {
  const names = 'library/node:22;library/node:22-bookworm;library/node:latest';
  expect(shown('base_image', names)).toBe(
    `<span title="${names}">library/node:22 <small class="plain">+2</small></span>`,
  );
  expect(isLong(column('base_image'), names)).toBe(false);
  expect(shown('base_image', 'library/node:22')).toBe('library/node:22');
  expect([36, 37].map((length) => isLong(column('repository'), 'a'.repeat(length)))).toEqual([false, true]);
});

test('figures of a column have the same number of digits, changes have a sign', () => {
  expect(shown('slim_score', 45, 'number')).toBe('45.0');
  expect(shown('growth_percent', 2, 'percent')).toBe('+2.0 %');
  expect(shown('growth_percent', -2, 'percent')).toBe('-2.0 %');
  expect(shown('goal_percent', 2, 'percent')).toBe('2.0 %');
});

test.each([
  ['instruction', 160],
  ['message', 400],
])('a longer %s is cut after %i characters; the tooltip has it whole', (name, longest) => {
  const long = 'x'.repeat(longest + 1);
  expect(shown(name, long)).toBe(`<span title="${long}">${'x'.repeat(longest)}…</span>`);
  expect(shown(name, long.slice(1))).toBe(long.slice(1));
});

test('a long path is broken after a slash rather than within a word', () => {
  const name = 'platform/observability/collectors/service-000017';
  expect(shown('repository', name)).toBe(name.replaceAll('/', '/<wbr>'));
  expect(shown('instruction', `RUN rm -rf /var/lib ${'x'.repeat(40)}`)).toBe(
    `RUN rm -rf /var/<wbr>lib ${'x'.repeat(40)}`,
  );
  expect(shown('repository', 'shop/app')).toBe('shop/app');
});
