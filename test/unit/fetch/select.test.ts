import { expect, test } from 'vitest';
import { newestTags } from '../../../src/fetch/select.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseTag } from '../../../src/oci/reference.ts';

function listed(name: string, pushedAt?: string) {
  return { digest: digestOf(name), tag: parseTag(name), ...(pushedAt ? { pushedAt } : {}) };
}

function newest(tags: Parameters<typeof newestTags>[0], count: number) {
  return newestTags(tags, count).map(({ tag }) => tag);
}

test('by name, latest is the newest, and versions are compared part by part', () => {
  expect(
    newest(
      ['1.9', '1.10', 'latest'].map((name) => listed(name)),
      3,
    ),
  ).toEqual(['latest', '1.10', '1.9']);
  expect(
    newest(
      ['latest', '1.10', '1.9'].map((name) => listed(name)),
      1,
    ),
  ).toEqual(['latest']);
});

test('a date says more than a name', () => {
  const tags = [
    listed('latest', '2026-01-01T00:00:00Z'),
    listed('1.9', '2026-03-01T00:00:00Z'),
    listed('1.10', '2026-02-01T00:00:00Z'),
  ];
  expect(newest(tags, 2)).toEqual(['1.9', '1.10']);
});

test('of one date, names decide', () => {
  const day = '2026-01-01T00:00:00Z';
  expect(newest([listed('v2', day), listed('latest', day), listed('v10', day)], 3)).toEqual(['latest', 'v10', 'v2']);
});

test('signatures and other referrers take no place of an image, however new they are', () => {
  const signature = `sha256-${'ab'.repeat(32)}.sig`;
  const referrers = `sha256-${'cd'.repeat(32)}`;
  const named = ['1.0', signature, '1.1', referrers].map((name) => listed(name));
  expect(newest(named, 2)).toEqual(['1.1', '1.0']);
  expect(newest(named, 4)).toEqual(['1.1', '1.0', referrers, signature]);
  const dated = [listed('1.0', '2026-01-01T00:00:00Z'), listed(signature, '2026-01-01T00:00:09Z')];
  expect(newest(dated, 1)).toEqual(['1.0']);
});

test('untagged manifests are no tags', () => {
  expect(newest([{ digest: digestOf('untagged') }, listed('1')], 2)).toEqual(['1']);
});
