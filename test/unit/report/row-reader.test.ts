import { expect, test } from 'vitest';
import { runsOf } from '../../../src/report/packed-rows.ts';
import type { Column } from '../../../src/report/report.ts';
import { RowReader } from '../../../src/report/row-reader.ts';

const columns: readonly Column[] = ['repository', 'tag', 'digest', 'seen'].map((name) => ({
  name,
  type: 'text',
  description: '',
}));

/** Tag and seen are a row's own; repository and digest are shared. */
function readerOf(asked: string[] = []): RowReader<string> {
  const runs = runsOf(columns, ({ name }) => name === 'repository' || name === 'digest');
  return new RowReader(runs, ([column]) => (packed) => {
    asked.push(`${column?.name} ${packed}`);
    return packed;
  });
}
const line = (...texts: readonly string[]): string => texts.join('\u001e');
const part = (...texts: readonly string[]): string => `\u0003${line(...texts)}`;

test('a row has the cells of its part, in the order of the columns', () => {
  const lines = [part('1', 'web', 'sha256:a'), part('2', 'web', 'sha256:b'), line('2', 'v2', 'today')];
  expect(readerOf().read(lines)).toEqual([['web', 'v2', 'sha256:b', 'today']]);
});

test('a part is read once, however many rows follow, in this batch and later ones', () => {
  const asked: string[] = [];
  const reader = readerOf(asked);
  reader.read([part('1', 'web', 'sha256:a'), line('1', 'v1', 'today')]);
  expect(reader.read([line('1', 'v2', 'today')])).toEqual([['web', 'v2', 'sha256:a', 'today']]);
  expect(asked.filter((text) => text.startsWith('digest'))).toEqual(['digest sha256:a']);
});

test('a row without a part carries its shared cells itself', () => {
  expect(readerOf().read([line('1', 'v1', 'today', 'web', 'sha256:a')])).toEqual([['web', 'v1', 'sha256:a', 'today']]);
});

test('parts that come after rows replace those before', () => {
  const reader = readerOf();
  reader.read([part('1', 'web', 'sha256:a'), line('1', 'v1', 'today'), part('2', 'api', 'sha256:b')]);
  expect(reader.read([line('1', 'v1', 'today', 'job', 'sha256:c')])).toEqual([['job', 'v1', 'sha256:c', 'today']]);
});
