import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { type BaseAlternative, knowledgeOf } from '../../../src/advise/alternatives.ts';
import { projectTechniques } from '../../../src/advise/projection.ts';
import { subjectOf } from '../../../src/advise/subject.ts';
import type { TechniqueId } from '../../../src/advise/technique.ts';
import { pullBytes } from '../../../src/measure/pull-bytes.ts';
import type { AuditedImage } from '../../../src/policy/audited-image.ts';
import { findImage } from '../../../src/policy/find-image.ts';
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

test.each<[string, AuditedImage, string, readonly TechniqueId[], readonly BaseAlternative[]]>([
  [
    'Node.js on slim, the catalogue knows the base',
    pairImage('node-single-stage'),
    'node-multi-stage-slim',
    ['multi-stage', 'slim-base'],
    [NODE_20_SLIM],
  ],
  [
    'Node.js on slim, public sizes of another release',
    pairImage('node-single-stage'),
    'node-multi-stage-slim',
    ['multi-stage', 'slim-base'],
    [],
  ],
  ['Go on Alpine', pairImage('go-single-stage'), 'go-multi-stage-alpine', ['multi-stage', 'alpine-base'], []],
  ['Go on nothing', pairImage('go-single-stage'), 'go-multi-stage-scratch', ['multi-stage', 'scratch-base'], []],
])('the twin is as small as projected: %s', (_, fat, twin, techniques, alternatives) => {
  const findings = findImage(fat);
  const knowledge = knowledgeOf(alternatives);
  const projection = projectTechniques(subjectOf(fat, findings, knowledge), techniques);
  const real = pullBytes(pairImage(twin).manifest);
  expect(projection?.after.min).toBeLessThanOrEqual(real);
  expect(projection?.after.max).toBeGreaterThanOrEqual(real);
  const advice = adviseImage(fat, findings, knowledge, { kind: 'reduction', ratio: 0.9 });
  expect(advice.together.map(({ techniques: ids }) => ids)).toContainEqual(techniques);
});
