import { expect, test } from 'vitest';
import { npmPackageFolder } from '../../../../src/deep/packages/npm.ts';

test.each([
  ['srv/node_modules/a/index.js', 'srv/node_modules/a'],
  ['node_modules/@x/a/lib/index.js', 'node_modules/@x/a'],
  ['node_modules/a/node_modules/b/index.js', 'node_modules/a/node_modules/b'],
  ['srv/node_modules/a', undefined],
  ['srv/node_modules/@x', undefined],
  ['srv/node_modules/@x/a', undefined],
  ['srv/old_node_modules/a/index.js', undefined],
])('the folder of the npm package that %s belongs to: %s', (path, folder) => {
  expect(npmPackageFolder(path)).toBe(folder);
});
