import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { pullBytes } from '../../../src/measure/pull-bytes.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { readCorpus } from '../../support/corpus.ts';
import { listedImage } from '../../support/listed-image.ts';

const CORPUS = readCorpus(fileURLToPath(new URL('../../fixtures/corpus', import.meta.url)));

function audited(name: string) {
  const { input } = CORPUS.find((image) => image.name === name) ?? {};
  if (!input) throw new Error(`the corpus has no image ${name}`);
  return { manifest: input.manifest, config: input.config, verdict: classifyImage(input) };
}

function planFor(name: string) {
  const image = audited(name);
  return adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 }).plan;
}

test.each([
  ['node_22-bookworm', 'slim-base', 'node:22-bookworm-slim', 'node_22-bookworm-slim'],
  ['golang_1.26-bookworm', 'alpine-base', 'golang:1.26-alpine', 'golang_1.26-alpine'],
  ['python_3.12-bookworm', 'alpine-base', 'python:3.12-alpine', 'python_3.12-alpine'],
])('of %s, another edition is advised, with the size that it has', (name, technique, base, edition) => {
  const after = pullBytes(audited(`official/${edition}`).manifest);
  expect(planFor(`official/${name}`)).toMatchObject([{ technique, projection: { base, basis: 'measured' } }]);
  const [step] = planFor(`official/${name}`);
  expect(step?.projection.after.min).toBeCloseTo(after, -6);
  expect(step?.projection.after.max).toBe(step?.projection.after.min);
});

test.each([
  'official/node_22-bookworm-slim',
  'official/python_3.12-slim',
  'official/ruby_3.3-slim',
  'official/rust_1-slim',
  'official/nginx_stable',
  'official/eclipse-temurin_21-jdk',
  'official/buildpack-deps_bookworm',
  'images/schema2-mysql-5.7.24',
])('of %s, nothing is advised: nobody but its publisher builds it', (name) => {
  expect(audited(name).verdict.isPublished).toBe(true);
  expect(planFor(name)).toEqual([]);
});

test.each(['images/node14-app-debian10-buildkit', 'images/agnhost-2.39-arm64-buildinfo', 'official/nginx_alpine'])(
  '%s is built on a published image, but none itself',
  (name) => {
    expect(audited(name).verdict.isPublished).toBe(false);
  },
);

const ON_DEBIAN = "2026-08-24 48.2MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1787529600'";

/** An image on Debian that installs a server by itself, under the variable that the official image sets. */
function ownServer(variable: string, copy: string, start: string) {
  const steps = [
    `- ENV ${variable}`,
    '60MB RUN /bin/sh -c apt-get install -y server',
    `100MB ${copy}`,
    `- CMD ${start}`,
  ];
  const history = [ON_DEBIAN, ...steps.map((step) => `2026-09-10 ${step}`)].join('\n');
  return classifyImage(listedImage({ history }));
}

test.each([
  ['NGINX_VERSION=1.27.1', 'COPY site /usr/share/nginx/html # buildkit', '["nginx" "-g" "daemon off;"]'],
  ['NGINX_VERSION=1.27.1', 'COPY /build/dist /srv/site # buildkit', '["nginx" "-g" "daemon off;"]'],
  ['PHP_VERSION=8.3.1', 'COPY . /opt/shop # buildkit', '["php-fpm"]'],
  ['PHP_VERSION=8.3.1', 'COPY --chown=www-data src/ ./ # buildkit', '["php-fpm"]'],
  ['TOMCAT_VERSION=10.1.59', 'COPY shop.war /usr/local/tomcat/webapps/ # buildkit', '["catalina.sh" "run"]'],
  ['PYTHON_VERSION=3.12.1', '/bin/sh -c #(nop) COPY dir:1b2c3d in /app ', '["python3"]'],
])('an image is none that is published if it has a program of its own: %s, %s', (variable, copy, start) => {
  const { isPublished, runtimeLayers, layers } = ownServer(variable, copy, start);
  expect(isPublished).toBe(false);
  expect(runtimeLayers).not.toBe(layers.length);
});

test('scripts and settings of a publisher are no program', () => {
  const copies = [
    'docker-entrypoint.sh /',
    'config/ /etc/nginx/',
    '/target/ /',
    'docker-entrypoint.sh $HOME/',
    'C:\\go C:\\go',
  ];
  for (const copy of copies.map((paths) => `COPY ${paths}`))
    expect(ownServer('NGINX_VERSION=1.27.1', copy, '["nginx" "-g" "daemon off;"]').isPublished).toBe(true);
});

test.each([
  ['1.31.5', true],
  ['1.9.12-1~jessie', true],
  ['1.22.1-9+deb12u1', false],
  ['1.18.0-6ubuntu14', false],
  ['1.26.3-r0', false],
])("nginx %s is of its publisher, and not a distribution's package: %s", (version, isPublished) => {
  const { isPublished: isItself } = ownServer(
    `NGINX_VERSION=${version}`,
    'COPY nginx.conf /etc/nginx/',
    '["nginx" "-g" "daemon off;"]',
  );
  expect(isItself).toBe(isPublished);
});

test('the Dockerfile for a published image is for a program on it, and repeats none of its steps', () => {
  const image = audited('official/node_22-bookworm');
  const { dockerfile = '' } = generateDockerfile(image, 'slim-base', '2026-11-24');
  expect(dockerfile).toContain('FROM node:22-trixie-slim AS build\nWORKDIR /app\nCOPY package.json');
  expect(dockerfile).not.toMatch(/docker-entrypoint|nodejs\.org|apt-get/);
});

test("the shell that a compiler's image starts is to work in: the program needs none", () => {
  const { dockerfile = '' } = generateDockerfile(audited('official/golang_1.26-bookworm'), 'alpine-base', '2026-11-24');
  expect(dockerfile).toContain('FROM alpine:');
  expect(dockerfile).not.toContain('bash');
});

test('a compiler, as published, has no bare distribution for its slimmer variant: nothing would be compiled on that', () => {
  const { verdict } = audited('official/golang_1.26-bookworm');
  const { slimmer } = baseFactsOf(verdict, { bases: [], knowledge: knowledgeOf([]), today: '2026-11-24' });
  expect(slimmer?.reference).toBe('golang:1.26-alpine');
});
