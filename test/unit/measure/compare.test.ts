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

test('every setting that differs is named, and then the variables that came, went or changed, in their order', () => {
  const config = (value: string, env: readonly string[]) => ({
    User: value,
    Entrypoint: [value],
    Cmd: [value],
    WorkingDir: `/${value}`,
    ExposedPorts: { [`${value.length}/tcp`]: {} },
    Env: [...env, 'SAME=1'],
  });
  const before = auditedImage({ config: config('old', ['WENT=1', 'CHANGED=1']) });
  const after = auditedImage({ config: config('newer', ['CHANGED=2', 'CAME=1']) });
  expect(diffImages(before, after).settings).toEqual([
    'user',
    'entrypoint',
    'cmd',
    'workingDir',
    'exposedPorts',
    'env CAME',
    'env CHANGED',
    'env WENT',
  ]);
});

test('a layer that occurs twice is kept as often as the other image has it', () => {
  const image = auditedImage({ base: [], own: [{ bytes: 5 }, { bytes: 5 }] });
  const diffIds = [0, 0].flatMap((at) => image.config.diffIds[at] ?? []);
  const twice = { ...image, config: { ...image.config, diffIds } };
  const once = auditedImage({ base: [], own: [{ bytes: 5 }] });
  const changes = (layers: readonly { change: string }[]) => layers.map(({ change }) => change);
  expect(changes(diffImages(twice, once).layers)).toEqual(['kept', 'gone']);
  expect(changes(diffImages(once, twice).layers)).toEqual(['kept', 'new']);
  expect(changes(diffImages(twice, twice).layers)).toEqual(['kept', 'kept']);
});

test('layers are equal by their content even if compressed anew, or by their digest where the config does not name each', () => {
  const before = auditedImage({ base: [], own: [{ bytes: 5 }, { bytes: 6 }] });
  const after = auditedImage({ base: [], own: [{ bytes: 4 }, { bytes: 6 }] });
  const unnamed = (image: typeof before) => ({
    ...image,
    config: { ...image.config, diffIds: image.config.diffIds.slice(1) },
  });
  expect(diffImages(before, after).keptBytes).toBe(11);
  expect(diffImages(unnamed(before), unnamed(after)).keptBytes).toBe(6);
});

test('classes are listed from the biggest reduction to the biggest growth, each layer with its instruction', () => {
  const image = (packages: number, modules: number, application: number) =>
    auditedImage({
      base: [],
      own: [
        { bytes: modules, class: 'dependencies', instruction: 'RUN npm ci' },
        { bytes: packages, class: 'os-packages', instruction: 'RUN apk add git' },
        { bytes: application, class: 'application', instruction: 'COPY . .' },
      ],
    });
  const { byClass, layers } = diffImages(image(90, 10, 3), image(10, 12, 3));
  expect(byClass).toEqual([
    { class: 'os-packages', changedBytes: -80 },
    { class: 'dependencies', changedBytes: 2 },
  ]);
  expect(layers.map(({ instruction }) => instruction)).toEqual(['RUN npm ci', 'RUN apk add git', 'COPY . .']);
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
