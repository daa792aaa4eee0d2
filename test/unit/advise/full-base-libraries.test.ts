import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { librariesOfFullBase } from '../../../src/advise/full-base-libraries.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { run } from '../../support/dockerfiles.ts';

const MB = 1_000_000;

function image(packages: string, more: ImageSketch = {}) {
  return auditedImage({
    runtime: 'node',
    runtimeVersion: '22.20.0',
    variant: 'full',
    distro: { id: 'debian', version: '12' },
    baseNames: ['library/node:22-bookworm'],
    runtimeLayers: 1,
    base: [{ instruction: 'ADD rootfs.tar /', bytes: 400 * MB }],
    own: [{ ...run(`apt-get update && apt-get install -y ${packages}`), bytes: 4 * MB, class: 'os-packages' }],
    ...more,
  });
}

test.each([
  ['nginx', 2.4],
  ['graphviz cron', 18.4],
  ['libvips42 ffmpeg', 45],
  ['build-essential', 0],
])('packages bring libraries that a full base has: %s', (packages, megabytes) => {
  expect(librariesOfFullBase(viewImage(image(packages)))).toBeCloseTo(megabytes * MB);
});

test.each<[string, ImageSketch]>([
  ['a slim base', { variant: 'slim' }],
  ['Alpine', { variant: 'alpine', distro: { id: 'alpine' } }],
  ['a runtime whose full image is on something else', { runtime: 'java' }],
  ['a distribution with nothing above it', { runtimeLayers: null }],
])('on %s there is nothing to miss', (_, more) => {
  expect(librariesOfFullBase(viewImage(image('nginx', more)))).toBe(0);
});

test('the upper end of a slim base has room for them, that of the present base and of Alpine has not', () => {
  const afterOf = (packages: string, technique: string) => {
    const audited = image(packages);
    const { alone } = adviseImage(audited, findingsOf(audited), knowledgeOf([]), { kind: 'reduction', ratio: 0.9 });
    return alone.find(({ techniques }) => techniques[0] === technique)?.after;
  };
  const [small, large] = [afterOf('cron', 'slim-base'), afterOf('libvips42', 'slim-base')];
  expect(large?.min).toBe(small?.min);
  expect((large?.max ?? 0) - (small?.max ?? 0)).toBeCloseTo((43 - 2.4) * MB);
  expect(afterOf('libvips42', 'alpine-base')).toEqual(afterOf('cron', 'alpine-base'));
});
