import { describe, expect, test } from 'vitest';
import {
  namedTags,
  namesRepositories,
  newestTags,
  repositorySelector,
  selectPages,
  tagSelector,
  takesAllTags,
} from '../../../src/fetch/select.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseRegistryHost, parseTag } from '../../../src/oci/reference.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import type { OciSource } from '../../../src/settings/settings.ts';

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

const { sourceDefaults } = await loadSettings({ cwd: '/', env: {}, flags: {} });

function source(more: Partial<OciSource>): OciSource {
  const registry = parseRegistryHost('registry.example.com');
  return { ...sourceDefaults, kind: 'oci', name: 'lab', registry, dedup: 'registry', ...more };
}

describe('repositories', () => {
  const ALL = ['shop/cart', 'shop/old', 'pay/api'];

  test.each<[string, Partial<OciSource>, readonly string[]]>([
    ['are all taken if no setting narrows them', {}, ALL],
    ['are those that a source configures', { repositories: ['shop/**'] }, ['shop/cart', 'shop/old']],
    [
      'are those that are configured and included',
      { repositories: ['shop/**'], include: ['*/cart', 'pay/*'] },
      [ALL[0] ?? ''],
    ],
    ['that are excluded are left out', { exclude: ['*/old', 'pay/**'] }, ['shop/cart']],
    [
      'that are named are taken though they are excluded',
      { exclude: ['shop/**'], named: ['shop/old'] },
      ['shop/old', 'pay/api'],
    ],
  ])('%s', (_, more, expected) => {
    expect(ALL.filter(repositorySelector(source(more)))).toEqual(expected);
  });
});

describe('tags', () => {
  test.each<[string, Partial<OciSource>, readonly string[]]>([
    ['of one repository are asked for by their names', { include: ['shop/cart'], tags: ['1', '2.*'] }, ['1']],
    ['of two repositories are selected from what is listed', { include: ['shop/cart', 'pay/api'], tags: ['1'] }, []],
    ['of a pattern of repositories are, too', { include: ['shop/*'], tags: ['1'] }, []],
    ['of all repositories are, too', { tags: ['1'] }, []],
  ])('%s', (_, more, expected) => {
    expect(namedTags(source(more))).toEqual(expected);
  });

  test.each<[Partial<OciSource>, string]>([
    [{}, 'all, tagged, untagged'],
    [{ tags: ['*'] }, 'all, tagged, untagged'],
    [{ newest: 5 }, 'tagged, untagged'],
    [{ tags: ['v*'] }, 'tagged'],
    [{ tags: ['w*'] }, ''],
  ])('%j selects: %s', (more, expected) => {
    const settings = source(more);
    const selects = tagSelector(settings);
    const selected = { all: takesAllTags(settings), tagged: selects({ tag: 'v1' }), untagged: selects({}) };
    expect(
      Object.keys(selected)
        .filter((name) => Object(selected)[name])
        .join(', '),
    ).toBe(expected);
  });
});

test.each<[readonly string[], boolean]>([
  [['**'], false],
  [['shop/**'], true],
  [['shop/cart', '**'], false],
])('a source that includes %j names the repositories that it wants: %s', (include, expected) => {
  expect(namesRepositories(source({ include }))).toBe(expected);
});

describe('of a listing in pages', () => {
  const PAGES = [['v1', 'w1', 'v10'], ['v9'], ['v2', 'w2']].map((names) => names.map((name) => listed(name)));

  test.each<[string, Partial<OciSource>, readonly (readonly string[])[]]>([
    ['the selected tags come page by page', { tags: ['v*'] }, [['v1', 'v10'], ['v9'], ['v2']]],
    ['the newest of them come together at its end', { tags: ['v*'], newest: 2 }, [['v10', 'v9']]],
  ])('%s', async (_, more, expected) => {
    const seen: unknown[] = [];
    const pages = (async function* () {
      yield* PAGES;
    })();
    const selected: unknown[] = [];
    for await (const page of selectPages(pages, source(more), (page) => seen.push(page)))
      selected.push(page.map(({ tag }) => tag));
    expect(selected).toEqual(expected);
    expect(seen).toEqual(PAGES);
  });
});
