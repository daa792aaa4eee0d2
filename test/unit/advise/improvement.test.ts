import { describe, expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { findImprovement } from '../../../src/advise/improvement.ts';
import { pullBytes } from '../../../src/measure/pull-bytes.ts';
import type { AuditedImage } from '../../../src/policy/audited-image.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, pairImage } from '../../support/audited-image.ts';

const build = (image: AuditedImage) => ({ image, findings: findingsOf(image) });
const between = (before: AuditedImage, after: AuditedImage) =>
  findImprovement(build(before), build(after), knowledgeOf([]));

describe('real builds', () => {
  test.each([
    ['node-single-stage', 'node-multi-stage-slim', ['multi-stage', 'slim-base']],
    ['go-single-stage', 'go-multi-stage-alpine', ['multi-stage', 'alpine-base']],
    ['go-single-stage', 'go-multi-stage-scratch', ['multi-stage', 'scratch-base']],
  ])('from %s to %s: what was saved lies within what was estimated', (before, after, countedAs) => {
    const [from, to] = [pairImage(before), pairImage(after)];
    const found = between(from, to);
    expect(found).toMatchObject({
      countedAs,
      guide: [0.7, 0.9],
      previousBytes: pullBytes(from.manifest),
      compressedBytes: pullBytes(to.manifest),
    });
    const saved = pullBytes(from.manifest) - pullBytes(to.manifest);
    expect(saved).toBeGreaterThanOrEqual(found?.estimated?.min ?? Number.POSITIVE_INFINITY);
    expect(saved).toBeLessThanOrEqual(found?.estimated?.max ?? 0);
  });

  test('there is no technique between a build and itself', () => {
    expect(between(pairImage('node-single-stage'), pairImage('node-single-stage'))).toBeUndefined();
  });
});

test('techniques that fix findings count where nothing else was done, without a range of the guide', () => {
  const install = 'RUN apt-get update && apt-get install -y curl # buildkit';
  const dirty = auditedImage({ own: [{ instruction: install, class: 'os-packages', bytes: 40_000_000 }] });
  const cleaned = `${install.replace(' # buildkit', '')} && rm -rf /var/lib/apt/lists/* # buildkit`;
  const clean = auditedImage({ own: [{ instruction: cleaned, class: 'os-packages', bytes: 21_000_000 }] });
  const found = between(dirty, clean);
  expect(found).toMatchObject({
    countedAs: ['clean-up'],
    baseSavedBytes: 0,
    previousBytes: 70_000_000,
    compressedBytes: 51_000_000,
  });
  expect(found).not.toHaveProperty('guide');
});
