import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layerPath } from '../../../../src/deep/tar/entry-path.ts';

const pathOf = (text: string) => layerPath(Buffer.from(text, 'latin1'));

describe('layerPath', () => {
  test.each([
    ['etc/passwd', 'etc/passwd'],
    ['./etc/passwd', 'etc/passwd'],
    ['././etc/', 'etc'],
    ['./', ''],
    ['', ''],
    ['a//b/./c', 'a/b/c'],
    ['a/b///', 'a/b'],
    ['..data/x..', '..data/x..'],
    ['/etc/shadow', 'etc/shadow'],
    ['../../etc/shadow', 'etc/shadow'],
    ['a/../../b', 'b'],
    ['a/..', ''],
    ['a\0b', 'a\\x00b'],
    ['caf\xe9', 'caf\\xe9'],
  ])('%j is %j', (text, path) => {
    expect(pathOf(text)).toBe(path);
  });

  test('a path is read in time linear in its slashes', () => {
    for (let entry = 0; entry < 5_000; entry++) expect(pathOf(`a${'/'.repeat(4_090)}x`)).toBe('a/x');
  });

  test('UTF-8 names are unchanged, including those with U+FFFD', () => {
    expect(layerPath(Buffer.from('größe/\ufffd'))).toBe('größe/\ufffd');
  });

  test('no bytes produce a path outside the root, an empty component, or text that the database rejects', () => {
    const nasty = fc.stringMatching(/^[./a\0\x80]{0,12}$/).map((text) => Buffer.from(text, 'latin1'));
    const any = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(nasty, any), (bytes) => {
        const path = layerPath(bytes);
        const names = path === '' ? [] : path.split('/');
        expect(names.filter((name) => ['', '.', '..'].includes(name))).toEqual([]);
        expect(path).not.toContain('\0');
        expect(Buffer.from(path).toString('utf8')).toBe(path);
      }),
    );
  });

  test('parsing a parsed path changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        const path = layerPath(Buffer.from(text));
        expect(layerPath(Buffer.from(path))).toBe(path);
      }),
    );
  });
});
