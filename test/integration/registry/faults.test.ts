import { once } from 'node:events';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseRegistryHost, type RegistryHost } from '../../../src/oci/reference.ts';
import { systemClock } from '../../../src/registry/clock.ts';
import type { DistributionOptions } from '../../../src/registry/distribution.ts';
import type { CallOptions, Registry, RequestGovernor, RequestOutcome } from '../../../src/registry/registry.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { openClient, repositoryNames, repositoryOf, tagNames, tagOf } from '../../support/distribution-client.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { image } from '../../support/image-builder.ts';
import { answer, body, drip, endless, redirect, reset, silence, truncated } from '../../support/registry-faults.ts';
import {
  type Fault,
  type RegistryServer,
  type RegistryServerOptions,
  startRegistry,
} from '../../support/registry-server.ts';

const app = image({ layers: ['base', 'app'] });

async function start(client: Partial<DistributionOptions> = {}, options: RegistryServerOptions = {}) {
  const server = await startRegistry(options);
  const opened = openClient(server.host, client);
  closedAfterTest(server, opened);
  server.push('app', '1', app);
  const repository = repositoryOf(server.host, 'app');
  return {
    server,
    client: opened,
    repository,
    read: (options: CallOptions = {}) => opened.readTag(repository, tagOf('1'), undefined, options),
    tags: () => tagNames(opened, repository),
  };
}

/** Another host, to which the registry sends its clients. */
async function startOther(fault: Fault): Promise<RegistryServer> {
  const other = closedAfterTest(await startRegistry());
  other.fault({}, fault);
  return other;
}

/** An error with a code and a message of which this is a part. */
function failure(code: string, message: RegExp | string): object {
  const part = typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message);
  return { code, message: part };
}

const unavailable = (message: RegExp | string): object => failure('registry-unavailable', message);

/** A governor that lets every request pass, and what it was told of them. */
function recording() {
  const outcomes: RequestOutcome[] = [];
  const governor: RequestGovernor = { acquire: async () => (outcome) => outcomes.push(outcome) };
  return { outcomes, governor };
}

/** A clock whose delays end at once, and whose time a test moves on. */
function skippingClock() {
  let skippedMs = 0;
  const clock = {
    now: () => performance.now() + skippedMs,
    schedule: (callback: () => void) => systemClock.schedule(callback, 0),
  };
  const skip = (ms: number): void => {
    skippedMs += ms;
  };
  return { clock, skip };
}

describe('temporary faults are retried, and nothing is lost', () => {
  test.each<[string, Fault]>([
    ['500', answer(500)],
    ['502', answer(502)],
    ['503', answer(503)],
    // containerd and go-containerregistry try again after these, too.
    ['408', answer(408)],
    ['499', answer(499)],
    ['503 with Retry-After', answer(503, { 'retry-after': 7 })],
    ["403 with Retry-After: GitHub's secondary rate limit", answer(403, { 'retry-after': 60 }, 'DENIED')],
    ['429 with Retry-After in seconds', answer(429, { 'retry-after': 30 })],
    ['429 with Retry-After as a date', answer(429, { 'retry-after': new Date(Date.now() + 20_000).toUTCString() })],
    ['429 without Retry-After', answer(429, {}, 'TOOMANYREQUESTS')],
    ['a connection that is reset', reset()],
    ['a body that is cut', truncated(app.body, { 'content-type': app.mediaType })],
  ])('%s', async (_name, fault) => {
    const { server, read } = await start();
    server.fault({ path: /manifests/, times: 2 }, fault);
    expect(await read()).toMatchObject({ digest: app.digest });
    expect(server.count({ path: /manifests/ })).toBe(3);
  });

  test('the first responses of a registry, which are late', async () => {
    const { server, read, tags } = await start({ idleTimeoutMs: 100 });
    server.fault({ times: 2 }, silence());
    const listed = tags();
    expect(await read()).toMatchObject({ digest: app.digest });
    expect(await listed).toEqual(['1']);
  });
});

test('a registry that never answered is asked twice, and not again for some seconds: other requests fail alike', async () => {
  const { clock, skip } = skippingClock();
  const { server, read, tags } = await start({ idleTimeoutMs: 50, clock });
  const speak = server.fault({}, silence());
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  await expect(tags()).rejects.toMatchObject(unavailable(/\/app: list of tags: timed out/));
  expect(server.count()).toBe(2);
  speak();
  skip(10_000);
  expect(await read()).toMatchObject({ digest: app.digest });
  server.fault({}, silence());
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  server.forgetRequests();
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  expect(server.count()).toBeGreaterThan(1);
});

test('nor is a server for tokens that never answered', async () => {
  const { server, client, read } = await start({ idleTimeoutMs: 50 });
  const tokens = await startOther(silence());
  server.fault({}, answer(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token"` }));
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  const listing = tagNames(client, repositoryOf(server.host, 'other'));
  await expect(listing).rejects.toMatchObject(unavailable(`a token from ${tokens.host}: timed out`));
  expect(tokens.count()).toBe(2);
});

test('nor is one at the address of the registry, which answers', async () => {
  const { server, client, read } = await start({ idleTimeoutMs: 50 }, { auth: { kind: 'token' } });
  server.fault({ path: /^\/token/ }, silence());
  await expect(read()).rejects.toMatchObject(unavailable('a token from 127.0.0.1:'));
  await expect(tagNames(client, repositoryOf(server.host, 'other'))).rejects.toMatchObject(unavailable('timed out'));
  expect(server.count({ path: /^\/token/ })).toBe(2);
});

test('a storage that never answered is asked twice, too, and its registry for other things', async () => {
  const { server, read, tags } = await start({ idleTimeoutMs: 50 });
  const storage = await startOther(silence());
  server.fault({ path: /manifests/ }, redirect(`${storage.url}/manifest`));
  const told = `app:1: ${storage.host}, to which the registry redirected: timed out`;
  await expect(read()).rejects.toMatchObject(unavailable(told));
  await expect(read()).rejects.toMatchObject(unavailable(told));
  expect(storage.count()).toBe(2);
  expect(await tags()).toEqual(['1']);
});

describe.each<[string, Fault, RegExp]>([
  ['fails', answer(502), /HTTP 502/],
  ['fails for want of room', answer(503), /HTTP 503/],
  ['closes every connection', reset(), /closed early/],
])('a registry that %s for five minutes', (_how, fault, message) => {
  test('fails requests at once, without being asked more than every ten seconds, until it answers', async () => {
    const { clock, skip } = skippingClock();
    const { server, read, tags } = await start({ clock, governor: recording().governor });
    expect(await tags()).toEqual(['1']);
    const recover = server.fault({}, fault);
    for (let minute = 0; minute < 5; minute++) {
      server.forgetRequests();
      await expect(read()).rejects.toMatchObject(unavailable(message));
      expect(server.count()).toBe(4);
      skip(60_000);
    }
    await expect(read()).rejects.toMatchObject(unavailable(message));
    server.forgetRequests();
    await expect(tags()).rejects.toMatchObject(unavailable(/\/app: list of tags: /));
    expect(server.count()).toBe(0);
    skip(10_000);
    await expect(read()).rejects.toMatchObject(unavailable(message));
    expect(server.count()).toBe(1);
    recover();
    skip(10_000);
    expect(await read()).toMatchObject({ digest: app.digest });
    server.fault({ times: 3 }, fault);
    expect(await tags()).toEqual(['1']);
  });
});

/** A registry whose repository "app" can be read, and a client that has waited for minutes for what lies below a path. */
async function failingFor(minutes: number, path: RegExp, fault: Fault) {
  const { clock, skip } = skippingClock();
  const { outcomes, governor } = recording();
  const options = { auth: { kind: 'token', expiresIn: 36_000 } } as const;
  const { server, client, read } = await start({ clock, governor }, options);
  expect(await read()).toMatchObject({ digest: app.digest });
  server.fault({ path }, fault);
  const readOther = () => client.readTag(repositoryOf(server.host, 'other'), tagOf('1'), undefined, {});
  for (let minute = 0; minute < minutes; minute++) {
    await expect(readOther()).rejects.toMatchObject({ code: 'registry-unavailable' });
    expect(await read()).toMatchObject({ digest: app.digest });
    skip(60_000);
  }
  const asked = () => server.count({ path });
  return { server, read, readOther, outcomes, asked };
}

test.each<[string, RegExp, Fault]>([
  ['server for tokens that fails', /^\/token/, answer(502)],
  ['server for tokens that fails for want of room', /^\/token/, answer(503)],
  ['server for tokens that closes connections', /^\/token/, reset()],
  ['repository that fails', /^\/v2\/other/, answer(502)],
  ['repository that closes connections', /^\/v2\/other/, reset()],
])('a %s for five minutes is given up, while the rest of the registry is read', async (_what, path, fault) => {
  const { server, read, readOther, asked } = await failingFor(6, path, fault);
  await expect(readOther()).rejects.toMatchObject({ code: 'registry-unavailable' });
  server.forgetRequests();
  await expect(readOther()).rejects.toMatchObject({ code: 'registry-unavailable' });
  expect(asked()).toBe(0);
  expect(await read()).toMatchObject({ digest: app.digest });
});

test('503s of one repository slow nothing down once others were answered meanwhile', async () => {
  const { outcomes, readOther } = await failingFor(2, /^\/v2\/other/, answer(503));
  const throttled = () => outcomes.filter(({ kind }) => kind === 'throttled').length;
  const before = throttled();
  await expect(readOther()).rejects.toMatchObject(unavailable('HTTP 503'));
  expect(throttled()).toBe(before);
});

test.each<[string, Fault]>([
  ['closes connections', reset()],
  ['fails', answer(504)],
])(
  'a registry that %s only after minutes is down, too, though a request takes longer than the longest gap',
  async (_how, fault) => {
    const { clock, skip } = skippingClock();
    const { server, read, tags } = await start({ clock, governor: recording().governor });
    expect(await tags()).toEqual(['1']);
    server.fault({}, (...call) => {
      skip(150_000);
      fault(...call);
    });
    await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
    server.forgetRequests();
    await expect(tags()).rejects.toMatchObject({ code: 'registry-unavailable' });
    expect(server.count()).toBe(0);
  },
);

test('a registry that fails, and fails again when it is next asked, an hour later, is tried as often as ever', async () => {
  const { clock, skip } = skippingClock();
  const { server, read } = await start({ clock, governor: recording().governor });
  const recover = server.fault({}, answer(503));
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  recover();
  skip(3_600_000);
  server.fault({ times: 3 }, answer(503));
  expect(await read()).toMatchObject({ digest: app.digest });
});

test('what fails at a host that the registry redirected to names that host, and lasting failures are not tried again', async () => {
  const { server, read } = await start();
  server.fault({ path: /manifests/ }, redirect('http://storage.invalid/manifest'));
  await expect(read()).rejects.toMatchObject(
    unavailable(/app:1: storage.invalid, to which the registry redirected: host not found/),
  );
  expect(server.count({ path: /manifests/ })).toBe(1);
});

test.each<[string, Fault, RegExp]>([
  [
    'lacks',
    body('<Error><Code>NoSuchKey</Code></Error>', {}, 404),
    /to which the registry redirected: not found \(NoSuchKey\)/,
  ],
  ['fails', answer(500), /to which the registry redirected: the registry failed with HTTP 500/],
])('what a host that the registry redirected to %s is told with its name', async (_name, fault, message) => {
  const { server, read } = await start();
  const storage = await startOther(fault);
  server.fault({ path: /manifests/ }, redirect(`${storage.url}/manifest`));
  await expect(read()).rejects.toMatchObject({ message: expect.stringMatching(message) });
  await expect(read()).rejects.toMatchObject({ message: expect.stringContaining(`app:1: ${storage.host}, to which`) });
});

test('a registry that closes connections while it starts is asked by the next request', async () => {
  const { server, read } = await start();
  const serve = server.fault({}, reset());
  await expect(read()).rejects.toMatchObject({ code: 'registry-unavailable' });
  serve();
  expect(await read()).toMatchObject({ digest: app.digest });
});

describe('permanent faults end with an error that says what, where, and what to do', () => {
  test.each<[string, Fault, string, RegExp]>([
    ['401', answer(401), 'authentication', /\/app:1: .*refused anonymous access .* and that it exists$/],
    ['403', answer(403, {}, 'DENIED'), 'access-denied', /\(DENIED\): grant read access/],
    [
      '412 (Harbor)',
      answer(412, {}, 'PROJECTPOLICYVIOLATION'),
      'access-denied',
      /a policy of the registry forbids to pull it \(PROJECTPOLICYVIOLATION/,
    ],
    ['404 of a manifest', answer(404, {}, 'MANIFEST_UNKNOWN'), 'not-found', /no such tag or manifest/],
    ['404 of a repository', answer(404, {}, 'NAME_UNKNOWN'), 'not-found', /no such repository .*\(NAME_UNKNOWN\)$/],
    [
      '404 of a repository (Harbor)',
      body('{"errors":[{"code":"NOT_FOUND","message":"repository team/app not found"}]}', {}, 404),
      'not-found',
      /no such repository .*\(NOT_FOUND: repository team\/app not found\)$/,
    ],
    ['404 without a body', body('', {}, 404), 'not-found', /not found/],
    ['500 for good', answer(500), 'registry-unavailable', /HTTP 500.*try again later/],
    ['a reset for good', reset(), 'registry-unavailable', /connection was closed early/],
    [
      'HTTP spoken to HTTPS',
      body('Client sent an HTTP request to an HTTPS server.', {}, 400),
      'malformed-content',
      /leave out --plain-http .* or, on a loopback address, .* caFile$/,
    ],
    ['a manifest over the limit', body(Buffer.alloc(4_194_305)), 'too-large', /more than 4194304 bytes/],
    ['a manifest without end', endless(), 'too-large', /more than 4194304 bytes/],
    [
      'a promised size over the limit',
      body('', { 'content-length': 5_000_000_000 }),
      'too-large',
      /more than 4194304 bytes/,
    ],
    [
      'other bytes than the digest',
      body('{}', { 'docker-content-digest': app.digest }),
      'content-mismatch',
      /expected sha256:/,
    ],
    [
      'compressed unasked',
      body('x', { 'content-encoding': 'gzip' }),
      'malformed-content',
      /sent with content encoding gzip/,
    ],
    [
      'compressed beside another coding',
      body('x', { 'content-encoding': 'aws-chunked, GZIP' }),
      'malformed-content',
      /sent with content encoding gzip/,
    ],
    ['a refusal that is compressed', body('x', { 'content-encoding': 'gzip' }, 404), 'not-found', /not found/],
    ['redirects in a circle', redirect('/v2/app/manifests/1'), 'malformed-content', /more than 5 redirects/],
    [
      'a redirect to the metadata service',
      redirect('http://169.254.169.254/latest'),
      'malformed-content',
      /a special address/,
    ],
    ['a redirect to a file', redirect('file:///etc/passwd'), 'malformed-content', /not followed/],
    ['a redirect to nothing', redirect('http://'), 'malformed-content', /invalid URL/],
  ])('%s', async (_name, fault, code, message) => {
    const { server, read } = await start();
    server.fault({ path: /manifests/ }, fault);
    await expect(read()).rejects.toMatchObject(failure(code, message));
  });

  test.each(['aws-chunked', '', ',', 'identity'])(
    'with the content coding "%s" the manifest is read unchanged',
    async (coding) => {
      const { server, read } = await start();
      server.fault(
        { path: /manifests/ },
        body(app.body, { 'content-type': app.mediaType, 'content-encoding': coding }),
      );
      expect(await read()).toMatchObject({ digest: app.digest });
    },
  );

  test('a body that arrives byte by byte', async () => {
    const { server, read } = await start({ requestTimeoutMs: 0 });
    server.fault({ path: /manifests/ }, drip(5));
    await expect(read()).rejects.toMatchObject(unavailable(/timed out before the answer was complete/));
  });

  test('an error with an endless body is reported with its beginning', async () => {
    const { server, read } = await start();
    server.fault({ path: /manifests/ }, (_request, response) => {
      response.writeHead(404);
      response.write('x'.repeat(1_000_000));
    });
    await expect(read()).rejects.toMatchObject({ code: 'not-found' });
  });

  test('nothing listens there', async () => {
    const { server, read } = await start();
    await server.close();
    await expect(read()).rejects.toMatchObject(unavailable(/ECONNREFUSED.*check host and port/));
  });

  test('no such host', async () => {
    const client = openClient('no-such-host.invalid');
    closedAfterTest(client);
    await expect(repositoryNames(client)).rejects.toMatchObject({ message: expect.stringContaining('host not found') });
  });

  test('messages of a registry are shortened, and shown without control characters', async () => {
    const { server, read } = await start();
    const message = `\u001b[31mred\u0007${'x'.repeat(1_000)}`;
    server.fault({ path: /manifests/ }, body(JSON.stringify({ errors: [{ code: 'DENIED', message }] }), {}, 403));
    const error = (await read().catch((thrown: Error) => thrown)) as Error;
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('a blob as a stream', () => {
  const [layer] = app.layers;
  if (!layer) throw new Error('the image has layers');

  async function download(fault: Fault, size = layer?.body.length ?? 0, client: Partial<DistributionOptions> = {}) {
    const { server, client: opened, repository } = await start(client);
    server.fault({ path: /blobs/ }, fault);
    const blob = { digest: digestOf('x'), size, mediaType: 'x', annotations: {} };
    return buffer(await opened.openBlob(repository, blob, {}));
  }

  test.each<[string, Fault, string]>([
    ['that is cut', truncated(Buffer.alloc(layer.body.length)), 'registry-unavailable'],
    ['without end', endless(), 'too-large'],
    ['that is not there', answer(404, {}, 'BLOB_UNKNOWN'), 'not-found'],
  ])('%s', async (_name, fault, code) => {
    await expect(download(fault)).rejects.toMatchObject({ code });
  });

  test.each([200, 403])('with status %d that arrives byte by byte', async (status) => {
    const slow = download(drip(5, status), 100, { requestTimeoutMs: 0 });
    await expect(slow).rejects.toMatchObject(unavailable(/timed out before the answer was complete/));
  });

  test('frees its slot when it is abandoned half-read', async () => {
    const { outcomes, governor } = recording();
    const { server, client, repository } = await start({ governor });
    server.fault({ path: /blobs/ }, endless());
    const blob = { digest: digestOf('x'), size: 1e12, mediaType: 'x', annotations: {} };
    const stream = await client.openBlob(repository, blob, {});
    expect(outcomes).toEqual([]);
    stream.destroy();
    await once(stream, 'close');
    expect(outcomes).toEqual([{ status: 200, kind: 'answered' }]);
  });

  test('frees its slot when the response is partial', async () => {
    const { outcomes, governor } = recording();
    const refused = download(body(layer.body, {}, 206), layer.body.length, { governor });
    await expect(refused).rejects.toMatchObject(failure('malformed-content', /HTTP 206/));
    expect(outcomes).toEqual([{ status: 206, kind: 'answered' }]);
  });
});

describe('hostile listings', () => {
  test.each<[string, (server: RegistryServer) => Fault, RegExp]>([
    [
      'the same cursor again',
      () => listing({ link: '</v2/_catalog?cursor=1>; rel="next"' }),
      /the same page was sent twice|are the same/,
    ],
    ['new cursors, same page', () => countingPages(() => ['a']), /two pages are the same/],
    ['new cursors, no names', () => countingPages(() => []), /empty pages/],
    [
      'a link to another host, which is not asked',
      () => listing({ link: '<https://evil.example.com/v2/_catalog?cursor=1>; rel="next"' }),
      /the same page was sent twice|are the same/,
    ],
    ['no address', () => listing({ link: '<http://[>; rel="next"' }), /is not a valid URL/],
    ['no JSON', () => body('{"tags":'), /is not valid JSON;/],
    ['a page', () => body('\n<!DOCTYPE html>'), /is not valid JSON but a page: a proxy or a login may have answered/],
    ['no list', () => body('{"status":"maintenance"}'), /no field "repositories"/],
    ['a list that is none', () => body('{"repositories":"a"}'), /expected a list/],
  ])('%s', async (_name, fault, message) => {
    const { server, client } = await start();
    server.fault({ path: /_catalog/ }, fault(server));
    await expect(repositoryNames(client)).rejects.toMatchObject(failure('malformed-content', message));
    expect(server.count()).toBeLessThan(110);
  });

  test('a page over the size limit is not read further', async () => {
    const { server, tags } = await start();
    server.fault({ path: /tags/ }, endless());
    await expect(tags()).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('limits', () => {
  test('a long Retry-After postpones the task by its delay', async () => {
    const { server, read } = await start();
    server.fault({ path: /manifests/ }, answer(429, { 'retry-after': 3_600 }));
    await expect(read()).rejects.toMatchObject({ code: 'rate-limited', retry: { kind: 'after', delayMs: 3_600_000 } });
    expect(server.count()).toBe(1);
  });

  test('a registry that always refuses ends the request after at least ten refusals', async () => {
    const { server, read } = await start();
    server.fault({ path: /manifests/ }, answer(429, { 'retry-after': 1 }));
    await expect(read()).rejects.toMatchObject({ code: 'rate-limited' });
    expect(server.count()).toBe(11);
  });

  test('a rate limit while reading by digest is thrown for all, and is no error of an item', async () => {
    const { server, client, repository } = await start();
    server.fault({ path: /manifests/ }, answer(429, { 'retry-after': 3_600 }));
    const read = client.readManifests(repository, [app.digest, digestOf('x')], {});
    await expect(read).rejects.toMatchObject({ code: 'rate-limited' });
  });

  test('the governor gets the rate limits of responses', async () => {
    const { outcomes, governor } = recording();
    const { server, read } = await start({ governor });
    server.fault({ times: 1 }, answer(429, { 'retry-after': 3 }));
    server.fault({ times: 1 }, answer(503, { 'retry-after': 4 }));
    server.fault({ times: 1 }, answer(503));
    server.fault({ times: 1 }, reset());
    server.fault({ times: 1 }, answer(200, { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' }));
    await read();
    await read();
    expect(outcomes).toEqual([
      { status: 200, kind: 'answered', remaining: 76, windowMs: 21_600_000 },
      { kind: 'failed' },
      { status: 503, kind: 'failed', mayBeOutage: true },
      { status: 503, kind: 'throttled', retryAfterMs: 4_000 },
      { status: 429, kind: 'throttled', retryAfterMs: 3_000 },
      { status: 200, kind: 'answered' },
    ]);
  });

  test.each<[string, Fault, string]>([
    ['reset', reset(), 'failed'],
    ['timeout of a proxy', answer(408), 'failed'],
    ['timeout of nginx', answer(499), 'failed'],
    ['failure', answer(500), 'failed'],
    ['overload', answer(503), 'throttled'],
    ['refusal by GitHub', answer(403, { 'retry-after': 0 }), 'throttled'],
    ['refusal under another status', answer(400, {}, 'TOOMANYREQUESTS'), 'throttled'],
  ])('governor and observer are told alike of a %s', async (_name, fault, kind) => {
    const seen: string[] = [];
    const told: string[] = [];
    const governor: RequestGovernor = { acquire: async () => (outcome) => told.push(outcome.kind) };
    const { server, read } = await start({ governor, onRequest: (outcome) => seen.push(outcome) });
    server.fault({ times: 1 }, fault);
    await read();
    expect([seen, told]).toEqual([
      [kind, 'answered'],
      [kind, 'answered'],
    ]);
  });
});

describe('stopping', () => {
  const blob = { digest: digestOf('x'), size: 1, mediaType: 'x', annotations: {} };

  test('an abort ends a request that waits for its response', async () => {
    const { server, read } = await start();
    const controller = new AbortController();
    server.fault({}, () => controller.abort(new Error('stop now')));
    await expect(read({ signal: controller.signal })).rejects.toThrow('stop now');
  });

  test.each<[string, (client: Registry, host: RegistryHost, options: CallOptions) => Promise<unknown>]>([
    [
      'a manifest',
      (client, host, options) => client.readTag(repositoryOf(host, 'app'), tagOf('1'), undefined, options),
    ],
    ['a layer', (client, host, options) => client.openBlob(repositoryOf(host, 'app'), blob, options)],
  ])(
    'an abort ends a request for %s that waits for its connection, and closing ends the connection',
    async (_what, ask) => {
      const controller = new AbortController();
      // Accepts connections, and never answers the client's TLS handshake.
      const silent = createServer((socket) => {
        socket.resume();
        controller.abort(new Error('stop now'));
      });
      closedAfterTest(silent);
      const accepted = once(silent, 'connection');
      const host = parseRegistryHost(`127.0.0.1:${await listenOnFreePort(silent)}`);
      const client = openClient(host, { plainHttp: false });
      await expect(ask(client, host, { signal: controller.signal })).rejects.toThrow('stop now');
      await client.close();
      const [socket] = await accepted;
      await finished(socket).catch(() => undefined);
    },
  );

  test('an abort ends many requests, and is no error of an item', async () => {
    const { server, client, repository } = await start();
    const controller = new AbortController();
    server.fault({}, () => controller.abort(new Error('stop now')));
    const digests = Array.from({ length: 50 }, (_, at) => digestOf(`${at}`));
    const read = client.readManifests(repository, digests, { signal: controller.signal });
    await expect(read).rejects.toThrow('stop now');
  });

  test('with an aborted signal nothing is sent', async () => {
    const { server, read } = await start();
    const signal = AbortSignal.abort(new Error('stopped before'));
    await expect(read({ signal })).rejects.toThrow('stopped before');
    expect(server.count()).toBe(0);
  });
});

test('only GET and HEAD requests reach a registry, whatever is read', async () => {
  const { server, client, repository } = await start();
  await repositoryNames(client);
  await tagNames(client, repository);
  await client.readTag(repository, tagOf('1'), digestOf('other'), {});
  await client.readManifests(repository, [app.digest], {});
  expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD']));
});

function listing(headers: Record<string, string>): Fault {
  return body('{"repositories":["a"]}', headers);
}

function countingPages(names: () => string[]): Fault {
  let pages = 0;
  return (_request, response) => {
    pages += 1;
    response.writeHead(200, { link: `</v2/_catalog?cursor=${pages}>; rel="next"` });
    response.end(JSON.stringify({ repositories: names() }));
  };
}
