import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LayerEntry } from '../../../../src/deep/entries.ts';
import { FileTree } from '../../../../src/deep/stack/file-tree.ts';
import { stackLayers } from '../../../../src/deep/stack/stack-layers.ts';
import { file, folder, hardlink, layerOf, opaque, symlink, whiteout } from '../layers.ts';
import { modelOf } from './file-system-model.ts';

function* walked(entries: readonly LayerEntry[], maxImpliedFolders?: number): Generator<string> {
  const tree = new FileTree(() => undefined, maxImpliedFolders);
  for (const entry of entries) tree.add(entry, 0);
  for (const [path] of tree.walk()) yield path;
}

const stack = (layers: readonly (readonly LayerEntry[])[], baseLayers = 0) =>
  stackLayers(
    layers.map((entries) => layerOf(entries)),
    baseLayers,
  );

test('a cache whose files are linked from elsewhere frees nothing when cleared', () => {
  const store = 'root/.local/share/pnpm/store/v10/00';
  const linked = [file(`${store}/a`, 'four'), hardlink('srv/node_modules/a/index.js', `${store}/a`)];
  expect(stack([linked]).layers[0]?.areas).toEqual({});
  expect(stack([[...linked, file(`${store}/b`, 'two')]]).layers[0]?.areas).toEqual({ 'pnpm-store': 3 });
  const twice = [file(`${store}/a`, 'four'), hardlink(`${store}/b`, `${store}/a`)];
  expect(stack([twice]).layers[0]?.areas).toEqual({ 'pnpm-store': 4 });
});

test('a few entries cannot create millions of folders', () => {
  const deep = '/a'.repeat(2_000);
  const entries = Array.from({ length: 9 }, (_, at) => file(`${at}${deep}`, ''));
  expect([...walked(entries, 5_000)].length).toBe(5_000 + 2);
});

test('a folder of more files than a call takes arguments is deleted', () => {
  let hidden = 0;
  const tree = new FileTree(() => hidden++);
  const picture = file('picture', 'p');
  for (let at = 0; at < 150_000; at++) tree.add({ ...picture, path: `data/${at}` }, 0);
  tree.remove('data', 1);
  expect(hidden).toBe(150_000);
});

test('symbolic links with thousands of components are not followed for each entry below them', () => {
  const long = `/${'a/../'.repeat(800)}b`;
  const entries = [
    folder('a'),
    folder('b'),
    symlink('s', long),
    symlink('t', 'b'),
    file('s/x', 'four'),
    file('t/y', 'y'),
  ];
  expect([...walked(entries)]).toEqual(expect.arrayContaining(['s/x', 'b/y']));
});

describe('what is visible and what is wasted', () => {
  const four = 'four';
  test.each<[string, readonly (readonly LayerEntry[])[], number, number]>([
    ['nothing is hidden', [[folder('a'), file('a/x', four)]], 4, 0],
    ['a folder deleted later', [[file('a/b/x', four), file('a/y', four)], [whiteout('a')]], 0, 8],
    [
      'an opaque folder',
      [
        [file('a/b/x', four), file('y', four)],
        [opaque('a'), file('a/z', 'new')],
      ],
      7,
      4,
    ],
    ['an opaque root', [[file('a/x', four)], [file('.wh..wh..opq', ''), file('b', 'new')]], 3, 4],
    ['a whiteout after the new file of its layer', [[file('a/x', four)], [file('a/x', 'new'), whiteout('a/x')]], 3, 4],
    ['a whiteout of nothing', [[file('x', four)], [whiteout('y'), opaque('z')]], 4, 0],
    ['a folder in place of a file', [[file('x', four)], [folder('x'), file('x/y', 'new')]], 3, 4],
    ['a link in place of a folder', [[file('lib/x', four)], [symlink('lib', 'usr/lib')]], 0, 4],
    ['a folder named again', [[folder('a'), file('a/x', four)], [folder('a')]], 4, 0],
    ['a path twice in one layer', [[file('x', four), file('x', 'new')]], 3, 4],
    ['hard links', [[file('x', four), hardlink('y', 'x'), hardlink('z', 'y')]], 4, 0],
    ['one of two hard links deleted', [[file('x', four), hardlink('y', 'x')], [whiteout('x')]], 4, 0],
    ['both hard links deleted', [[file('x', four), hardlink('y', 'x')], [whiteout('x')], [whiteout('y')]], 0, 4],
    ['a hard link to itself', [[file('x', four)], [hardlink('x', 'x')]], 4, 0],
    ['a hard link to nothing', [[hardlink('x', 'y')]], 0, 0],
    [
      'a file through a linked folder',
      [[file('usr/lib/x', four), symlink('lib', 'usr/lib')], [file('lib/x', 'new')]],
      3,
      4,
    ],
    ['a link that loops', [[symlink('a', 'b'), symlink('b', 'a'), file('a/x', four)]], 4, 0],
    ['a link that climbs', [[symlink('a/up', '../../..'), file('a/up/x', four)], [whiteout('x')]], 0, 4],
  ])('%s: what is useful, and what is wasted', (_, layers, usefulBytes, wastedBytes) => {
    expect(stack(layers)).toMatchObject({ usefulBytes, wastedBytes });
  });

  test.each<[string, LayerEntry, object]>([
    ['a file deleted later', whiteout('x'), { usefulBytes: 0, wasted: { deleted: 4, rewritten: 0, replaced: 0 } }],
    ['chown', file('x', four), { usefulBytes: 4, wasted: { deleted: 0, rewritten: 4, replaced: 0 } }],
    ['an edit', file('x', 'FOUR'), { usefulBytes: 4, wasted: { deleted: 0, rewritten: 0, replaced: 4 } }],
  ])('%s, with the cause', (_, entry, expected) => {
    expect(stack([[file('x', four)], [entry]])).toMatchObject(expected);
  });

  test('hard links are one file', () => {
    expect(stack([[file('x', four), hardlink('y', 'x'), hardlink('z', 'y')]]).files).toBe(1);
  });

  test('each layer reports which of its bytes are hidden', () => {
    const report = stack([[file('a', 'aa'), file('b', 'bbb')], [file('c', 'c'), whiteout('a')], [whiteout('b')]], 2);
    expect(report.layers.map(({ fileBytes, wastedBytes }) => [fileBytes, wastedBytes])).toEqual([
      [5, 5],
      [1, 0],
      [0, 0],
    ]);
    expect(report.wastedFiles).toEqual([
      { path: 'b', bytes: 3, cause: 'deleted', layer: 0, hiddenBy: 2 },
      { path: 'a', bytes: 2, cause: 'deleted', layer: 0, hiddenBy: 1 },
    ]);
  });

  test('waste of the base image is not the image’s own', () => {
    const report = stack([[file('a', 'aa'), file('b', 'bbbb')], [whiteout('a')], [whiteout('b')]], 2);
    expect(report).toMatchObject({ wastedBytes: 6, ownWastedBytes: 4 });
  });

  test('copies are distinguished from hard links, and the one in the lowest layer is the original', () => {
    const layers = [
      [file('a', 'same'), hardlink('b', 'a')],
      [file('c', 'same'), file('d', 'same'), file('e', '')],
    ];
    const report = stack(layers);
    expect(report).toMatchObject({ usefulBytes: 12, wastedBytes: 0, duplicateBytes: 8 });
    expect(report.layers.map(({ duplicateBytes }) => duplicateBytes)).toEqual([0, 8]);
  });

  test('packages, releases and setuid files count only if their files are visible', () => {
    const release = (id: string) => ({ path: 'usr/lib/os-release', id, versionId: '1' });
    const found = (name: string) => ({ ecosystem: 'deb' as const, name, version: '1', path: 'var/lib/dpkg/status' });
    const base = layerOf(
      [file('usr/lib/os-release', 'old'), file('var/lib/dpkg/status', 'old'), file('bin/su', 'su')],
      {
        releases: [release('old')],
        packages: [found('old')],
        setuid: [{ path: 'bin/su', mode: 0o4755 }],
      },
    );
    const top = layerOf([file('usr/lib/os-release', 'new'), file('var/lib/dpkg/status', 'new')], {
      releases: [release('new')],
      packages: [found('new')],
    });
    const report = stackLayers([base, top], 1);
    expect(report.release?.id).toBe('new');
    expect(report.packages).toEqual([{ ...found('new'), layer: 1 }]);
    expect(report.setuid).toEqual([{ path: 'bin/su', mode: 0o4755, layer: 0 }]);
  });

  test('a deleted file named like a secret is reported', () => {
    const base = layerOf([file('app/.env', 'secret')], { sensitive: [{ path: 'app/.env', bytes: 6 }] });
    const report = stackLayers([base, layerOf([whiteout('app/.env')])], 0);
    expect(report.sensitive).toEqual([{ path: 'app/.env', bytes: 6, layer: 0, isHidden: true }]);
  });

  test('an image without layers is empty', () => {
    expect(stack([])).toMatchObject({ fileBytes: 0, usefulBytes: 0, wastedBytes: 0, files: 0, layers: [] });
  });
});

describe('any layers', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const content = fc.constantFrom('', 'x', 'yy', 'zzzz');
  const target = fc.constantFrom('a', 'b/c', '..', '/a/b', '../b', './c', '/');
  const entry = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(path, content).map(([at, text]) => file(at, text)) },
    { weight: 2, arbitrary: path.map(folder) },
    { weight: 2, arbitrary: fc.tuple(path, path).map(([at, to]) => hardlink(at, to)) },
    { weight: 1, arbitrary: fc.tuple(path, target).map(([at, to]) => symlink(at, to)) },
    { weight: 2, arbitrary: path.map(whiteout) },
    { weight: 1, arbitrary: path.map(opaque) },
  );
  const layers = fc.array(fc.array(entry, { maxLength: 8 }), { maxLength: 5 });

  test('useful and duplicate bytes equal those of a simple file system model', () => {
    fc.assert(
      fc.property(layers, (stacked) => {
        expect(stack(stacked)).toMatchObject(modelOf(stacked));
      }),
      { numRuns: 3_000 },
    );
  });

  test('useful and wasted bytes add up to all bytes, in total, by layer and by cause', () => {
    fc.assert(
      fc.property(layers, fc.nat(5), (stacked, baseLayers) => {
        const report = stack(stacked, baseLayers);
        const all = stacked.flat().reduce((total, { size }) => total + size, 0);
        expect(report.usefulBytes + report.wastedBytes).toBe(all);
        expect(report.fileBytes).toBe(all);
        report.layers.forEach((layer, at) => {
          expect(layer.fileBytes).toBe(stacked[at]?.reduce((total, { size }) => total + size, 0));
        });
        expect(stack(stacked, 0).ownWastedBytes).toBe(report.wastedBytes);
        expect(report.ownWastedBytes).toBeLessThanOrEqual(report.wastedBytes);
        expect(stack(stacked, stacked.length).ownWastedBytes).toBe(0);
        expect(report.duplicateBytes).toBeLessThanOrEqual(report.usefulBytes);
      }),
    );
  });
});
