import { expect, test } from 'vitest';
import { ownCommandsOf } from '../../../src/advise/dockerfile/copies.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { classified } from '../../support/audited-image.ts';
import { imageManifest } from '../../support/image-manifest.ts';

const BASE = {
  created: '2026-04-27T09:12:37Z',
  created_by: 'ADD rootfs.tar / # buildkit',
  comment: 'buildkit.dockerfile.v0',
};

/** The steps of `buildah bud` 1.28 without --layers: one layer above the base, and all steps in the history. */
function mergedSteps(lines: readonly string[], base: string) {
  return lines.map((line, at) => {
    const created_by = `/bin/sh -c ${line}`;
    const created = `2026-11-29T12:19:${10 + at}.124992269Z`;
    return at < lines.length - 1
      ? { created, created_by, empty_layer: true }
      : { created, created_by, comment: `FROM ${base}` };
  });
}

/** An image that Buildah built so on Debian. @param above the lines of a second Dockerfile, whose base it is */
function mergedImage(lines: readonly string[], settings = {}, above: readonly string[] = []) {
  const steps = mergedSteps(lines, 'docker.io/library/debian:bookworm-slim');
  const sizes = [30_090_000, 59_480_000, ...(above.length > 0 ? [5_100_000] : [])];
  const config = {
    config: settings,
    rootfs: { type: 'layers', diff_ids: sizes.map((size) => digestOf(`diff ${size}`)) },
    history: [BASE, ...steps, ...mergedSteps(above, 'localhost/base:1')],
  };
  const manifest = imageManifest(sizes.map((size) => ({ digest: digestOf(`layer ${size}`), size })));
  return classified(JSON.stringify(manifest), JSON.stringify(config), []);
}

function rulesOf(...lines: readonly string[]): readonly string[] {
  return findingsOf(mergedImage(lines)).map(({ rule }) => rule);
}

const CMD = '#(nop) CMD ["nginx", "-g", "daemon off;"]';
const INSTALL = 'apt-get install -y --no-install-recommends nginx';
const COPY = '#(nop) COPY dir:72408af284b0cb4145cce2e8c3fb9cd6ea084f7b9247fa829ae3b7e88e9bd23b in /var/www/html ';

test('steps that Buildah merged into one layer are judged', () => {
  expect(rulesOf('apt-get update', INSTALL, COPY, CMD)).toContain('apt-cache');
  expect(rulesOf('#(nop) WORKDIR /app', '#(nop) COPY dir:1b2c in . ', 'npm install', CMD)).toContain(
    'dev-dependencies',
  );
});

test('what a later one of the merged steps removes is not in their layer', () => {
  expect(rulesOf('apt-get update', INSTALL, COPY, 'rm -rf /var/lib/apt/lists/*', CMD)).not.toContain('apt-cache');
  expect(rulesOf(COPY, 'chown -R www-data /var/www/html', CMD)).not.toContain('rewritten-files');
  expect(rulesOf('#(nop) COPY file:1b2c in /tmp/a.tgz ', 'tar -xf /tmp/a.tgz', 'rm /tmp/a.tgz', CMD)).not.toContain(
    'deleted-files',
  );
});

test('a cache that one of the merged steps mounted is not in their layer', () => {
  const mount = '--mount=type=cache,target=/root/.cache';
  expect(rulesOf(COPY, `${mount} pip install -r requirements.txt`, CMD)).not.toContain('pip-cache');
});

test('secrets in merged steps are found', () => {
  expect(rulesOf('npm config set //registry.example.com/:_authToken=abcdef123456', CMD)).toContain('secret-in-history');
});

test('a merged layer shows the steps that wrote its files', () => {
  const { layers } = mergedImage(['apt-get update', '#(nop) WORKDIR /app', INSTALL, COPY, CMD]).verdict;
  expect(layers[1]).toMatchObject({
    class: 'application',
    instruction: expect.stringMatching(
      /^RUN apt-get update; RUN apt-get install .* nginx; COPY dir:7240\w+ in \/var\/www\/html$/,
    ),
  });
});

test('a single step that wrote the files of a merged layer is what made it', () => {
  const { layers } = mergedImage(['#(nop) USER 1000', INSTALL, CMD]).verdict;
  expect(layers[1]).toEqual({ class: 'os-packages', instruction: `RUN ${INSTALL}` });
});

test('each of the merged steps starts in its own folder', () => {
  const lines = [
    '#(nop) WORKDIR app',
    COPY,
    'cd web && npm ci',
    'npm run build',
    '#(nop) WORKDIR web',
    'npm test',
    CMD,
  ];
  const commands = ownCommandsOf(viewImage(mergedImage(lines)), '/');
  const folders = commands.filter(({ program }) => program === 'npm').map(({ folder }) => folder);
  expect(folders).toEqual(['/app/web', '/app', '/app/web']);
});

test('the base of an image of merged steps may be another one', () => {
  const { base, layers } = mergedImage([INSTALL, CMD], {}, ['#(nop) USER 1000', COPY, CMD]).verdict;
  expect(base).toMatchObject({ references: ['localhost/base:1'], layerCount: 2 });
  expect(layers.map(({ instruction }) => instruction.slice(0, 16))).toEqual([
    'ADD rootfs.tar /',
    'RUN apt-get inst',
    'COPY dir:72408af',
  ]);
});

test('the Dockerfile for an image of merged steps repeats them', () => {
  const lines = [
    '#(nop) WORKDIR /srv',
    '#(nop) COPY dir:1b2c in web/ ',
    'cd web && npm ci && npm run build',
    'npx playwright install chromium',
    '#(nop) CMD ["node", "web/server.js"]',
  ];
  const settings = { Env: ['NODE_VERSION=24.1.0'], Cmd: ['node', 'web/server.js'], WorkingDir: '/srv' };
  const dockerfile = generateDockerfile(mergedImage(lines, settings), 'slim-base', '2026-11-29').dockerfile;
  expect(dockerfile).toContain('npm ci');
  expect(dockerfile).toContain('#   COPY dir:1b2c in web/; RUN cd web && npm ci && npm run build; RUN npx playwright');
  const without = generateDockerfile(mergedImage(lines.toSpliced(3, 1), settings), 'slim-base', '2026-11-29');
  expect(without.dockerfile).toContain('/srv/web');
  expect(without.dockerfile).not.toContain('The image also has these steps');
});
