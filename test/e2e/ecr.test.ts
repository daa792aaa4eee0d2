import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPostgresUrl } from '../support/databases.ts';
import { FakeEcr } from '../support/fake-ecr.ts';
import { ARM, image, index } from '../support/image-builder.ts';
import { newFolder } from '../support/new-folder.ts';
import { startProcess } from '../support/processes.ts';

const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

let fake: FakeEcr;
let folder: string;
let databaseUrl: string;

beforeAll(async () => {
  folder = await newFolder();
  // A process starts sooner on it than on a database of its own.
  databaseUrl = await newPostgresUrl();
  fake = await FakeEcr.start({ blobMounting: true });
  fake.createRepository('shop/api', { team: 'checkout' });
  for (let n = 0; n < 5; n++) fake.push('shop/api', image({ layers: ['base', `api ${n}`] }), { tags: [`1.${n}`] });
  fake.push('shop/web', index([image({ layers: ['base', 'web'] }), image({ layers: ['arm'], platform: ARM })]), {
    tags: ['2'],
  });
});
afterAll(() => fake?.close());

/** As a user with keys in the environment, and a tool of AWS's pointed at another endpoint. */
async function slimboard(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const started = startProcess(resolve('dist/slimboard.cjs'), args, {
    cwd: folder,
    env: {
      SLIMBOARD_DATABASE_URL: databaseUrl,
      AWS_ENDPOINT_URL_ECR: fake.url,
      AWS_ENDPOINT_URL_STS: fake.url,
      AWS_ACCESS_KEY_ID: 'AKIASTATIC',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
  });
  return { code: await started.exited, output: started.output() };
}

describe('the command line and Amazon ECR', () => {
  test('plans, audits, and makes only list calls the second time', async () => {
    const plan = await slimboard(['plan', 'ecr:eu-west-1', '--format', 'json']);
    expect(plan.code, plan.output).toBe(0);
    const [estimate] = JSON.parse(plan.output).sources;
    expect(estimate).toMatchObject({ source: 'ecr:eu-west-1', repositories: 2, tags: 6, new_items: 8 });
    expect(fake.callCounts()).toEqual({ DescribeRepositories: 1, DescribeImages: 2 });

    fake.forgetCalls();
    const audit = await slimboard(['audit', 'ecr:eu-west-1']);
    expect(audit.code, audit.output).toBe(0);
    expect(audit.output).toContain('audit 1 finished · 2 repositories · 6 tags: 6 audited, 0 skipped, 0 failed');
    expect(audit.output).not.toContain('NodeVersionSupportWarning');
    for (const [operation, count] of Object.entries(fake.callCounts())) {
      expect([
        operation,
        estimate.operations[operation].min <= count,
        count <= estimate.operations[operation].max,
      ]).toEqual([operation, true, true]);
    }

    fake.forgetCalls();
    const again = await slimboard(['audit', 'ecr:eu-west-1', '--quiet']);
    expect(again.code, again.output).toBe(0);
    expect(fake.callCounts()).toEqual({ DescribeRepositories: 1, ListTagsForResource: 2, DescribeImages: 2 });
    const table = await slimboard(['plan', 'ecr:eu-west-1']);
    expect(table.output).toMatch(
      /6, 0 tags or digests to read.*2 DescribeImages.*2000 BatchGetImage, 3000 GetDownloadUrlForLayer a second/s,
    );
  });

  test('audits the registry of an account, or one repository of it by its host', async () => {
    const account = await slimboard(['audit', 'ecr:123456789012.eu-west-1']);
    expect(account.output).toContain('6 tags: 6 audited');
    const one = await slimboard(['audit', `${HOST}/shop/web`]);
    expect(one.output).toContain('1 repository · 1 tag: 1 audited');
    const other = await slimboard(['audit', 'ecr:210987654321.eu-west-1']);
    expect([other.code, other.output]).toEqual([
      1,
      expect.stringContaining('ecr:DescribeRepositories on * is not allowed'),
    ]);
  });

  test('inspects an image by its tag without changing the pull time of others', async () => {
    fake.forgetCalls();
    const inspected = await slimboard(['inspect', `${HOST}/shop/api:1.2`, '--format', 'json']);
    expect(inspected.code, inspected.output).toBe(0);
    expect(JSON.parse(inspected.output)).toMatchObject({ platform: 'linux/amd64' });
    expect(fake.callCounts()).toMatchObject({ DescribeImages: 1, BatchGetImage: 1, GetBlob: 1 });
    const ofIndex = await slimboard(['inspect', `${HOST}/shop/web:2`]);
    expect(ofIndex.code, ofIndex.output).toBe(0);
    const gone = await slimboard(['inspect', `${HOST}/shop/api:9`]);
    expect([gone.code, gone.output]).toEqual([1, expect.stringContaining('ImageNotFoundException')]);
  });

  test('reports which permissions exist, and what a missing one costs', async () => {
    const doctor = await slimboard(['doctor', 'ecr:eu-west-1']);
    expect(doctor.code, doctor.output).toBe(0);
    expect(doctor.output).toMatch(/^ok +ecr:eu-west-1 eu-west-1 ecr:BatchGetImage: can read manifests$/m);
    expect(doctor.output).toMatch(/^warning +.*pull-time exclusion/m);
    fake.fail({ operation: 'BatchGetImage', times: 1 }, { name: 'AccessDeniedException', message: 'no' });
    const refused = await slimboard(['doctor', 'ecr:eu-west-1']);
    expect(refused.code, refused.output).toBe(1);
    expect(refused.output).toMatch(
      /^error +.*ecr:BatchGetImage on arn:aws:ecr:eu-west-1:123456789012:repository\/shop\/api/m,
    );
  });

  test('says what to do without credentials or with expired ones', async () => {
    const without = await slimboard(['audit', 'ecr:eu-west-1'], { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    expect([without.code, without.output]).toEqual([
      1,
      expect.stringMatching(/the default chain.*CredentialsProviderError/),
    ]);
    fake.expireSessions();
    const expired = await slimboard(['audit', 'ecr:eu-west-1', '--full']);
    expect([expired.code, expired.output]).toEqual([1, expect.stringMatching(/ExpiredTokenException.*aws sso login/)]);
  });
});
