import { describe, expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { type BaseAlternative, type Knowledge, knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import { projectTechniques } from '../../../src/advise/projection.ts';
import { recogniseTechniques, savedByPart } from '../../../src/advise/recognise.ts';
import { subjectOf } from '../../../src/advise/subject.ts';
import type { TechniqueId } from '../../../src/advise/technique.ts';
import { diffImages } from '../../../src/measure/compare.ts';
import { pullBytes } from '../../../src/measure/pull-bytes.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import type { Goal } from '../../../src/policy/goal.ts';
import { pairImage } from '../../support/audited-image.ts';

const NODE_20_SLIM: BaseAlternative = {
  reference: 'library/node:20-slim',
  runtime: 'node',
  version: '20.20.2',
  variant: 'slim',
  distro: 'debian',
  compressedBytes: 71_111_021,
  measured: true,
};
const PYTHON_311_SLIM: BaseAlternative = {
  reference: 'library/python:3.11-slim',
  runtime: 'python',
  version: '3.11.7',
  variant: 'slim',
  distro: 'debian',
  compressedBytes: 54_759_308,
  measured: true,
};

interface Pair {
  readonly fat: string;
  readonly slim: string;
  /** The techniques that the slim image applies, and the fat one does not. */
  readonly techniques: readonly TechniqueId[];
  /** A goal whose plan is what the slim image does: no safer base reaches it. Alpine is never the safest for Go. */
  readonly goal?: Goal;
  /** A base in the audit's catalogue; if absent, the public sizes of other releases are used. */
  readonly known?: BaseAlternative;
}

const SLIM: readonly TechniqueId[] = ['multi-stage', 'slim-base'];
const NODE = { fat: 'node-single-stage', slim: 'node-multi-stage-slim', techniques: SLIM, goal: reduction(0.6) };
const PYTHON = { fat: 'python-single-stage', slim: 'python-multi-stage-slim', techniques: SLIM, goal: reduction(0.65) };
const GO = { fat: 'go-single-stage' };
const PAIRS: readonly (readonly [string, Pair])[] = [
  ['Node.js on slim, in the catalogue', { ...NODE, known: NODE_20_SLIM }],
  ['Node.js on slim, a public size of another release', NODE],
  ['Python on slim, in the catalogue', { ...PYTHON, known: PYTHON_311_SLIM }],
  ['Python on slim, the public size', PYTHON],
  ['Go on Alpine', { ...GO, slim: 'go-multi-stage-alpine', techniques: ['multi-stage', 'alpine-base'] }],
  [
    'Go on nothing',
    {
      ...GO,
      slim: 'go-multi-stage-scratch',
      techniques: ['multi-stage', 'scratch-base'],
      goal: { kind: 'size', bytes: 9_000_000 },
    },
  ],
];

function reduction(ratio: number): Goal {
  return { kind: 'reduction', ratio };
}

function judged(name: string, knowledge: Knowledge) {
  const image = pairImage(name);
  const baseFacts = baseFactsOf(image.verdict, { bases: [], knowledge, today: '2026-11-24' });
  return { image, findings: findingsOf({ ...image, baseFacts }) };
}

describe.each(PAIRS)('%s', (_, { fat, slim, techniques, known, goal }) => {
  const knowledge = knowledgeOf(known ? [known] : []);
  const before = judged(fat, knowledge);
  const after = judged(slim, knowledge);

  test("the slim twin's real size lies within the projection", () => {
    const projection = projectTechniques(subjectOf(before.image, before.findings, knowledge), techniques);
    const slimBytes = pullBytes(after.image.manifest);
    expect(projection?.after.min).toBeLessThanOrEqual(slimBytes);
    expect(projection?.after.max).toBeGreaterThanOrEqual(slimBytes);
  });

  test('advice names the techniques that the slim twin applies', () => {
    const { together, plan } = adviseImage(before.image, before.findings, knowledge, goal ?? reduction(0.9));
    expect(together.map(({ techniques: ids }) => ids)).toContainEqual(techniques);
    const named = plan.map(({ technique }) => technique);
    expect(named).toEqual(expect.arrayContaining([...(goal ? techniques : ['multi-stage'])]));
  });

  test('the difference is explained by its techniques', () => {
    const recognised = recogniseTechniques(before, after);
    const { changedBytes } = diffImages(before.image, after.image);
    expect(recognised.map(({ technique }) => technique)).toEqual(expect.arrayContaining([...techniques]));
    const saved = savedByPart(before, after);
    expect((saved?.base ?? 0) + (saved?.own ?? 0)).toBe(-changedBytes);
    for (const { part } of recognised) expect(saved?.[part]).toBeGreaterThan(0);
  });
});
