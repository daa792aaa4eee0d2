import { describe, expect, test } from 'vitest';
import type { ImageVerdict } from '../../../src/classify/verdict.ts';
import { measureImage } from '../../../src/deep/measure-image.ts';
import { auditedImage } from '../../support/audited-image.ts';
import { file, layerOf, whiteout } from './layers.ts';

type Distro = NonNullable<ImageVerdict['distro']>['value'];

const BASE = { name: 'base', says: 'layer-chain' };

/** The distribution of an image that the classifier takes for `known`, and whose os-release names `id` and `versionId`. */
function verdictOf(known: Distro | undefined, id: string, versionId: string) {
  const image = auditedImage({ base: [{}], own: [] });
  const { distro: _none, ...others } = image.verdict;
  const verdict = { ...others, signals: [BASE] };
  const judged: ImageVerdict = known
    ? { ...verdict, distro: { value: known, confidence: 'inferred', evidence: 'history' } }
    : verdict;
  const path = 'etc/os-release';
  const layer = layerOf([file(path, 'ID=')], { releases: [{ path, id, versionId }] });
  return measureImage({ ...image, verdict: judged }, [layer]).image.verdict;
}

const PROVEN = { confidence: 'proven', evidence: 'os-release' };

describe('the distribution is what os-release says', () => {
  test.each([
    ['nothing was known', undefined, 'debian', '12', { value: { id: 'debian', version: '12' }, ...PROVEN }],
    [
      'it says more',
      { id: 'alpine', version: '3.20' },
      'alpine',
      '3.20.3',
      { value: { id: 'alpine', version: '3.20.3' }, ...PROVEN },
    ],
    [
      'another was inferred',
      { id: 'alpine' },
      'wolfi',
      '20230201',
      { value: { id: 'wolfi', version: '20230201' }, ...PROVEN },
    ],
    ['it has no version', undefined, 'arch', '', { value: { id: 'arch' }, ...PROVEN }],
    ['history tells the version closer', { id: 'centos', version: '7.6' }, 'centos', '7', { confidence: 'inferred' }],
    [
      'history tells a version that only begins alike',
      { id: 'centos', version: '76' },
      'centos',
      '7',
      { value: { id: 'centos', version: '7' }, ...PROVEN },
    ],
    ['it has no version, but history', { id: 'debian', version: '12' }, 'debian', '', { confidence: 'inferred' }],
    ['it is no name', { id: 'debian' }, 'Debian\ud800', '12', { confidence: 'inferred' }],
    ['it is no version', { id: 'debian' }, 'debian', '12 <b>', { confidence: 'inferred' }],
    ['its version is too long', { id: 'debian' }, 'debian', '1'.repeat(65), { confidence: 'inferred' }],
    ['it has no name', undefined, '', '12', undefined],
  ] as const)('%s', (_case, known, id, versionId, distro) => {
    const verdict = verdictOf(known, id, versionId);
    if (distro) expect(verdict.distro).toEqual(expect.objectContaining(distro));
    else expect(verdict.distro).toBeUndefined();
  });

  test.each([
    ['debian', [BASE, { name: 'distro', says: 'os-release' }]],
    ['', [BASE]],
  ])('and it is among the signals if it says something: %j', (id, signals) => {
    expect(verdictOf({ id: 'debian' }, id, '12').signals).toEqual(signals);
  });
});

test("waste is what the image's own layers hide; sizes are those of the tar files", () => {
  const image = auditedImage({ base: [{}, {}], own: [{}] });
  const layers = [
    layerOf([file('a', 'x'.repeat(30)), file('b', 'y'.repeat(7))], { tarBytes: 2_048 }),
    layerOf([whiteout('b')], { tarBytes: 1_024 }),
    layerOf([whiteout('a')], { tarBytes: 512 }),
  ];
  const { image: measured, ...rest } = measureImage(image, layers);
  expect(rest).toMatchObject({ uncompressedBytes: 3_584, wastedBytes: 30, stack: { wastedBytes: 37 } });
  expect(measured.contents).toHaveLength(3);
});
