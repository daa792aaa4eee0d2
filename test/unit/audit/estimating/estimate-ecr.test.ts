import { beforeAll, expect, test } from 'vitest';
import type { Inventory, RepositoryCounts } from '../../../../src/audit/estimating/count-inventory.ts';
import { estimateEcr } from '../../../../src/audit/estimating/estimate-ecr.ts';
import { digestOf } from '../../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../../src/oci/media-type.ts';
import { parseRegistryHost, parseTag } from '../../../../src/oci/reference.ts';
import { ecrRegistryHost } from '../../../../src/registry/ecr/hosts.ts';
import type { EcrSource } from '../../../../src/settings/settings.ts';
import { defaultSettings } from '../../../support/audits.ts';

let source: EcrSource;
beforeAll(async () => {
  const { sourceDefaults } = await defaultSettings();
  source = { ...sourceDefaults, kind: 'ecr', name: 'prod', regions: ['eu-west-1'], dedup: 'repository' };
});

const registry = parseRegistryHost(ecrRegistryHost({ account: '123456789012', region: 'eu-west-1' }));
const tagged = { tag: parseTag('1'), digest: digestOf('tagged'), mediaType: MEDIA_TYPE.ociManifest };
const index = { tag: parseTag('2'), digest: digestOf('index'), mediaType: MEDIA_TYPE.ociIndex };
const child = { digest: digestOf('child'), mediaType: MEDIA_TYPE.ociManifest, artifactType: MEDIA_TYPE.ociConfig };
const chart = {
  tag: parseTag('3'),
  digest: digestOf('chart'),
  artifactType: 'application/vnd.cncf.helm.config.v1+json',
};

/** One registry of these repositories. */
function of(
  ...repositories: readonly Pick<RepositoryCounts, 'images' | 'fresh'>[]
): Pick<Inventory, 'listed' | 'repositories'> {
  return {
    listed: new Map([[registry, repositories.length]]),
    repositories: repositories.map((counts) => ({ registry, layers: 0, ...counts })),
  };
}

test('images and attestations cost a blob each; charts and indexes none', () => {
  const { operations, total } = estimateEcr(of({ images: 4, fresh: [tagged, index, child, chart] }), source);
  expect(operations).toEqual({
    DescribeRepositories: { min: 1, max: 1 },
    DescribeImages: { min: 1, max: 1 },
    ListTagsForResource: { min: 1, max: 1 },
    GetAccountSetting: { min: 1, max: 1 },
    BatchGetImage: { min: 1, max: 1 },
    GetDownloadUrlForLayer: { min: 2, max: 2 },
    GetBlob: { min: 2, max: 2 },
  });
  expect(total).toEqual({ min: 9, max: 9 });
});

test('what is tagged as a signature may cost no blob', () => {
  const signature = { ...child, tag: parseTag(`${tagged.digest.replace(':', '-')}.sig`) };
  const { operations } = estimateEcr(of({ images: 2, fresh: [tagged, signature] }), source);
  expect(operations).toMatchObject({ BatchGetImage: { min: 1, max: 1 }, GetBlob: { min: 1, max: 2 } });
});

test('without provenance the estimate is exact', () => {
  const { total } = estimateEcr(of({ images: 2, fresh: [tagged, child] }), { ...source, provenance: false });
  expect(total.min).toBe(total.max);
});

test('with a selection of tags, or in full, the children of an index are extra: one per platform, and its attestation', () => {
  for (const change of [{ newest: 1 }, { full: true }]) {
    const { operations } = estimateEcr(of({ images: 300, fresh: [index] }), { ...source, ...change });
    expect(operations.GetBlob).toEqual({ min: 0, max: 2 });
  }
});

test('each region costs requests, also one without repositories', () => {
  const regions = ['eu-west-1', 'us-east-1'];
  for (const [full, min] of [
    [false, 0],
    [true, 2],
  ] as const)
    expect(estimateEcr({ listed: new Map(), repositories: [] }, { ...source, regions, full }).operations).toEqual({
      DescribeRepositories: { min: 2, max: 2 },
      GetAccountSetting: { min, max: 2 },
    });
});

test('a manifest in two repositories is read once or twice, its blobs once', () => {
  const both = of({ images: 1, fresh: [tagged] }, { images: 1, fresh: [tagged] });
  const { operations } = estimateEcr(both, source);
  expect(operations).toMatchObject({ BatchGetImage: { min: 1, max: 2 }, GetBlob: { min: 1, max: 1 } });
  const full = estimateEcr(both, { ...source, full: true });
  expect(full.operations).toMatchObject({ BatchGetImage: { min: 2, max: 2 }, GetBlob: { min: 1, max: 1 } });
});

test('all repositories are listed, including those that are not audited', () => {
  const { operations } = estimateEcr({ ...of({ images: 1, fresh: [] }), listed: new Map([[registry, 5000]]) }, source);
  expect(operations).toMatchObject({
    DescribeRepositories: { min: 5, max: 5 },
    ListTagsForResource: { min: 1, max: 1 },
  });
});
