import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import type { KnownBase } from '../../../src/classify/verdict.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, pairImage } from '../../support/audited-image.ts';

const TODAY = '2026-11-24';
const CONTEXT = { bases: [], knowledge: knowledgeOf([]), today: TODAY };

test.each([
  ['node', '22.4.0', { slimmer: { reference: 'node:22-bookworm-slim', compressedBytes: 79_893_445 } }],
  ['node', '20.1.0', { ended: [{ name: 'node 20', endOfLife: '2026-04-30' }] }],
  ['python', '3.12.1', { slimmer: { reference: 'python:3.12-slim', compressedBytes: 43_188_023 } }],
  ['go', '1.26.1', { slimmer: { reference: 'debian:trixie-slim', compressedBytes: 29_830_418 } }],
  ['perl', '5.40', {}],
] as const)('of the base of a program in %s %s is known: %j', (runtime, runtimeVersion, facts) => {
  expect(baseFactsOf(auditedImage({ runtime, runtimeVersion }).verdict, CONTEXT)).toEqual(facts);
});

test.each([
  ['debian', '12', 'debian:bookworm-slim'],
  ['debian', '12.5', 'debian:bookworm-slim'],
  ['debian', '11', undefined],
  ['debian', undefined, undefined],
  ['ubuntu', '12.04', undefined],
  ['alpine', '3.24.1', 'alpine:3.24'],
  ['alpine', '3', undefined],
])('of %s %s without a runtime the slimmer base is %s', (id, version, reference) => {
  const distro = { value: { id, ...(version ? { version } : {}) }, confidence: 'inferred', evidence: '' } as const;
  const verdict = { ...auditedImage({}).verdict, distro, runtime: undefined };
  expect(baseFactsOf(verdict, CONTEXT).slimmer?.reference).toBe(reference);
});

test('one finding names both the distribution and the runtime that ended', () => {
  const image = auditedImage({ runtime: 'dotnet', runtimeVersion: '6.0.36', distro: { id: 'debian', version: '11' } });
  const baseFacts = baseFactsOf(image.verdict, CONTEXT);
  const finding = findingsOf({ ...image, baseFacts }).find(({ rule }) => rule === 'end-of-life-base');
  expect(finding?.message).toBe(
    'debian 11 has had no fixes since 2026-08-31, and dotnet 6 has had no fixes since 2024-11-12: move to a supported release',
  );
  expect(finding?.evidence).toEqual([{ subject: 'debian 11' }, { subject: 'dotnet 6' }]);
});

test('the finding on a full base states its bytes once a slimmer base is known', () => {
  const image = pairImage('node-single-stage');
  const own = { ...slim, version: '20.20.2' };
  const baseFacts = baseFactsOf(image.verdict, { ...CONTEXT, knowledge: knowledgeOf([own]) });
  const finding = findingsOf({ ...image, baseFacts }).find(({ rule }) => rule === 'fat-base');
  expect(finding?.bytes).toEqual({ min: 196_174_343, max: 196_174_343 });
});

const base = (references: readonly string[], ...moved: readonly (readonly [string, number])[]): KnownBase => ({
  references,
  digest: digestOf(references.join()),
  layerCount: 1,
  origin: 'catalogue',
  newerBuilds: moved.map(([reference, ageDays]) => ({ reference, createdAt: '2026-11-01T00:00:00Z', ageDays })),
});

test.each<[string, readonly string[] | null, readonly KnownBase[], object | undefined]>([
  ['its tag moved on', ['os:13'], [base(['os:13'], ['os:13', 40])], { reference: 'os:13', ageDays: 40 }],
  [
    'all its tags moved on: told is the first',
    ['os:13', 'os:stable'],
    [base(['os:13', 'os:stable'], ['os:13', 40], ['os:stable', 9])],
    { reference: 'os:stable', ageDays: 9 },
  ],
  ['one of its tags stayed', ['os:13', 'os:13.1'], [base(['os:13', 'os:13.1'], ['os:13', 40])], undefined],
  [
    'the same layers were built again under its tag',
    ['os:13'],
    [base(['os:13'], ['os:13', 40]), { ...base(['os:13']), digest: digestOf('again') }],
    undefined,
  ],
  ['only a shorter chain moved on', ['os:13'], [{ ...base(['os:13'], ['os:13', 40]), layerCount: 2 }], undefined],
  ['nobody knows its name', ['os:13'], [], undefined],
  ['its base is unknown', null, [base(['os:13'], ['os:13', 40])], undefined],
])('a base is stale or not: %s', (_, baseNames, bases, expected) => {
  const image = auditedImage({ baseNames });
  const baseFacts = baseFactsOf(image.verdict, { ...CONTEXT, bases });
  const finding = findingsOf({ ...image, baseFacts }).find(({ rule }) => rule === 'stale-base');
  if (expected) expect(baseFacts.newerBuild).toMatchObject(expected);
  else expect(baseFacts.newerBuild).toBeUndefined();
  expect(finding !== undefined).toBe(expected !== undefined);
});

const slim = {
  reference: 'library/node:20-slim',
  runtime: 'node',
  variant: 'slim',
  distro: 'debian',
  compressedBytes: 71_111_021,
  measured: true,
} as const;
