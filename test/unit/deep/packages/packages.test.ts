import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { packageOfFileName } from '../../../../src/deep/packages/named-files.ts';
import { readLayer } from '../../../../src/deep/read-layer.ts';
import { measuredLayers } from '../../../../src/deep/stack/measured-layers.ts';
import { stackLayers } from '../../../../src/deep/stack/stack-layers.ts';
import { descriptorOf, type TarInput, tarOfEntries } from '../../../support/tar-entries.ts';

async function contentsOf(entries: readonly TarInput[], pieceBytes = 1_000_000) {
  const tar = await tarOfEntries(entries);
  const pieces = Array.from({ length: Math.ceil(tar.length / pieceBytes) }, (_, at) =>
    tar.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );
  return readLayer(Readable.from(pieces), descriptorOf(tar));
}

/** A program as Go 1.18 and later link it, with the magic once before in its text. */
function goProgram(modules: string): Buffer {
  const text = (value: string) => {
    const length = Buffer.byteLength(value);
    return Buffer.concat([Buffer.from([(length & 0x7f) | 0x80, length >> 7]), Buffer.from(value)]);
  };
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  const header = Buffer.concat([magic, Buffer.from([8, 2]), Buffer.alloc(16)]);
  const sentinel = 's'.repeat(16);
  const body = [
    Buffer.alloc(70_000),
    magic,
    Buffer.alloc(400),
    header,
    text('go1.22.3'),
    text(`${sentinel}${modules}${sentinel}`),
  ];
  return Buffer.concat([...body, Buffer.alloc(9_000)]);
}

const dpkg = `Package: libc6
Status: install ok installed
Installed-Size: 12986
Version: 2.36-9
Description: GNU C Library
 Version: not this one

Package: removed
Status: deinstall ok config-files
Version: 1

Package: tzdata
Status: install ok installed
Version: 2024a
`;

describe('package databases', () => {
  test('dpkg: installed packages with their declared sizes', async () => {
    const path = 'var/lib/dpkg/status';
    const { packages } = await contentsOf([{ name: path, content: dpkg }]);
    expect(packages).toEqual([
      { ecosystem: 'deb', name: 'libc6', version: '2.36-9', bytes: 12_986 * 1_024, path },
      { ecosystem: 'deb', name: 'tzdata', version: '2024a', path },
    ]);
  });

  test('dpkg: one status file per package, as in distroless images', async () => {
    const content = 'Package: base-files\nVersion: 12.4\nInstalled-Size: 340\n';
    const entries = [
      { name: 'var/lib/dpkg/status.d/base', content },
      { name: 'var/lib/dpkg/status.d/base.md5sums', content: 'x  y' },
    ];
    expect((await contentsOf(entries)).packages).toMatchObject([{ name: 'base-files', bytes: 348_160 }]);
  });

  test('apk', async () => {
    const content = 'C:Q1\nP:musl\nV:1.2.5-r0\nI:667648\n\nP:busybox\nV:1.36\n\n';
    expect((await contentsOf([{ name: 'lib/apk/db/installed', content }])).packages).toMatchObject([
      { ecosystem: 'apk', name: 'musl', version: '1.2.5-r0', bytes: 667_648 },
      { name: 'busybox' },
    ]);
  });

  test('rpm: reported as present and unread', async () => {
    const { packages, unread } = await contentsOf([{ name: 'var/lib/rpm/rpmdb.sqlite', content: 'SQLite' }]);
    expect([packages, unread]).toEqual([[], [{ path: 'var/lib/rpm/rpmdb.sqlite', reason: 'format' }]]);
  });

  test('npm: each package with the bytes of its own folder', async () => {
    const { packages } = await contentsOf([
      { name: 'app/node_modules/a/package.json', content: '{"name":"a","version":"1.0.0"}' },
      { name: 'app/node_modules/a/index.js', content: 'x'.repeat(70) },
      { name: 'app/node_modules/a/node_modules/@s/b/package.json', content: '{"name":"@s/b","version":"2"}' },
      { name: 'app/node_modules/a/lib/package.json', content: '{"name":"inner"}' },
      { name: 'app/node_modules/broken/package.json', content: '{' },
      { name: 'app/package.json', content: '{"name":"app"}' },
    ]);
    expect(packages.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['a', 30 + 70 + 16],
      ['@s/b', 29],
    ]);
  });

  test('npm: packages that pnpm links from its store, by folder name', async () => {
    const linked = (folder: string) => ({
      name: `usr/src/app/node_modules/.pnpm/${folder}/package.json`,
      type: 'link' as const,
      linkname: 'root/.local/share/pnpm/store/v3/files/00/a',
    });
    const layer = await contentsOf([
      { name: 'root/.local/share/pnpm/store/v3/files/00/a', content: 'x'.repeat(70) },
      linked('typescript@5.4.5/node_modules/typescript'),
      linked('@babel+core@7.24.0-rc.1_supports-color@8.1.1/node_modules/@babel/core'),
      linked('a@1.0.0/node_modules/other'),
      linked('b@file+b/node_modules/b'),
    ]);
    expect(layer.packages).toMatchObject([
      { ecosystem: 'npm', name: 'typescript', version: '5.4.5' },
      { name: '@babel/core', version: '7.24.0-rc.1' },
    ]);
    expect(layer.unread.map(({ path, reason }) => [path.split('/.pnpm/')[1], reason])).toEqual([
      ['a@1.0.0/node_modules/other/package.json', 'link'],
      ['b@file+b/node_modules/b/package.json', 'link'],
    ]);
    const stack = stackLayers([layer], 0);
    const layers = measuredLayers(stack);
    expect(stack.packages.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['typescript', 70],
      ['@babel/core', 70],
    ]);
    expect(stack.unread).toHaveLength(2);
    expect(layers[0]?.developmentPackages).toEqual([{ name: 'typescript', bytes: 70 }]);
  });

  test('a hard link to a file that declares packages declares no others', async () => {
    const { packages, unread } = await contentsOf([
      { name: 'a/node_modules/x/package.json', content: '{"name":"x","version":"1.0.0"}' },
      { name: 'b/node_modules/x/package.json', type: 'link', linkname: 'a/node_modules/x/package.json' },
    ]);
    expect([packages.map(({ path }) => path), unread]).toEqual([['a/node_modules/x/package.json'], []]);
  });

  test('python: sizes from RECORD', async () => {
    const folder = 'usr/lib/python3/site-packages/flask-3.0.dist-info';
    const entries = [
      { name: `${folder}/METADATA`, content: 'Metadata-Version: 2.1\nName: Flask\nVersion: 3.0\n\nText\n' },
      { name: `${folder}/RECORD`, content: 'flask/app.py,sha256=x,100\nflask/cli.py,sha256=y,23\nflask/x.pyc,,\n' },
    ];
    expect((await contentsOf(entries)).packages).toMatchObject([
      { ecosystem: 'pypi', name: 'Flask', version: '3.0', bytes: 123 },
    ]);
  });

  test.each([1_000_000, 4_096, 333])(
    'go: modules of a program that arrives in pieces of %d bytes',
    async (pieceBytes) => {
      const program = goProgram(
        'path\texample.com/app\nmod\texample.com/app\t(devel)\t\ndep\texample.com/old\tv1\n=>\texample.com/new\tv2\th1:x\n',
      );
      const { packages } = await contentsOf([{ name: 'app', mode: 0o755, content: program }], pieceBytes);
      expect(packages.map(({ name, version, bytes }) => [name, version, bytes])).toEqual([
        ['example.com/app', '(devel)', program.length],
        ['example.com/new', 'v2', undefined],
        ['stdlib', 'go1.22.3', undefined],
      ]);
    },
  );

  test('jars and gems by their names', async () => {
    const { packages } = await contentsOf([
      { name: 'app/lib/spring-core-6.1.2.jar', content: 'jar' },
      { name: 'app/lib/plain.jar', content: 'jar' },
      { name: 'usr/local/bundle/specifications/rack-3.0.8.gemspec', content: 'gem' },
      { name: 'usr/lib/ruby/gems/3.2.0/specifications/default/json-2.6.3-java.gemspec', content: 'gem' },
      { name: 'app/specifications/deeper/no-1.gemspec', content: 'gem' },
    ]);
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'spring-core 6.1.2',
      'rack 3.0.8',
      'json 2.6.3',
    ]);
  });

  test('overlong file names are ignored, because matching them would take long', () => {
    const long = 'a'.repeat(200);
    expect(packageOfFileName(`specifications/${long}-1.gemspec`, 1)).toMatchObject({ name: long, version: '1' });
    for (const ending of ['.gemspec', ' .gemspec', '.jar', ' .jar'])
      expect(packageOfFileName(`specifications/a${'-1'.repeat(2_030)}${ending}`, 1)).toBeUndefined();
  });

  test('names lose control characters, and anything past 200 letters', async () => {
    const content = JSON.stringify({ name: `a\0\n${'b'.repeat(500)}`, version: 7 });
    const { packages } = await contentsOf([{ name: 'node_modules/a/package.json', content }]);
    expect(packages).toMatchObject([{ name: `a${'b'.repeat(199)}`, version: '' }]);
  });
});
