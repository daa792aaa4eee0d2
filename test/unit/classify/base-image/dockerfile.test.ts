import { expect, test } from 'vitest';
import { readDockerfile } from '../../../../src/classify/base-image/dockerfile.ts';

test.each<[string, string, string | undefined, boolean | undefined, Record<string, string>?]>([
  ['one stage', 'FROM node:20\nCOPY . .', 'library/node:20', false],
  ['two stages', 'FROM golang AS build\nFROM alpine:3.20\nCOPY --from=build /a /a', 'library/alpine:3.20', true],
  ['an unused stage', 'FROM golang AS test\nFROM alpine:3.20\nCOPY a /a', 'library/alpine:3.20', false],
  ['a stage on a stage', 'FROM node:20 AS deps\nFROM deps\nCOPY . .', 'library/node:20', true],
  ['a stage that is called like its image', 'FROM alpine AS alpine', 'library/alpine', false],
  [
    'a name that a later stage takes, too',
    'FROM node:20 AS deps\nFROM deps\nFROM nginx AS deps',
    'library/nginx',
    false,
  ],
  ['a target', 'FROM node:20 AS dev\nFROM nginx', 'library/node:20', false, { target: 'dev' }],
  ['a variable', 'ARG V=18\nFROM node:$' + '{V}-slim', 'library/node:18-slim', false],
  ['a build argument', 'ARG V=18\nFROM node:$V', 'library/node:20', false, { 'build-arg:V': '20' }],
  ['a hidden variable', 'ARG BASE\nFROM $BASE', undefined, false],
  [
    'a platform and a digest',
    `FROM --platform=$BUILDPLATFORM alpine@sha256:${'0'.repeat(64)}`,
    'library/alpine',
    false,
  ],
  ['a mount', 'FROM alpine\nRUN --mount=type=bind,from=tools,target=/t /t/run', 'library/alpine', true],
  ['a broken line', 'from alpine AS a\nFROM \\\n  scratch\nCOPY --from=a /b /', 'scratch', true],
  [
    'here-documents that say FROM',
    'FROM postgres:16\nCOPY <<EOF /init.sql\nSELECT *\nFROM users\nEOF\nRUN <<-"END" cat > Dockerfile <<X\nFROM a\n\tEND\nX',
    'library/postgres:16',
    false,
  ],
  [
    'a comment within a broken line',
    'FROM alpine AS a\nRUN x && \\\n# FROM nobody\n\n  y\nFROM debian',
    'library/debian',
    false,
  ],
  ['a back quote that breaks lines', '# escape=`\nFROM a AS b\nCOPY x c:\\\nFROM `\n  b', 'library/a', true],
  [
    'from= that is no flag',
    'FROM alpine\nRUN fetch --from=eu "https://example.com/?a=1,from=2"',
    'library/alpine',
    false,
  ],
  [
    'arguments made of arguments',
    'ARG V=20 OS="alpine"\nARG TAG=$V-$OS\nFROM node:$TAG',
    'library/node:20-alpine',
    false,
  ],
  ['a stage hidden by the platform', 'FROM a AS b-amd64\nFROM c AS b-arm64\nFROM b-$TARGETARCH', undefined, undefined],
  ['a context in place of an image', 'FROM alpine', undefined, false, { 'context:alpine': 'docker-image://busybox' }],
])('%s', (_, text, base, multiStage, args = {}) => {
  expect(readDockerfile(text, args)).toEqual({ base, multiStage });
});

test('a text without FROM has no stages', () => {
  expect(readDockerfile('RUN make', {})).toBeUndefined();
  expect(readDockerfile('FROM alpine', { target: 'missing' })).toBeUndefined();
});

test('reads a long chain of stages in linear time', () => {
  const stages = Array.from({ length: 50_000 }, (_, at) => (at === 0 ? 'FROM a AS s0' : `FROM s${at - 1} AS s${at}`));
  expect(readDockerfile(stages.join('\n'), {})).toEqual({ base: 'library/a', multiStage: true });
});

test('cuts variables that double, and takes linear time for openings of variables', () => {
  const doubled = Array.from({ length: 40 }, (_, at) => `ARG V${at + 1}=$V${at}$V${at}`);
  const { base = '' } = readDockerfile(['ARG V0=abcd', ...doubled, 'FROM $V40'].join('\n'), {}) ?? {};
  expect(base).toMatch(/^library\/(?:abcd){100,300}$/);
  expect(readDockerfile(`FROM ${'${a-'.repeat(200_000)}`, {})).toEqual({ multiStage: false });
});
