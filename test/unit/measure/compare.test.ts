import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffImages } from '../../../src/measure/compare.ts';
import { auditedImage, pairImage } from '../../support/audited-image.ts';

test('lists the layers that a slimmed image lost, gained and kept', () => {
  const diff = diffImages(pairImage('node-single-stage'), pairImage('node-multi-stage-slim'));
  expect(diff).toMatchObject({ oldBytes: 289_725_290, newBytes: 72_268_593, changedBytes: 72_268_593 - 289_725_290 });
  expect(diff.layers.filter(({ change }) => change === 'gone').map(({ bytes }) => bytes)).toContain(113_799_452);
  expect(diff.layers.filter(({ change }) => change === 'kept').map(({ bytes }) => bytes)).toContain(41_002_519);
  expect(diff.settings).toEqual(['user', 'cmd', 'env NODE_ENV']);
});

test('an image has no differences from itself', () => {
  const image = pairImage('go-single-stage');
  const diff = diffImages(image, image);
  expect(diff).toMatchObject({ changedBytes: 0, byClass: [], settings: [] });
  expect(diff.layers.every(({ change }) => change === 'kept')).toBe(true);
});

test('a base and an image on it differ by what the image adds alone', () => {
  const base = [{ instruction: 'RUN apt-get install -y gcc', bytes: 200 }];
  const diff = diffImages(
    auditedImage({ base: [], own: base }),
    auditedImage({ base, own: [{ instruction: 'COPY . .', bytes: 7 }] }),
  );
  expect(diff.byClass).toEqual([{ class: 'application', changedBytes: 7 }]);
  expect(diff.layers.map((layer) => layer.class)).toEqual(['base', 'application']);
});

test('shows names of variables but not their values', () => {
  const before = auditedImage({ config: { Env: ['DB_PASSWORD=hunter2hunter2'] } });
  const after = auditedImage({ config: { Env: ['DB_PASSWORD=correct-horse'] } });
  expect(diffImages(before, after).settings).toEqual(['env DB_PASSWORD']);
});

test('a health check with another command is a difference', () => {
  const checkedBy = (command: string) => auditedImage({ config: { Healthcheck: { Test: ['CMD', command] } } });
  expect(diffImages(checkedBy('/health'), checkedBy('/ready')).settings).toEqual(['healthcheck']);
});

const sizes = fc.array(fc.record({ bytes: fc.nat({ max: 1e9 }) }), { maxLength: 8 });

test('changes by layer and by class add up to the total', () => {
  fc.assert(
    fc.property(sizes, sizes, (oldLayers, newLayers) => {
      const before = auditedImage({ base: [], own: oldLayers });
      const after = auditedImage({ base: [], own: newLayers });
      const { layers, byClass, changedBytes } = diffImages(before, after);
      const sum = (kind: string) =>
        layers.filter(({ change }) => change === kind).reduce((all, { bytes }) => all + bytes, 0);
      const newKept = newLayers.slice(0, oldLayers.length).reduce((all, { bytes }) => all + bytes, 0);
      expect(sum('new') - sum('gone') + newKept - sum('kept')).toBe(changedBytes);
      expect(byClass.reduce((all, { changedBytes: bytes }) => all + bytes, 0)).toBe(changedBytes);
    }),
  );
});
