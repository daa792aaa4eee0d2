import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const MB = 1_000_000;

test.each<[string, Pick<ImageSketch, 'distro'>, string]>([
  ['on Alpine, on which the program runs already', { distro: { id: 'alpine' } }, 'eclipse-temurin:21-jre-alpine'],
  ['on Ubuntu', { distro: { id: 'ubuntu', version: '24.04' } }, 'eclipse-temurin:21-jre'],
])('a program on a JDK %s is advised to move to the JRE there', (_, more, base) => {
  const image = auditedImage({
    runtime: 'java',
    runtimeVersion: '21.0.8',
    variant: 'jdk',
    baseNames: ['library/eclipse-temurin:21-jdk'],
    runtimeLayers: 1,
    base: [{ instruction: 'ADD rootfs.tar /', bytes: 230 * MB }],
    own: [{ ...copy('target/app.jar /app.jar'), bytes: 40 * MB }],
    config: { Entrypoint: ['java', '-jar', '/app.jar'] },
    ...more,
  });
  const { plan } = adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
  expect(plan.at(-1)?.projection.base).toBe(base);
});

test.each([
  ['21.0.8', 'distroless-base'],
  ['17.0.15', 'alpine-base'],
])('the advised base of Java %s is one that the Dockerfile can start from: %s', (runtimeVersion, technique) => {
  const image = auditedImage({
    runtime: 'java',
    runtimeVersion,
    variant: 'jdk',
    baseNames: ['library/maven:3-eclipse-temurin-17'],
    runtimeLayers: 1,
    base: [{ instruction: 'ADD rootfs.tar /', bytes: 400 * MB }],
    own: [{ ...run('mvn package'), bytes: 10 * MB }],
    config: { Cmd: ['java', '-jar', 'target/app.jar'] },
  });
  const { plan } = adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
  expect(plan.at(-1)?.technique).toBe(technique);
});

test('a jar without libraries in it is linked as well: jdeps fails on an empty class path', () => {
  const own = [copy('. .'), run('mvn package')];
  const text = dockerfile({ runtime: 'java', runtimeVersion: '17.0.15', own }, 'alpine-base');
  expect(text).toContain("--class-path \".:$(find . -name '*.jar'");
});

test.each<[string, number]>([
  ['21.0.8', 22],
  ['8u462', 63],
])(
  'on Alpine, Java %s takes at least %d MB: jlink leaves out modules, which are in Java from release 9 on',
  (runtimeVersion, least) => {
    const image = auditedImage({
      runtime: 'java',
      runtimeVersion,
      variant: 'jdk',
      base: [{ instruction: 'ADD rootfs.tar /', bytes: 230 * MB }],
      own: [{ ...copy('target/app.jar /app.jar'), bytes: 10 * MB }],
      config: { Entrypoint: ['java', '-jar', '/app.jar'] },
    });
    const { alone, plan } = adviseImage(image, findingsOf(image), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
    const onAlpine = alone.find(({ techniques }) => techniques.includes('alpine-base'));
    expect(Math.round((onAlpine?.after.min ?? 0) / MB)).toBe(least + 10);
    expect(onAlpine?.after.max).toBeGreaterThan(84 * MB);
    expect(plan.map(({ technique }) => technique)).not.toContain('alpine-base');
  },
);
