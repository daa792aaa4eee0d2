import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import type { AuditedImage } from '../../../src/policy/audited-image.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { pairImage } from '../../support/audited-image.ts';
import { type LabelledImage, readCorpus } from '../../support/corpus.ts';

const CORPUS = readCorpus(fileURLToPath(new URL('../../fixtures/corpus', import.meta.url)));

function audited({ input }: LabelledImage): AuditedImage {
  return { manifest: input.manifest, config: input.config, verdict: classifyImage(input) };
}

function rulesOf(image: AuditedImage): readonly string[] {
  return findingsOf(image).map(({ rule }) => rule);
}

/** Images with one program or next to nothing. Their only finding, if any, is that they run as root. */
const MINIMAL =
  /^(?:images|official)\/(?:hello-world|alpine-|alpine_|busybox|bazel-scratch|buildkit-estargz|scratch-two|distroless|apko|ko-on|kaniko-on-apko|docker-attest-scratch|regclient|wasm|debian_.*slim|nginx_alpine-slim)/;

test.each(CORPUS.filter(({ name }) => MINIMAL.test(name)).map((image) => [image.name, image] as const))(
  'nothing is found in %s but its user',
  (_, image) => {
    const rules = rulesOf(audited(image)).filter((rule) => rule !== 'root-user' && rule !== 'no-healthcheck');
    expect(rules).toEqual([]);
  },
);

test('nothing is found in a static program on an empty base that runs as an unprivileged user', () => {
  expect(rulesOf(pairImage('go-multi-stage-scratch'))).toEqual([]);
});

test('a single-stage Python service trips the rules that its slim twin does not', () => {
  expect(rulesOf(pairImage('python-single-stage'))).toEqual([
    'build-tools',
    'fat-base',
    'dev-dependencies',
    'apt-cache',
    'pip-cache',
    'recommended-packages',
    'copy-all',
    'cache-order',
    'root-user',
    'no-healthcheck',
  ]);
  expect(rulesOf(pairImage('python-multi-stage-slim'))).toEqual(['no-healthcheck']);
});

test.each([
  ['node14-app-debian10-buildkit', ['build-tools', 'fat-base', 'dev-dependencies', 'cache-order', 'root-user']],
  ['schema2-mysql-5.7.24', ['recommended-packages', 'root-user', 'no-healthcheck']],
  ['agnhost-2.39-arm64-buildinfo', ['deleted-files', 'add-remote-url', 'root-user', 'no-healthcheck']],
])('%s has its findings', (name, rules) => {
  const image = CORPUS.find((labelled) => labelled.name === `images/${name}`);
  expect(image && rulesOf(audited(image))).toEqual(rules);
});

test('findings of every image of the corpus name layers that it has', () => {
  for (const labelled of CORPUS) {
    const image = audited(labelled);
    for (const { evidence } of findingsOf(image)) {
      for (const { layer } of evidence) expect(layer ?? 0).toBeLessThan(image.manifest.layers.length);
    }
  }
});
