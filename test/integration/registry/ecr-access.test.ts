import { expect, test } from 'vitest';
import { describeEcrAccess } from '../../../src/registry/ecr/access.ts';
import type { EcrOptions } from '../../../src/registry/ecr/options.ts';
import { INSTANT_CLOCK, UNLIMITED_GOVERNOR, useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';
import { image } from '../../support/image-builder.ts';

const ecr = useEcr();
const ROLE = 'arn:aws:iam::123456789012:role/slimboard-audit';

function describeAccess(fake: FakeEcr, options: Partial<EcrOptions> = {}) {
  return describeEcrAccess(
    {
      regions: ['eu-west-1'],
      endpoint: fake.url,
      teamKey: 'team',
      clock: INSTANT_CLOCK,
      governor: UNLIMITED_GOVERNOR,
      ...options,
    },
    {},
  );
}

async function statusesOf(results: ReturnType<typeof describeAccess>): Promise<Record<string, string>> {
  return Object.fromEntries((await results).map(({ subject, status }) => [subject, status]));
}

const ALL_WELL = {
  'ecr:DescribeRepositories': 'ok',
  'ecr:DescribeImages': 'ok',
  'ecr:BatchGetImage': 'ok',
  'ecr:GetDownloadUrlForLayer': 'ok',
  'ecr:ListTagsForResource': 'ok',
  'ecr:GetAccountSetting': 'ok',
  'pull-time exclusion': 'ok',
};

test('permissions and the exclusion are checked without pulling an image', async () => {
  const fake = await ecr.start({ pullTimeExclusions: [ROLE] });
  const app = image();
  fake.push('api', app, { tags: ['1'] });
  expect(await statusesOf(describeAccess(fake, { assumeRole: ROLE }))).toEqual(ALL_WELL);
  expect(fake.repository('api').images.get(app.digest)?.pulledAt).toBeUndefined();
  expect(fake.blobRequests).toEqual([]);
});

test.each([
  ['DescribeImages', 'error'],
  ['BatchGetImage', 'error'],
  ['GetDownloadUrlForLayer', 'error'],
  ['ListTagsForResource', 'warning'],
  ['GetAccountSetting', 'warning'],
])('without ecr:%s there is an %s result that names it', async (operation, status) => {
  const fake = await ecr.start({ pullTimeExclusions: [ROLE] });
  fake.push('api', image(), { tags: ['1'] });
  fake.fail({ operation }, { name: 'AccessDeniedException' });
  const results = describeAccess(fake, { assumeRole: ROLE });
  expect(await statusesOf(results)).toEqual({ ...ALL_WELL, [`ecr:${operation}`]: status });
  const result = (await results).find(({ subject }) => subject === `ecr:${operation}`);
  expect(result?.message).toContain(`ecr:${operation} on `);
});

test('without ecr:DescribeRepositories nothing else is tried', async () => {
  const fake = await ecr.start();
  fake.fail({ operation: 'DescribeRepositories' }, { name: 'AccessDeniedException' });
  expect(await statusesOf(describeAccess(fake))).toEqual({ 'ecr:DescribeRepositories': 'error' });
});

test('credentials that AWS refuses are one error per region', async () => {
  const fake = await ecr.start();
  fake.fail({ operation: '*' }, { name: 'UnrecognizedClientException' });
  const results = await describeAccess(fake, { regions: ['eu-west-1', 'us-east-1'] });
  expect(results.map(({ region, status }) => [region, status])).toEqual([
    ['eu-west-1', 'error'],
    ['us-east-1', 'error'],
  ]);
});

test('in an empty registry, permissions that need a repository are reported as unknown', async () => {
  const fake = await ecr.start();
  const statuses = await statusesOf(describeAccess(fake));
  expect(Object.values(statuses).sort()).toEqual(['ok', 'ok', 'unknown', 'warning']);
});

test.each([
  ['a role that is not excluded', { assumeRole: ROLE }, [], 'warning', `--principal-arn ${ROLE}`],
  ['nobody excluded', {}, [], 'warning', 'register-pull-time-update-exclusion --region eu-west-1'],
  ['somebody excluded, perhaps this identity', {}, [ROLE], 'unknown', ROLE],
])('with %s the result says what to do', async (_case, options, pullTimeExclusions, status, words) => {
  const fake = await ecr.start({ pullTimeExclusions });
  const results = await describeAccess(fake, options);
  const result = results.find(({ subject }) => subject === 'pull-time exclusion');
  expect(result).toMatchObject({ status });
  expect(result?.message).toContain(words);
});

test('without permission to read them, exclusions are unknown', async () => {
  const fake = await ecr.start();
  fake.fail({ operation: 'ListPullTimeUpdateExclusions' }, { name: 'AccessDeniedException' });
  expect(await statusesOf(describeAccess(fake))).toMatchObject({ 'pull-time exclusion': 'unknown' });
});
