import { expect, test } from 'vitest';
import { terminalColumns } from '../../../src/cli/io.ts';

test.each([
  ['a terminal', { isTTY: true, columns: 132 }, 132],
  ['a terminal without a size, as a pseudo-terminal of CI', { isTTY: true, columns: 0 }, undefined],
  ['a pipe', {}, undefined],
])('the columns of %s', (_, stream, columns) => {
  expect(terminalColumns(stream)).toBe(columns);
});
