import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { closeServer } from '../../../src/network/http-server.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { freePort, listenOnFreePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { stubAws } from '../../support/stub-aws.ts';

beforeEach(() => {
  stubAws();
  // As the command line does.
  vi.stubEnv('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
  // This machine's own settings, and those of a machine in AWS, say nothing about the tests.
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A store that answers all requests alike. @returns the requests: their methods and URLs */
async function startStore(answer: RequestListener) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    answer(request, response);
  });
  closedAfterTest({ close: () => closeServer(server) });
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://localhost:${await listenOnFreePort(server)}`);
  return requests;
}

const refusing =
  (status: number, code: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);

/** What doctor says of reports that go to these paths. */
async function doctor(...paths: readonly string[]) {
  const cwd = await newFolder();
  const reports = paths.map((path) => `{ kind: teams, format: csv, path: "${path}" }`);
  await writeFile(join(cwd, 'slimboard.yaml'), `reports: [${reports}]`);
  const { code, stdout } = await runInProcess(cwd, ['doctor'], { SLIMBOARD_DATABASE_URL: await newPostgresUrl() });
  return { code, lines: stdout.match(/^.* s3:\/\/.*$/gm) };
}

test('a bucket that may be listed is there, and is asked for once, without writing', async () => {
  const requests = await startStore((_, response) =>
    response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListBucketResult></ListBucketResult>'),
  );
  const { code, lines } = await doctor('s3://reports/teams-{date}.csv', 's3://reports/b.csv', 's3://{source}/b.csv');
  expect({ code, requests }).toEqual({ code: 0, requests: ['GET /reports/'] });
  expect(lines).toEqual([
    expect.stringMatching(/^ok +s3:\/\/reports: the bucket is there, .* shows only when one is$/),
  ]);
});

test.each([
  ['a bucket that does not exist', 404, 'NoSuchBucket', {}, 1, /^error .*: there is no such bucket: /],
  [
    'a bucket in another region',
    301,
    'PermanentRedirect',
    { 'x-amz-bucket-region': 'us-east-2' },
    1,
    /^error .*: the bucket is in us-east-2, and requests go to eu-west-1: set AWS_REGION=us-east-2$/,
  ],
  [
    'a key that nobody has',
    403,
    'InvalidAccessKeyId',
    {},
    1,
    /^error .*: the credentials are refused \(HTTP 403, InvalidAccessKeyId: no\): renew/,
  ],
  [
    'a bucket that may not be listed, in which case reports may be written all the same',
    403,
    'AccessDenied',
    { 'x-amz-bucket-region': 'eu-west-1' },
    0,
    /^warning .*: the bucket may not be listed \(HTTP 403, AccessDenied: no\), which delivery does not need: it needs s3:PutObject\. /,
  ],
  ['a store that is out of order', 503, 'SlowDown', {}, 1, /^error .*: no usable answer \(HTTP 503, SlowDown: no\)$/],
] as const)('%s is told', async (_, status, name, headers, expected, message) => {
  await startStore(refusing(status, name, headers));
  const { code, lines } = await doctor('s3://reports/teams.csv');
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(code).toBe(expected);
});

test('a store that cannot be reached is told, with the variable that names it', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${await freePort()}`);
  expect(await doctor('s3://reports/teams.csv')).toEqual({
    code: 1,
    lines: [
      expect.stringMatching(
        /^error +s3:\/\/reports: cannot reach the store that AWS_ENDPOINT_URL_S3 names \(ECONNREFUSED\): check its address/,
      ),
    ],
  });
});

test('a missing region, and missing credentials, are told before a request', async () => {
  const requests = await startStore(refusing(500, 'InternalError'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  const { code, lines } = await doctor('s3://reports/teams.csv');
  expect(code).toBe(1);
  expect(lines).toEqual([
    expect.stringMatching(/^error .*: there are no usable AWS credentials \(.*\): check the profile \(AWS_PROFILE\)/),
  ]);
  vi.stubEnv('AWS_REGION', '');
  expect((await doctor('s3://reports/teams.csv')).lines).toEqual([
    expect.stringMatching(/^error .*: there is no AWS region: set AWS_REGION/),
  ]);
  expect(requests).toEqual([]);
});

test('an answer that cannot be read is told', async () => {
  await startStore((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'));
  const { lines } = await doctor('s3://reports/teams.csv');
  expect(lines).toEqual([expect.stringMatching(/^error .*: (?:cannot be checked|no usable answer) /)]);
});
