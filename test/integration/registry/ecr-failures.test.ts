import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  AccessDeniedError,
  AuthenticationError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
} from '../../../src/errors.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import type { RequestOutcome } from '../../../src/registry/registry.ts';
import { collect } from '../../support/collect.ts';
import { ecrRepository, useEcr } from '../../support/ecr.ts';
import type { RawAnswer } from '../../support/fake-ecr.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { image } from '../../support/image-builder.ts';

const ecr = useEcr();

describe('failures', () => {
  test('a throttled call is retried until it succeeds', async () => {
    const fake = await ecr.start({ pageSize: 1 });
    for (let at = 0; at < 20; at += 1) fake.push('api', image({ layers: [`l${at}`] }), { tags: [`t${at}`] });
    fake.fail({ operation: 'DescribeImages', every: 2 }, { name: 'ThrottlingException', message: 'Rate exceeded' });
    const kinds: unknown[] = [];
    const observed: unknown[] = [];
    const acquire = async () => (outcome: RequestOutcome) => void kinds.push(outcome.kind);
    const registry = await ecr.open(fake, {
      governor: { acquire },
      onRequest: (kind) => observed.push(kind),
    });
    expect(await collect(registry.listManifests(ecrRepository('api'), {}))).toHaveLength(20);
    expect(kinds).toEqual(Array.from({ length: 39 }, (_, at) => (at % 2 === 1 ? 'throttled' : 'answered')));
    expect(observed).toEqual(kinds);
  });

  test('the delay that a throttled call gets is passed to the governor', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    const body = '{"__type":"ThrottlingException","message":"Rate exceeded"}';
    fake.answerRaw([{ status: 429, headers: { 'retry-after': '7' }, body }]);
    const waits: unknown[] = [];
    const acquire = async () => (outcome: RequestOutcome) => void waits.push(outcome.retryAfterMs);
    const registry = await ecr.open(fake, { governor: { acquire } });
    await collect(registry.listManifests(ecrRepository('api'), {}));
    expect(waits).toEqual([7_000, undefined]);
    fake.answerRaw([{ status: 429, headers: { 'retry-after': '600' }, body }]);
    const putOff = collect(registry.listManifests(ecrRepository('api'), {}));
    await expect(putOff).rejects.toMatchObject({ retry: { kind: 'after', delayMs: 600_000 } });
  });

  test('a call that stays throttled is postponed, and does not count as an attempt', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    fake.fail({ operation: 'DescribeImages' }, { name: 'ThrottlingException', message: 'Rate exceeded' });
    const registry = await ecr.open(fake);
    const listing = collect(registry.listManifests(ecrRepository('api'), {}));
    await expect(listing).rejects.toThrow(RateLimitedError);
    await expect(listing).rejects.toMatchObject({ retry: { kind: 'after', delayMs: 60_000 } });
    expect(fake.callCounts()).toEqual({ DescribeImages: 11 });
  });

  test.each([
    ['ServerException', 500],
    ['ServiceUnavailable', 503],
  ])('%s with HTTP %d is retried four times, then it is an error', async (name, status) => {
    const fake = await ecr.start();
    fake.createRepository('api');
    fake.fail({ operation: 'DescribeImages' }, { name, status });
    const registry = await ecr.open(fake);
    await expect(collect(registry.listManifests(ecrRepository('api'), {}))).rejects.toThrow(RegistryUnavailableError);
    expect(fake.callCounts()).toEqual({ DescribeImages: 4 });
  });

  test.each<[string, RawAnswer]>([
    ['a page of HTML', { status: 502, body: '<html>Bad gateway</html>' }],
    ['nothing', { status: 500, body: '' }],
    ['JSON that is cut off', { status: 200, body: '{"imageDetails":[' }],
    ['a cut connection', 'cut'],
  ])('%s instead of a response is retried', async (_what, answer) => {
    const fake = await ecr.start();
    fake.push('api', image(), { tags: ['1'] });
    fake.answerRaw([answer, answer]);
    const registry = await ecr.open(fake);
    expect(await collect(registry.listManifests(ecrRepository('api'), {}))).toHaveLength(1);
    fake.answerRaw(Array(4).fill(answer));
    await expect(collect(registry.listManifests(ecrRepository('api'), {}))).rejects.toThrow(RegistryUnavailableError);
  });

  test('a wrong clock is corrected by the first response', async () => {
    const fake = await ecr.start();
    fake.push('api', image(), { tags: ['1'] });
    const headers = { date: new Date(Date.now() + 3_600_000).toUTCString() };
    fake.answerRaw([
      { status: 403, headers, body: '{"__type":"InvalidSignatureException","message":"Signature expired"}' },
    ]);
    const registry = await ecr.open(fake);
    expect(await collect(registry.listManifests(ecrRepository('api'), {}))).toHaveLength(1);
  });

  test('a refused signature is an error of the credentials, not of the clock', async () => {
    const fake = await ecr.start();
    fake.fail({ operation: 'DescribeImages' }, { name: 'InvalidSignatureException', status: 403 });
    const registry = await ecr.open(fake);
    await expect(collect(registry.listManifests(ecrRepository('api'), {}))).rejects.toThrow(AuthenticationError);
    expect(fake.callCounts()).toEqual({ DescribeImages: 1 });
  });

  test('a denied call names the action and the resource, and is not retried', async () => {
    const fake = await ecr.start();
    fake.push('open', image(), { tags: ['1'] });
    fake.createRepository('closed');
    fake.fail({ operation: 'DescribeImages', repository: 'closed' }, { name: 'AccessDeniedException' });
    const registry = await ecr.open(fake);
    const listing = collect(registry.listManifests(ecrRepository('closed'), {}));
    await expect(listing).rejects.toThrow(AccessDeniedError);
    await expect(listing).rejects.toThrow('ecr:DescribeImages on arn:aws:ecr:eu-west-1:123456789012:repository/closed');
    expect(await collect(registry.listManifests(ecrRepository('open'), {}))).toHaveLength(1);
    expect(fake.callCounts()).toEqual({ DescribeImages: 2 });
  });

  test('a repository that went away since listing is not found', async () => {
    const fake = await ecr.start();
    const registry = await ecr.open(fake);
    await expect(collect(registry.listManifests(ecrRepository('gone'), {}))).rejects.toThrow(NotFoundError);
  });

  test('a repository in a region outside the source is an error that says so', async () => {
    const fake = await ecr.start();
    const registry = await ecr.open(fake);
    expect(() => registry.listManifests(ecrRepository('api', 'ap-south-1'), {})).toThrow('add ap-south-1');
  });

  test('an endpoint where nothing listens is unavailable', async () => {
    const fake = await ecr.start();
    const registry = await ecr.open(fake, { endpoint: 'http://127.0.0.1:1' });
    await expect(collect(registry.listRepositories({}))).rejects.toThrow(RegistryUnavailableError);
  });

  test('an endpoint without TLS is not retried', async () => {
    const fake = await ecr.start();
    let requests = 0;
    const onRequest = (): void => {
      requests += 1;
    };
    const registry = await ecr.open(fake, { endpoint: fake.url.replace('http:', 'https:'), onRequest });
    await expect(collect(registry.listRepositories({}))).rejects.toThrow(RegistryUnavailableError);
    expect(requests).toBe(1);
  });

  test('an aborted audit stops with the reason of the signal', async () => {
    const fake = await ecr.start({ latencyMs: 5_000 });
    fake.createRepository('api');
    const registry = await ecr.open(fake);
    const stop = new AbortController();
    const listing = collect(registry.listRepositories({ signal: stop.signal }));
    stop.abort(new Error('enough'));
    await expect(listing).rejects.toThrow('enough');
  });

  test('so does one that waits for the session of its role', async () => {
    const fake = await ecr.start();
    const stop = new AbortController();
    const silent = createServer(() => stop.abort(new Error('enough')));
    onTestFinished(() => closeServer(silent));
    vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${await listenOnFreePort(silent)}`);
    const registry = await ecr.open(fake, { assumeRole: 'arn:aws:iam::123456789012:role/slimboard-audit' });
    await expect(collect(registry.listRepositories({ signal: stop.signal }))).rejects.toThrow('enough');
  });
});
