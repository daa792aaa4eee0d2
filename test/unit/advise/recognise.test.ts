import { expect, test } from 'vitest';
import { recogniseTechniques, savedByPart, undoneTechniques } from '../../../src/advise/recognise.ts';
import { diffImages } from '../../../src/measure/compare.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type LayerSketch, pairImage } from '../../support/audited-image.ts';

function build(name: string) {
  const image = pairImage(name);
  return { image, findings: findingsOf(image) };
}

test.each([
  [
    'node-single-stage',
    'node-multi-stage-slim',
    ['multi-stage', 'slim-base', 'minimal-packages', 'clean-up', 'dockerignore', 'layer-order'],
  ],
  [
    'python-single-stage',
    'python-multi-stage-slim',
    ['multi-stage', 'slim-base', 'minimal-packages', 'clean-up', 'dockerignore', 'layer-order'],
  ],
  ['go-single-stage', 'go-multi-stage-alpine', ['multi-stage', 'alpine-base', 'clean-up', 'dockerignore']],
  ['go-single-stage', 'go-multi-stage-scratch', ['multi-stage', 'scratch-base', 'clean-up', 'dockerignore']],
  ['go-multi-stage-alpine', 'go-multi-stage-scratch', ['scratch-base']],
  ['go-multi-stage-alpine', 'go-multi-stage-alpine', []],
])('from %s to %s', (before, after, techniques) => {
  const recognised = recogniseTechniques(build(before), build(after));
  expect(recognised.map(({ technique }) => technique)).toEqual(techniques);
});

test('a build that grew undid techniques, and applied none', () => {
  const [before, after] = [build('node-multi-stage-slim'), build('node-single-stage')];
  expect(recogniseTechniques(before, after)).toEqual([]);
  const undone = undoneTechniques(before, after);
  expect(undone.map(({ technique }) => technique)).toEqual(
    recogniseTechniques(after, before).map(({ technique }) => technique),
  );
  expect(undone.find(({ technique }) => technique === 'clean-up')?.evidence).toBe('found: npm-cache');
  expect(undone.find(({ part }) => part === 'base')?.evidence).toMatch(/-slim.* → [^-]*$/);
});

test('a larger base is no technique, whatever its variant', () => {
  const [nothing, alpine] = [build('go-multi-stage-scratch'), build('go-multi-stage-alpine')];
  expect(recogniseTechniques(nothing, alpine)).toEqual([]);
  expect(undoneTechniques(nothing, alpine).map(({ technique }) => technique)).toEqual(['scratch-base']);
});

test("a JRE in place of a JDK is another base, and no second stage: the compiler was the base's", () => {
  const drawn = (variant: 'jdk' | 'jre', bytes: number) => {
    const image = auditedImage({
      base: [{ instruction: 'ADD rootfs.tar /' }, { instruction: `RUN /bin/sh -c tar -xf ${variant}.tar`, bytes }],
      baseNames: [`library/eclipse-temurin:17-${variant}`],
      variant,
      runtime: 'java',
      own: [{ instruction: 'COPY app.jar /app.jar' }],
    });
    return { image, findings: findingsOf(image) };
  };
  const before = drawn('jdk', 160_000_000);
  expect(before.findings.map(({ rule }) => rule)).toContain('build-tools');
  const recognised = recogniseTechniques(before, drawn('jre', 85_000_000));
  expect(recognised.map(({ technique }) => technique)).toEqual(['slim-base']);
});

test('tools that a step of the image used are gone by a second stage', () => {
  const compiler: LayerSketch = { instruction: 'RUN apt-get install -y gcc', class: 'build-tools', bytes: 60_000_000 };
  const drawn = (...own: readonly LayerSketch[]) => {
    const image = auditedImage({ runtime: 'node', own });
    return { image, findings: findingsOf(image) };
  };
  const recognised = recogniseTechniques(drawn(compiler), drawn());
  expect(recognised.map(({ technique }) => technique)).toContain('multi-stage');
});

test.each([
  [70_000_000, []],
  [200_000_000, ['slim-base']],
])('a move from an unknown base counts if the image, of %i bytes before, became smaller', (bytes, techniques) => {
  const unknown = auditedImage({ base: [{ bytes }], baseNames: null, runtime: 'node' });
  const slim = auditedImage({ base: [{ bytes: 85_000_000 }], variant: 'slim', runtime: 'node' });
  const recognised = recogniseTechniques({ image: unknown, findings: [] }, { image: slim, findings: [] });
  expect(recognised.map(({ technique }) => technique)).toEqual(techniques);
});

test('the base and the rest explain the whole gain', () => {
  const [before, after] = [build('node-single-stage'), build('node-multi-stage-slim')];
  const saved = savedByPart(before, after);
  expect((saved?.base ?? 0) + (saved?.own ?? 0)).toBe(-diffImages(before.image, after.image).changedBytes);
  expect(saved?.base).toBe(267_285_364 - 71_109_069);
});

test('bytes are not split into parts if it is unknown where a base ends', () => {
  const unknown = { image: auditedImage({ baseNames: null }), findings: [] };
  expect(savedByPart(build('node-single-stage'), unknown)).toBeUndefined();
});
