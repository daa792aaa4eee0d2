import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';

test('the README begins with what the tour prints, shortened', async () => {
  const readme = await readFile('README.md', 'utf8');
  const [, sample = ''] = /```text\n(.*?)```/s.exec(readme) ?? [];
  const { stdout } = await runInProcess(await newFolder(), ['demo']);
  const printed = stdout.split('\n');
  const lines = sample.split('\n').filter((line) => line !== '' && !line.startsWith('$'));
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !printed.some((whole) => isShortened(line, whole)))).toEqual([]);
});

/** Whether a line is the beginning of the whole one, or a row of a table with some of its columns. */
function isShortened(line: string, whole: string): boolean {
  const [beginning = ''] = line.split('…');
  return whole.startsWith(beginning.trimEnd()) || cellsOf(line).every((cell) => cellsOf(whole).includes(cell));
}

function cellsOf(row: string): readonly string[] {
  return row.trim().split(/ {2,}/);
}
