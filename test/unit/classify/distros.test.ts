import { expect, test } from 'vitest';
import { distroOfRootfsLine } from '../../../src/classify/knowledge/distros.ts';

test.each([
  ["# debian.sh --arch 'amd64' out/ 'bookworm' '@1785715200'", { id: 'debian', version: '12' }],
  ["# debian.sh --arch 'amd64' out/ 'oldstable' '@1673222400'", { id: 'debian', version: '10' }],
  ["# debian.sh --arch 'amd64' out/ 'stable' '@0'", { id: 'debian' }],
])('the release that a root file system was built from: %s', (line, distro) => {
  expect(distroOfRootfsLine(line)).toEqual(distro);
});
