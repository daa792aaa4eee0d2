import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDestination } from '../../../src/cli/write-output.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { newFolder } from '../../support/new-folder.ts';

test.each([
  ['a database that fails', new StoreUnavailableError('Postgres is not available')],
  ['an unexpected failure', new TypeError('x is undefined')],
])('%s is not mistaken for a file that cannot be written', async (_, failure) => {
  async function* text(): AsyncGenerator<string> {
    yield 'a row';
    throw failure;
  }
  const path = join(await newFolder(), 'report.csv');
  const scope = { signal: new AbortController().signal };
  await expect(writeDestination(scope, { kind: 'file', path }, text(), 'csv')).rejects.toBe(failure);
});
