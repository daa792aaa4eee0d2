import { expect, test } from 'vitest';
import { readBuildHistory } from '../../../../src/classify/history/build-history.ts';
import { parseImageConfig } from '../../../../src/oci/image-config.ts';

/** Where the layers of steps are found. The steps: each with whether the history flags it as one without a layer. */
function layersOf(flags: Readonly<Record<string, boolean>>, layerCount: number) {
  const history = Object.entries(flags).map(([created_by, empty_layer]) => ({ created_by, empty_layer }));
  const read = readBuildHistory(parseImageConfig(JSON.stringify({ history })), layerCount);
  return { aligned: read.aligned, layers: read.steps.map((step) => step.layer) };
}

test("Buildah's single layer of a build begins where its first step does, not with the last, which has the base's name", () => {
  const history = [
    { created_by: 'ADD rootfs.tar / # buildkit', created: '2026-08-01T00:00:00Z' },
    { created_by: '/bin/sh -c #(nop) CMD ["bash"]', created: '2026-08-01T00:00:00Z', empty_layer: true },
    { created_by: '/bin/sh -c #(nop) WORKDIR /app', created: '2026-09-01T00:00:00Z', empty_layer: true },
    { created_by: '/bin/sh -c #(nop) COPY dir:2ebdd in /app ', created: '2026-09-01T00:00:01Z', empty_layer: true },
    { created_by: '/bin/sh -c make', created: '2026-09-01T00:10:00Z', empty_layer: true },
    { created_by: '/bin/sh -c #(nop) CMD ["app"]', created: '2026-09-01T00:10:01Z', comment: 'FROM acme/base:1' },
  ];
  const { aligned, steps } = readBuildHistory(parseImageConfig(JSON.stringify({ history })), 2);
  expect(aligned).toBe(true);
  expect(steps.map(({ layer }) => layer)).toEqual([0, undefined, undefined, undefined, undefined, 1]);
  expect(steps.map(({ comment }) => comment)).toEqual(['', '', 'FROM acme/base:1', '', '', '']);
  expect(steps.slice(2).every(({ tool }) => tool === 'buildah')).toBe(true);
});

test.each([
  ['correct flags are kept', { 'ADD a /': false, 'CMD ["a"]': true, 'RUN b': false }, [0, undefined, 1]],
  ['a flag on the wrong entry is corrected by the verbs', { 'COPY a /': true, 'CMD ["a"]': false }, [0, undefined]],
  [
    'missing flags are replaced by the verbs',
    { 'COPY a /': false, 'ENV A=1': false, 'CMD ["a"]': false },
    [0, undefined, undefined],
  ],
  ['a WORKDIR may have made a layer', { 'ADD a /': false, 'WORKDIR /app': false }, [0, 1]],
  ['a WORKDIR may have made none', { 'ADD a /': false, 'WORKDIR /app': true }, [0, undefined]],
])('%s', (_, flags, layers) => {
  const layerCount = layers.filter((layer) => layer !== undefined).length;
  expect(layersOf(flags, layerCount)).toEqual({ aligned: true, layers });
});

test('squashed layers have no step of their own', () => {
  const layers = [undefined, undefined, undefined];
  expect(layersOf({ 'ADD a /': false, 'RUN b': false, 'RUN c': false }, 1)).toEqual({ aligned: false, layers });
});

test('Docker before 1.10 made an empty layer of each setting', () => {
  const history = ['ADD a /', 'CMD ["a"]', 'RUN b'].map((created_by) => ({ created_by }));
  const diffIds = ['a'.repeat(64), '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef', 'b'.repeat(64)];
  const rootfs = { type: 'layers', diff_ids: diffIds.map((hex) => `sha256:${hex}`) };
  const read = readBuildHistory(parseImageConfig(JSON.stringify({ history, rootfs })), 3);
  expect(read).toMatchObject({ aligned: true, steps: [{ layer: 0 }, { layer: 1 }, { layer: 2 }] });
});

test('where kaniko makes a single layer (--single-snapshot), it stands with the last instruction, even a setting', () => {
  const history = [{ created_by: 'ADD rootfs.tar / # buildkit' }, { created_by: 'CMD ["app"]', author: 'kaniko' }];
  const read = readBuildHistory(parseImageConfig(JSON.stringify({ history })), 2);
  expect(read).toMatchObject({ aligned: true, steps: [{ layer: 0 }, { layer: 1 }] });
});
