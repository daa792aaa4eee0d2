import { describe, expect, test } from 'vitest';
import { areaOf } from '../../../src/deep/areas.ts';
import { isDevelopmentPackage, toolOf } from '../../../src/deep/development.ts';
import { isSensitive } from '../../../src/deep/sensitive.ts';
import { measuredLayers } from '../../../src/deep/stack/measured-layers.ts';
import { stackLayers } from '../../../src/deep/stack/stack-layers.ts';
import { file, layerOf, whiteout } from './layers.ts';

test.each([
  ['var/lib/apt/lists/deb.example.com_dists', 'apt-lists'],
  ['var/cache/apt/archives/x.deb', 'apt-archives'],
  ['var/cache/apk/APKINDEX.gz', 'apk-cache'],
  ['etc/apk/cache/curl.apk', 'apk-cache'],
  ['etc/apk/world', undefined],
  ['etc/apk/keys/x.rsa.pub', undefined],
  ['var/cache/dnf/x', 'yum-cache'],
  ['var/cache/zypp/raw/x', 'yum-cache'],
  ['var/cache/tdnf/x', 'yum-cache'],
  ['root/.cache/pip/http/x', 'pip-cache'],
  ['opt/conda/pkgs/numpy-2.3.4.conda', 'conda-cache'],
  ['root/miniconda3/pkgs/cache/x.json', 'conda-cache'],
  ['opt/conda/lib/python3.12/x.py', undefined],
  ['opt/mambaforge/pkgs/x.tar.bz2', 'conda-cache'],
  ['app/pkgs/x', undefined],
  ['app/forge/pkgs/x.js', undefined],
  ['home/node/.npm/_cacache/x', 'npm-cache'],
  ['usr/local/share/.cache/yarn/v6/x', 'yarn-cache'],
  ['root/.m2/repository/org/x.jar', 'maven-cache'],
  ['root/.gradle/caches/x', 'gradle-cache'],
  ['root/.cache/go-build/00/x', 'go-build-cache'],
  ['go/pkg/mod/example.com/x', 'go-module-cache'],
  ['usr/local/cargo/registry/cache/x', 'cargo-cache'],
  ['app/.git/objects/x', 'version-control'],
  ['usr/share/man/man1/ls.1', 'documentation'],
  ['usr/share/doc/curl/README.gz', 'documentation'],
  ['usr/share/doc/curl/copyright', undefined],
  ['usr/share/locale/de/x.mo', 'locales'],
  ['usr/lib/debug/.build-id/x', 'debug-symbols'],
  ['app/dist/main.js.map', 'source-maps'],
  ['app/node_modules/a/test/x.js', 'dependency-tests'],
  ['app/test/x.js', undefined],
  ['app/.gitignore', undefined],
  ['app/docs/readme.md', undefined],
  ['var/lib/apt/extended_states', undefined],
])('%s lies in %s', (path, area) => {
  expect(areaOf(path)).toBe(area);
});

test.each([
  ['app/.env', true],
  ['app/.env.production', true],
  ['root/.ssh/id_ed25519', true],
  ['root/.aws/credentials', true],
  ['root/.npmrc', true],
  ['root/.docker/config.json', true],
  ['app/.env.example', false],
  ['app/environment.ts', false],
  ['root/.ssh/known_hosts', false],
  ['root/.ssh/id_rsa.pub', false],
  ['app/node_modules/agent/test/id_rsa', false],
  ['usr/share/doc/x/.env', false],
])('%s is sensitive: %s', (path, expected) => {
  expect(isSensitive(path)).toBe(expected);
});

test.each([
  ['.npmrc', 'registry=https://npm.example.com/\nsave-exact=true\n', false],
  ['app/.npmrc', '//npm.example.com/:_authToken=npm_0123\n', true],
  ['app/.npmrc', '//npm.example.com/:_authToken=\x24{NPM_TOKEN}\n', false],
  ['app/.npmrc', '# //npm.example.com/:_authToken=npm_0123\nengine-strict=true\n', false],
  ['app/.npmrc', 'always-auth=true\n_auth = "dXNlcjpwYXNz"\n', true],
  ['root/.docker/config.json', '{"auths":{"registry.example.com":{"auth":"dXNlcjpwYXNz"}}}', true],
  ['root/.docker/config.json', '{"auths":{"registry.example.com":{}},"credsStore":"pass"}', false],
  ['app/.env', 'nothing of note', true],
])('%s with %j is sensitive: %s', (path, content, expected) => {
  expect(isSensitive(path, Buffer.from(content))).toBe(expected);
});

test.each([['a\r'.repeat(32_768)], ['_auth\r'.repeat(10_922)]])(
  'ten .npmrc are judged in time linear in the number of their lines',
  (content) => {
    for (let file = 0; file < 10; file++) expect(isSensitive('app/.npmrc', Buffer.from(content))).toBe(false);
  },
);

test.each([
  ['usr/bin/x86_64-linux-gnu-gcc-12', 'gcc'],
  ['usr/lib/gcc/x86_64-linux-gnu/12/cc1', 'gcc'],
  ['usr/lib/gcc', undefined],
  ['usr/local/go/bin/go', 'go'],
  ['usr/bin/make', 'make'],
  ['usr/bin/makeinfo', undefined],
  ['app/gcc', undefined],
])('%s is a part of %s', (path, tool) => {
  expect(toolOf(path)).toBe(tool);
});

test.each([
  ['usr/src/app/node_modules/typescript/package.json', true],
  ['app/node_modules/typescript/package.json', true],
  ['usr/local/lib/node_modules/typescript/package.json', false],
  ['usr/share/nodejs/typescript/package.json', false],
])('a package for development alone, by where it lies: %s', (path, expected) => {
  expect(isDevelopmentPackage({ ecosystem: 'npm', name: 'typescript', version: '5.4.5', path })).toBe(expected);
});

describe('what rules receive', () => {
  const found = (name: string) => ({
    ecosystem: 'deb' as const,
    name,
    version: '1',
    bytes: 9,
    path: 'var/lib/dpkg/status',
  });
  const base = layerOf([file('usr/bin/gcc', 'gcc'), file('var/lib/dpkg/status', 'one')], {
    packages: [found('libc6-dev')],
  });
  const own = layerOf(
    [
      file('root/.npm/_cacache/x', 'cached'),
      file('tmp/big', 'deleted'),
      file('app/x', 'again'),
      file('var/lib/dpkg/status', 'one two'),
    ],
    { packages: [found('libc6-dev'), found('zlib1g-dev')] },
  );
  const stack = stackLayers([base, own, layerOf([whiteout('tmp/big'), file('app/x', 'again')])], 1);
  const layers = measuredLayers(stack);

  test('for each layer: what it shows, and what later layers hide of it', () => {
    expect(layers[1]).toMatchObject({
      fileBytes: 25,
      areaBytes: { 'npm-cache': 6 },
      deletedBytes: 7,
      rewrittenBytes: 5,
    });
    expect(layers[0]).toMatchObject({ toolchain: [{ name: 'gcc', bytes: 3 }], deletedBytes: 0, rewrittenBytes: 0 });
  });

  test('a package belongs to the layer that added it, although later layers rewrite the database', () => {
    expect(layers.map(({ developmentPackages }) => developmentPackages)).toEqual([
      [{ name: 'libc6-dev', bytes: 9 }],
      [{ name: 'zlib1g-dev', bytes: 9 }],
      [],
    ]);
    expect(stack.packages).toHaveLength(2);
  });
});
