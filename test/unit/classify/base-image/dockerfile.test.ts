import { expect, test } from 'vitest';
import { readDockerfile } from '../../../../src/classify/base-image/dockerfile.ts';

test.each([
  ['one stage', 'FROM node:20\nCOPY . .', {}, { base: 'library/node:20', multiStage: false }],
  [
    'two stages',
    'FROM golang AS build\nFROM alpine:3.20\nCOPY --from=build /a /a',
    {},
    { base: 'library/alpine:3.20', multiStage: true },
  ],
  [
    'an unused stage',
    'FROM golang AS test\nFROM alpine:3.20\nCOPY a /a',
    {},
    { base: 'library/alpine:3.20', multiStage: false },
  ],
  [
    'a stage on a stage',
    'FROM node:20 AS deps\nFROM deps\nCOPY . .',
    {},
    { base: 'library/node:20', multiStage: true },
  ],
  ['a target', 'FROM node:20 AS dev\nFROM nginx', { target: 'dev' }, { base: 'library/node:20', multiStage: false }],
  ['a variable', 'ARG V=18\nFROM node:$' + '{V}-slim', {}, { base: 'library/node:18-slim', multiStage: false }],
  [
    'a build argument',
    'ARG V=18\nFROM node:$V',
    { 'build-arg:V': '20' },
    { base: 'library/node:20', multiStage: false },
  ],
  ['a hidden variable', 'ARG BASE\nFROM $BASE', {}, { multiStage: false }],
  [
    'a platform and a digest',
    `FROM --platform=$BUILDPLATFORM alpine@sha256:${'0'.repeat(64)}`,
    {},
    { base: 'library/alpine', multiStage: false },
  ],
  [
    'a mount',
    'FROM alpine\nRUN --mount=type=bind,from=tools,target=/t /t/run',
    {},
    { base: 'library/alpine', multiStage: true },
  ],
  [
    'a broken line',
    'from alpine AS a\nFROM \\\n  scratch\nCOPY --from=a /b /',
    {},
    { base: 'scratch', multiStage: true },
  ],
])('%s', (_, text, args, expected) => {
  expect(readDockerfile(text, args)).toEqual(expected);
});

test('no FROM, no answer', () => {
  expect(readDockerfile('RUN make', {})).toBeUndefined();
  expect(readDockerfile('FROM alpine', { target: 'missing' })).toBeUndefined();
});
