import { expect, test } from 'vitest';
import { findWhiteout } from '../../../src/deep/whiteout.ts';

test.each([
  ['app/.wh.old', { kind: 'remove', path: 'app/old' }],
  ['.wh.old', { kind: 'remove', path: 'old' }],
  ['app/.wh..wh..opq', { kind: 'opaque', directory: 'app' }],
  ['.wh..wh..opq', { kind: 'opaque', directory: '' }],
  ['.wh..wh.plnk', { kind: 'ignore' }],
  ['app/.wh.', { kind: 'ignore' }],
  ['app/file.wh.x', undefined],
  ['.wh.dir/file', undefined],
])('the whiteout of %j', (path, expected) => {
  expect(findWhiteout(path)).toEqual(expected);
});
