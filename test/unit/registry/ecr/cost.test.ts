import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateEcrCalls, quotaSecondsOf } from '../../../../src/registry/ecr/cost.ts';

test('a thousand new images cost two requests per config, and manifests in batches of 100', () => {
  const requests = estimateEcrCalls({
    listed: 1,
    repositories: [{ images: 1_000, newManifests: 1_000 }],
    newBlobs: 1_000,
    isChanged: true,
  });
  expect(requests).toEqual({
    DescribeRepositories: 1,
    DescribeImages: 1,
    ListTagsForResource: 1,
    BatchGetImage: 10,
    GetDownloadUrlForLayer: 1_000,
    GetBlob: 1_000,
    GetAccountSetting: 1,
    ListPullTimeUpdateExclusions: 0,
  });
});

test('an empty registry costs one request', () => {
  const requests = estimateEcrCalls({ listed: 0, repositories: [], newBlobs: 0, isChanged: false });
  expect(requests).toMatchObject({ DescribeRepositories: 1, DescribeImages: 0, BatchGetImage: 0 });
});

test('a night without changes costs only listings, by the thousand', () => {
  const repository = fc.record({ images: fc.nat(100_000), newManifests: fc.constant(0) });
  fc.assert(
    fc.property(fc.array(repository), (repositories) => {
      const requests = estimateEcrCalls({
        listed: repositories.length,
        repositories,
        newBlobs: 0,
        isChanged: false,
      });
      const { DescribeRepositories: _, DescribeImages: __, ListTagsForResource: owners, ...others } = requests;
      expect(Object.values(others)).toEqual([0, 0, 0, 0, 0]);
      expect(owners).toBe(repositories.length);
      expect(quotaSecondsOf(requests)).toBe(0);
      const images = repositories.reduce((sum, { images }) => sum + images, 0);
      expect(requests.DescribeImages * 1_000).toBeGreaterThanOrEqual(images);
      expect(requests.DescribeImages).toBeLessThanOrEqual(images / 1_000 + repositories.length);
    }),
  );
});

test('the time is at least what the API quotas allow', () => {
  const repositories = Array.from({ length: 10_000 }, () => ({ images: 100, newManifests: 100 }));
  const secondsFor = (newBlobs: number): number =>
    quotaSecondsOf(estimateEcrCalls({ listed: repositories.length, repositories, newBlobs, isChanged: true }));
  expect([600_000, 0].map(secondsFor)).toEqual([200, 5]);
});
