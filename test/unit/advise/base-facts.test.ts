import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import { findImage } from '../../../src/policy/find-image.ts';
import { auditedImage, pairImage } from '../../support/audited-image.ts';

const TODAY = '2026-11-24';
const DEFAULTS = knowledgeOf([]);

test.each([
  ['node', '22.4.0', { slimmer: { reference: 'node:22-bookworm-slim', compressedBytes: 79_893_445 } }],
  ['node', '20.1.0', { ended: { name: 'node 20', endOfLife: '2026-04-30' } }],
  ['python', '3.12.1', { slimmer: { reference: 'python:3.12-slim', compressedBytes: 43_188_023 } }],
  ['go', '1.26.1', { slimmer: { reference: 'golang:1.26-alpine', compressedBytes: 71_399_963 } }],
  ['perl', '5.40', {}],
] as const)('%s %s', (runtime, runtimeVersion, facts) => {
  expect(baseFactsOf(auditedImage({ runtime, runtimeVersion }).verdict, DEFAULTS, TODAY)).toEqual(facts);
});

test('a fat base has its bytes at stake once a slimmer one is known', () => {
  const image = pairImage('node-single-stage');
  const own = { ...slim, version: '20.20.2' };
  const baseFacts = baseFactsOf(image.verdict, knowledgeOf([own]), TODAY);
  const finding = findImage({ ...image, baseFacts }).find(({ rule }) => rule === 'fat-base');
  expect(finding?.bytes).toEqual({ min: 196_174_343, max: 196_174_343 });
});

const slim = {
  reference: 'library/node:20-slim',
  runtime: 'node',
  variant: 'slim',
  distro: 'debian',
  compressedBytes: 71_111_021,
  measured: true,
} as const;
