import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateEcrCalls } from '../../../../src/registry/ecr/cost.ts';

test('a thousand new images cost two requests per config, and manifests in batches of 100', () => {
  const { requests, total } = estimateEcrCalls({
    listed: 1,
    repositories: [{ images: 1_000, newManifests: 1_000 }],
    newBlobs: 1_000,
    isChanged: true,
  });
  expect(requests).toMatchObject({
    DescribeRepositories: 1,
    DescribeImages: 1,
    ListTagsForResource: 1,
    BatchGetImage: 10,
  });
  expect(total).toBe(1 + 1 + 1 + 10 + 1_000 + 1_000 + 1);
});

test('an empty registry costs one request', () => {
  const { requests } = estimateEcrCalls({ listed: 0, repositories: [], newBlobs: 0, isChanged: false });
  expect(requests).toMatchObject({ DescribeRepositories: 1, DescribeImages: 0, BatchGetImage: 0 });
});

test('a night without changes costs only listings, by the thousand', () => {
  const repository = fc.record({ images: fc.nat(100_000), newManifests: fc.constant(0) });
  fc.assert(
    fc.property(fc.array(repository), (repositories) => {
      const { requests, total, quotaSeconds } = estimateEcrCalls({
        listed: repositories.length,
        repositories,
        newBlobs: 0,
        isChanged: false,
      });
      expect([requests.BatchGetImage, requests.GetDownloadUrlForLayer, requests.GetBlob, quotaSeconds]).toEqual([
        0, 0, 0, 0,
      ]);
      expect(requests.ListTagsForResource).toBe(repositories.length);
      expect(total).toBe(requests.DescribeRepositories + requests.DescribeImages + requests.ListTagsForResource);
      const images = repositories.reduce((sum, { images }) => sum + images, 0);
      expect(requests.DescribeImages * 1_000).toBeGreaterThanOrEqual(images);
      expect(requests.DescribeImages).toBeLessThanOrEqual(images / 1_000 + repositories.length);
    }),
  );
});

test('the time is at least what the API quotas allow', () => {
  const repositories = Array.from({ length: 10_000 }, () => ({ images: 100, newManifests: 100 }));
  expect(
    estimateEcrCalls({ listed: repositories.length, repositories, newBlobs: 600_000, isChanged: true }).quotaSeconds,
  ).toBe(200);
  expect(
    estimateEcrCalls({ listed: repositories.length, repositories, newBlobs: 0, isChanged: false }).quotaSeconds,
  ).toBe(5);
});
