import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { readLab } from '../../support/lab.ts';

const cases = readLab().map((image) => ({ name: `${image.names[0]} ${image.input.config.architecture}`, ...image }));

describe.each(cases)('$name', ({ input, truth }) => {
  const verdict = classifyImage(input);
  const unaided = classifyImage({ ...input, bases: [] });

  test('base image by layers', () => {
    if (truth.baseRef === null) {
      expect(verdict.base.confidence).not.toBe('proven');
      expect(verdict.base.layerCount ?? 0).toBeGreaterThanOrEqual(truth.baseLayers);
      return;
    }
    expect(verdict.base).toMatchObject({
      confidence: 'proven',
      references: [truth.baseRef],
      layerCount: truth.baseLayers,
    });
  });

  test('base image without a catalogue: the truth, or the repository alone', () => {
    const { base } = unaided;
    const expected = truth.baseImage === 'scratch' ? 'scratch' : `library/${truth.baseImage}`;
    const names = base.confidence === 'unknown' ? [] : base.references;
    expect([expected, expected.split(':')[0]].some((name) => names.includes(name ?? ''))).toBe(true);
  });

  test('distribution and runtime', () => {
    expect(verdict.distro?.value.id ?? null).toBe(truth.distro);
    const version = verdict.distro?.value.version;
    if (version !== undefined) expect(`${truth.distroVersion}.`.startsWith(`${version}.`)).toBe(true);
    const { runtime } = verdict;
    if (runtime) {
      expect(runtime.value.name).toBe(truth.runtime);
      expect(truth.runtimeVersion?.startsWith(runtime.value.version ?? '')).toBe(true);
    }
  });

  test('stages and user', () => {
    const { multiStage } = verdict;
    expect(multiStage.value === 'unknown' || multiStage.value === (truth.multiStage ? 'yes' : 'no')).toBe(true);
    expect(verdict.runsAsRoot ?? truth.runsAsRoot).toBe(truth.runsAsRoot);
  });
});

test("proves every stage of the lab's images that can be proven", () => {
  const proven = cases.filter(({ input }) => classifyImage(input).multiStage.value === 'yes');
  expect(proven.map(({ name }) => name)).toEqual(cases.filter(({ truth }) => truth.multiStage).map(({ name }) => name));
});
