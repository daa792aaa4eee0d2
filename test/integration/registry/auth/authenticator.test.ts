import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { SettingsError } from '../../../../src/errors.ts';
import type { Credentials, CredentialsProvider } from '../../../../src/registry/auth/credentials.ts';
import { Secret } from '../../../../src/registry/auth/secret.ts';
import { systemClock } from '../../../../src/registry/clock.ts';
import type { DistributionOptions } from '../../../../src/registry/distribution.ts';
import { createInProcessGovernor } from '../../../../src/registry/governor/in-process-governor.ts';
import { closedAfterTest } from '../../../support/closed-after.ts';
import {
  openClient,
  passwordProvider,
  provider,
  repositoryNames,
  repositoryOf,
  tagNames,
  tagOf,
} from '../../../support/distribution-client.ts';
import { image } from '../../../support/image-builder.ts';
import { basic, json, readBody } from '../../../support/registry-answers.ts';
import { answer, body, gate, redirect } from '../../../support/registry-faults.ts';
import {
  type Fault,
  type RegistryServer,
  type RegistryServerOptions,
  startRegistry,
} from '../../../support/registry-server.ts';

const app = image();
const PASSWORD = 'canary-7f3a';
const identity: Credentials = { kind: 'identity-token', token: new Secret(PASSWORD), origin: 'the test' };
const registryToken: Credentials = { kind: 'registry-token', token: new Secret(PASSWORD), origin: 'the test' };

const known = passwordProvider('u', PASSWORD);
const BASIC = { kind: 'basic', username: 'u', password: PASSWORD } as const;
const TOKEN = { kind: 'token', username: 'u', password: PASSWORD } as const;

async function start(
  auth: RegistryServerOptions['auth'],
  credentials?: CredentialsProvider,
  more: { registry?: RegistryServerOptions; client?: Partial<DistributionOptions> } = {},
) {
  const server = await startRegistry({ ...more.registry, ...(auth && { auth }) });
  const client = openClient(server.host, { ...(credentials && { credentials }), ...more.client });
  closedAfterTest(server, client);
  for (const name of ['a', 'b']) server.push(name, '1', app);
  return { server, client, tags: (name: string) => tagNames(client, repositoryOf(server.host, name)) };
}

function passwordOf(password: string): Credentials {
  return { kind: 'password', username: 'u', password: new Secret(password), origin: 'x' };
}

/** Options of a client whose time a test sets, and whose requests have no end of their own. */
function timed() {
  const time = { nowMs: 0 };
  const clock = { now: () => time.nowMs, schedule: () => () => undefined };
  return { time, clock, requestTimeoutMs: Number.POSITIVE_INFINITY };
}

/** Finds one password after the other, and then the last one again and again; counts how often. */
function counting(...passwords: readonly string[]): { credentials: CredentialsProvider; lookups: () => number } {
  let lookups = 0;
  const find = async (): Promise<Credentials> => {
    const password = passwords[lookups] ?? passwords.at(-1) ?? '';
    lookups += 1;
    return passwordOf(password);
  };
  return { credentials: { find }, lookups: () => lookups };
}

/** A fault of requests without credentials only. */
function toAnonymous(fault: Fault): Fault {
  return (request, response, next) => (request.headers.authorization ? next() : fault(request, response, next));
}

const tokensAsked = (server: RegistryServer): number => server.count({ path: /^\/token/ });

describe('Bearer', () => {
  test('an anonymous client gets a token for each repository, and only the first request is refused', async () => {
    const { server, client, tags } = await start({ kind: 'token' });
    expect(await repositoryNames(client)).toEqual(['a', 'b']);
    expect(await tags('a')).toEqual(['1']);
    expect(await tags('b')).toEqual(['1']);
    expect(server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(tokensAsked(server)).toBe(3);
  });

  test('many requests at once share one token', async () => {
    const { server, client } = await start({ kind: 'token' });
    const repository = repositoryOf(server.host, 'a');
    await Promise.all(Array.from({ length: 30 }, () => client.readTag(repository, tagOf('1'), undefined, {})));
    expect(tokensAsked(server)).toBe(1);
  });

  test('with username and password', async () => {
    const { server, tags } = await start(TOKEN, known);
    expect(await tags('a')).toEqual(['1']);
    const [request] = server.requests.filter(({ path }) => path.startsWith('/token'));
    expect(request?.headers.authorization).toMatch(/^Basic /);
    const others = server.requests.filter(({ path }) => !path.startsWith('/token'));
    expect(others.filter(({ headers }) => headers.authorization?.startsWith('Basic'))).toEqual([]);
  });

  test('with an identity token, by POST', async () => {
    const { server, tags } = await start({ kind: 'token', identityToken: PASSWORD }, provider(identity));
    expect(await tags('a')).toEqual(['1']);
    expect(server.count({ method: 'POST', path: /^\/token$/ })).toBe(1);
  });

  test('credentials that the token server refuses are looked up again, once', async () => {
    const { credentials } = counting('expired', PASSWORD);
    const { server, tags } = await start(TOKEN, credentials);
    expect(await tags('a')).toEqual(['1']);
    expect(tokensAsked(server)).toBe(2);
  });

  test('credentials that are denied many repositories are sent once for each, and looked up again once', async () => {
    const { credentials, lookups } = counting(PASSWORD);
    const { server, tags } = await start(TOKEN, credentials);
    server.fault({ path: /^\/token.*scope/ }, answer(401));
    for (const name of ['a', 'b', 'c']) await expect(tags(name)).rejects.toMatchObject({ code: 'authentication' });
    expect(lookups()).toBe(2);
    // The other one asked whether they are refused altogether.
    expect(tokensAsked(server)).toBe(4);
  });

  test('credentials that expired are looked up again where the token server answers 403 (GitHub)', async () => {
    const { credentials } = counting('expired', PASSWORD);
    const { server, tags } = await start(TOKEN, credentials);
    server.fault({ path: /^\/token/, times: 1 }, answer(403, {}, 'DENIED'));
    expect(await tags('a')).toEqual(['1']);
  });

  test('a token that the registry forgets half-way is renewed once for many concurrent requests', async () => {
    const { server, client, tags } = await start({ kind: 'token' });
    await tags('a');
    server.expireTokens();
    server.forgetRequests();
    const repository = repositoryOf(server.host, 'a');
    await Promise.all(Array.from({ length: 20 }, () => client.readTag(repository, tagOf('1'), undefined, {})));
    expect(tokensAsked(server)).toBe(1);
  });

  test('tokens that expire while requests are waiting are renewed once for all of them', async () => {
    const { server, client } = await start({ kind: 'token', expiresIn: 300, maxUses: 10 });
    const repository = repositoryOf(server.host, 'a');
    const reads = Array.from({ length: 60 }, () => client.readTag(repository, tagOf('1'), undefined, {}));
    expect(new Set((await Promise.all(reads)).map((read) => typeof read !== 'string' && read.digest))).toEqual(
      new Set([app.digest]),
    );
    expect(tokensAsked(server)).toBeLessThanOrEqual(2 * (60 / 10));
  });

  test('a token that is refused without a challenge is renewed, too', async () => {
    const { server, tags } = await start({ kind: 'token' });
    expect(await tags('a')).toEqual(['1']);
    server.expireTokens();
    server.fault({ path: /tags/, times: 1 }, answer(401));
    expect(await tags('a')).toEqual(['1']);
    expect(tokensAsked(server)).toBe(2);
  });

  test('a token is renewed before it expires', async () => {
    const { time, ...timing } = timed();
    const { server, tags } = await start({ kind: 'token', expiresIn: 100 }, undefined, { client: timing });
    const counts: number[] = [];
    for (const moment of [0, 79_000, 81_000, 160_000, 162_000]) {
      time.nowMs = moment;
      await tags('a');
      counts.push(tokensAsked(server));
    }
    expect(counts).toEqual([1, 1, 2, 2, 3]);
    expect(server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test('a token that expires while its first request waits for its turn is renewed', async () => {
    const { time, ...timing } = timed();
    // The third request is the list again, with the token that the second one got.
    let untilWait = 3;
    const acquire = async () => {
      untilWait -= 1;
      if (untilWait === 0) {
        time.nowMs += 61_000;
        server.expireTokens();
      }
      return () => undefined;
    };
    const client = { ...timing, governor: { acquire } };
    const { server, tags } = await start({ kind: 'token', expiresIn: 60 }, undefined, { client });
    expect(await tags('a')).toEqual(['1']);
    expect(tokensAsked(server)).toBe(2);
  });

  test('if the registry refuses its own token, the request is repeated once only', async () => {
    const { server, tags } = await start({ kind: 'token' });
    const challenge = { 'www-authenticate': `Bearer realm="${server.url}/token",service="x"` };
    server.fault({ path: /tags/ }, answer(401, challenge));
    await expect(tags('a')).rejects.toMatchObject({ code: 'authentication' });
    expect(server.count({ path: /tags/ })).toBe(2);
  });

  test.each([
    ['repository:a:pull,push,delete', 'repository:a:pull'],
    ['repository:proxied/a:pull', 'repository:proxied/a:pull'],
    // Azure lists tags for it, and reads manifests for pull: one token serves both.
    ['repository:a:metadata_read', 'repository:a:metadata_read,pull'],
    ['repository:a:content_read,metadata_read,content_delete', 'repository:a:content_read,metadata_read,pull'],
    ['repository:a:*', 'repository:a:pull'],
    ['everything', 'repository:a:pull'],
  ])('tokens are requested for reading only, whatever the challenge says: %s', async (scope, wanted) => {
    const { server, tags } = await start({ kind: 'token' });
    const challenge = { 'www-authenticate': `Bearer realm="${server.url}/token",service="x",scope="${scope}"` };
    server.fault({ path: /tags/ }, body('{"tags":["1"]}'));
    server.fault({ path: /tags/, times: 1 }, answer(401, challenge));
    expect(await tags('a')).toEqual(['1']);
    const asked = server.requests.map(({ path }) => path).filter((path) => path.startsWith('/token'));
    expect(asked.map((path) => new URL(path, server.url).searchParams.get('scope'))).toEqual([wanted]);
  });

  test.each([
    ['plain HTTP elsewhere', 'http://tokens.example.com/token', 'authentication'],
    ['a file', 'file:///etc/passwd', 'authentication'],
    ['no address', 'token', 'authentication'],
  ])('no credentials are sent to a realm that is %s', async (_name, realm, code) => {
    const { server, tags } = await start({ kind: 'token' }, known);
    server.fault({ path: /tags/ }, answer(401, { 'www-authenticate': `Bearer realm="${realm}"` }));
    await expect(tags('a')).rejects.toMatchObject({ code });
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['no token', '{}'],
    ['a token that would break the header', JSON.stringify({ token: 'a\r\nx-evil: 1' })],
  ])('a token response with %s is malformed', async (_name, content) => {
    const { server, tags } = await start({ kind: 'token' });
    server.fault({ path: /^\/token/ }, body(content));
    await expect(tags('a')).rejects.toMatchObject({ code: 'malformed-content' });
  });

  test('after a failure, the next request asks for a token again', async () => {
    const { server, tags } = await start({ kind: 'token' });
    server.fault({ path: /^\/token/, times: 1 }, body('{}'));
    await expect(tags('a')).rejects.toMatchObject({ code: 'malformed-content' });
    expect(await tags('a')).toEqual(['1']);
  });

  test('aborting one request that waits for a token does not affect others', async () => {
    const { server, client, tags } = await start({ kind: 'token' });
    const controller = new AbortController();
    server.fault({ path: /^\/token/ }, (_request, _response, next) => {
      controller.abort(new Error('stop'));
      next();
    });
    const repository = repositoryOf(server.host, 'a');
    const leaving = client.readTag(repository, tagOf('1'), undefined, { signal: controller.signal });
    const staying = tags('a');
    await expect(leaving).rejects.toThrow('stop');
    expect(await staying).toEqual(['1']);
  });
});

describe('Basic', () => {
  test('is sent after the first challenge, and with every later request', async () => {
    const { server, tags } = await start(BASIC, known);
    expect(await tags('a')).toEqual(['1']);
    expect(await tags('b')).toEqual(['1']);
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
  });

  test('is not sent to a registry that asks for something else, and the error says so', async () => {
    const { server, tags } = await start(BASIC, known);
    server.fault({ path: /tags/ }, answer(401, { 'www-authenticate': 'Negotiate' }));
    await expect(tags('a')).rejects.toThrow(/asks for authentication by negotiate; slimboard knows Bearer and Basic/);
    expect(server.requests).toHaveLength(1);
  });

  test('is sent after a 401 without a challenge', async () => {
    const { server, tags } = await start(BASIC, known);
    server.fault({ path: /tags/, times: 1 }, answer(401));
    expect(await tags('a')).toEqual(['1']);
    expect(server.requests.map(({ status }) => status)).toEqual([401, 200]);
  });

  test('credentials that expire are looked up again', async () => {
    const { credentials } = counting('old', PASSWORD);
    const { server, tags } = await start(BASIC, credentials);
    server.fault({ path: /tags/, times: 2 }, answer(401, { 'www-authenticate': 'Basic realm="test"' }));
    expect(await tags('a')).toEqual(['1']);
  });

  test('credentials that expire are looked up again where the registry answers 403 (Amazon ECR)', async () => {
    const { credentials } = counting(PASSWORD, 'renewed');
    const { server, tags } = await start(BASIC, credentials);
    expect(await tags('a')).toEqual(['1']);
    const renewed = `Basic ${Buffer.from('u:renewed').toString('base64')}`;
    server.fault({ path: /tags/ }, (request, response, next) =>
      request.headers.authorization === renewed
        ? body('{"tags":["1"]}')(request, response, next)
        : answer(403, {}, 'DENIED')(request, response, next),
    );
    expect(await tags('b')).toEqual(['1']);
  });

  test('a password that is denied one repository serves the others, also if it cannot be looked up again', async () => {
    let lookups = 0;
    const find = async (): Promise<Credentials> => {
      if (lookups++ > 0) throw new SettingsError('docker-credential-x timed out after 30 s');
      return passwordOf(PASSWORD);
    };
    const { server, tags } = await start(BASIC, { find });
    expect(await tags('a')).toEqual(['1']);
    server.fault({ path: /b\/tags/ }, answer(403, {}, 'DENIED'));
    await expect(tags('b')).rejects.toThrow('docker-credential-x timed out');
    expect(await tags('a')).toEqual(['1']);
  });

  test.each<[number, string]>([
    [403, 'access-denied'],
    [401, 'authentication'],
  ])('a password that is denied many repositories with %d is looked up again once', async (status, code) => {
    const { credentials, lookups } = counting(PASSWORD);
    const { server, tags } = await start(BASIC, credentials);
    expect(await tags('a')).toEqual(['1']);
    server.forgetRequests();
    server.fault({ path: /tags/ }, answer(status, {}, 'DENIED'));
    for (const name of ['a', 'b']) await expect(tags(name)).rejects.toMatchObject({ code });
    expect(lookups()).toBe(2);
    expect(server.requests.map(({ path }) => path.split('?')[0])).toEqual([
      '/v2/a/tags/list',
      '/v2/',
      '/v2/b/tags/list',
    ]);
  });
});

describe.each(['basic', 'token'] as const)('a password that a registry with %s authentication refuses', (kind) => {
  test('is sent for one request and a login, then again only after a minute', async () => {
    const { time, ...timing } = timed();
    let password = 'wrong';
    const find = async () => passwordOf(password);
    const { server, tags } = await start({ ...TOKEN, kind }, { find }, { client: timing });
    let sent = 0;
    server.fault({ path: /./ }, (request, _response, next) => {
      if (request.headers.authorization?.startsWith('Basic ')) sent += 1;
      next();
    });
    for (let n = 0; n < 5; n++) await expect(tags('a')).rejects.toMatchObject({ code: 'authentication' });
    await expect(tags('a')).rejects.toThrow('refused the credentials of x a moment ago: check username and password');
    expect(sent).toBe(2);
    password = PASSWORD;
    time.nowMs = 59_999;
    await expect(tags('a')).rejects.toMatchObject({ code: 'authentication' });
    expect(sent).toBe(2);
    time.nowMs = 60_000;
    expect(await tags('a')).toEqual(['1']);
  });

  test('after it was accepted is being changed: requests wait until the new one is found', async () => {
    const auth = { kind, username: 'u', password: 'old' };
    const { credentials, lookups } = counting('old', 'old', 'old', 'old', 'new');
    const { server, tags } = await start(auth, credentials);
    expect(await tags('a')).toEqual(['1']);
    auth.password = 'new';
    server.expireTokens();
    expect(await Promise.all([tags('a'), tags('b'), tags('b')])).toEqual([['1'], ['1'], ['1']]);
    expect(lookups()).toBe(5);
  });

  test('after it was accepted, and stays refused, fails after two minutes', async () => {
    const auth = { kind, username: 'u', password: 'old' };
    const { credentials, lookups } = counting('old');
    const { server, tags } = await start(auth, credentials);
    expect(await tags('a')).toEqual(['1']);
    auth.password = 'new';
    server.expireTokens();
    await expect(tags('b')).rejects.toMatchObject({ code: 'authentication' });
    expect(lookups()).toBe(1 + 13);
    await expect(tags('b')).rejects.toThrow('a moment ago');
  });

  test('after it was accepted holds neither an aborted request nor the end of the client', async () => {
    const auth = { kind, username: 'u', password: 'old' };
    const server = await startRegistry({ auth });
    const client = openClient(server.host, { credentials: passwordProvider('u', 'old'), clock: systemClock });
    closedAfterTest(server);
    server.push('a', '1', app);
    const stop = new AbortController();
    const tags = () => tagNames(client, repositoryOf(server.host, 'a'), { signal: stop.signal });
    expect(await tags()).toEqual(['1']);
    auth.password = 'new';
    server.expireTokens();
    const waiting = tags();
    while (server.requests.filter(({ status }) => status === 401).length < 3) await new Promise(setImmediate);
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    await client.close();
  });
});

test('a password that is refused is not sent by requests that wait for their turn, but the new one', async () => {
  let accepted = 'old';
  const { credentials } = counting('old', 'old', 'new');
  const governor = createInProcessGovernor();
  const { server, tags } = await start(undefined, credentials, {
    client: { governor: { acquire: (host, options) => governor.acquire(host, { ...options, maxConcurrency: 2 }) } },
  });
  server.fault({}, (request, response, next) => {
    if (request.headers.authorization === basic('u', accepted)) return next();
    answer(401, { 'www-authenticate': 'Basic realm="x"' })(request, response, next);
  });
  await tags('a');
  accepted = 'new';
  server.forgetRequests();
  await Promise.all(Array.from({ length: 20 }, () => tags('a')));
  const refused = server.requests.filter(({ status }) => status === 401);
  // Two that were under way, two that took their places before the refusal was read, and one as a login.
  expect(refused.length).toBeLessThanOrEqual(5);
});

// go-gitea/gitea, routers/api/packages: api.go, container/container.go.
test('two challenges, tokens for all repositories, and a 401 with Basic for one that is denied (Gitea)', async () => {
  const { server, client, tags } = await start(undefined, known);
  const isKnown = (header = ''): boolean => header === 'Bearer all' || header === basic('u', PASSWORD);
  server.fault({ path: /^\/v2\// }, (request, response, next) => {
    if (!isKnown(request.headers.authorization)) {
      response.setHeader('www-authenticate', [`Bearer realm="${server.url}/v2/token"`, 'Basic']);
      return answer(401)(request, response, next);
    }
    if (!request.url?.startsWith('/v2/b/')) return next();
    return answer(401, { 'www-authenticate': 'Basic realm="Gitea Package API"' })(request, response, next);
  });
  server.fault({ path: /^\/v2\/token/ }, body('{"token":"all"}'));
  expect(await repositoryNames(client)).toEqual(['a', 'b']);
  expect(await tags('a')).toEqual(['1']);
  await expect(tags('b')).rejects.toMatchObject({ code: 'authentication' });
  expect(await tags('a')).toEqual(['1']);
  expect(await client.readTag(repositoryOf(server.host, 'a'), tagOf('1'), app.digest, {})).toBe(app.digest);
});

// GitLab bans an address for an hour after 30 refusals within three minutes.
describe.each(['token', 'basic'] as const)(
  'however many repositories a registry with %s authentication has',
  (kind) => {
    async function sentTo(credentials: CredentialsProvider): Promise<number> {
      const { server, tags } = await start({ ...TOKEN, kind }, credentials);
      let sent = 0;
      server.fault({ path: /./ }, (request, _response, next) => {
        if (request.headers.authorization || request.method === 'POST') sent += 1;
        next();
      });
      const repositories = Array.from({ length: 100 }, (_, at) => `team/${at}`);
      const errors = await Promise.all(repositories.map((name) => tags(name).catch((error) => error)));
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['authentication']));
      expect(errors.at(-1).message).toMatch(/refused the credentials of .+ a moment ago/);
      return sent;
    }

    test('a wrong password is sent once, and once as a login', async () => {
      expect(await sentTo(passwordProvider('u', 'wrong'))).toBe(2);
    });

    test('so is another wrong one that takes its place', async () => {
      expect(await sentTo(counting('wrong', 'wrong, too').credentials)).toBe(3);
    });

    if (kind === 'token')
      test('so is a wrong identity token', async () => {
        const wrong = { ...identity, token: new Secret('wrong') } as const;
        expect(await sentTo(provider(wrong))).toBe(2);
      });
  },
);

test('the first request with a password holds the others only until it ends, also by an abort', async () => {
  const { server, client, tags } = await start(BASIC, known);
  const held = gate(1);
  server.fault({ path: /tags/ }, (request, response, next) =>
    request.headers.authorization ? held.fault(request, response, next) : next(),
  );
  const stop = new AbortController();
  const first = tagNames(client, repositoryOf(server.host, 'a'), { signal: stop.signal });
  await held.reached;
  const others = Promise.all([tags('b'), tags('a')]);
  stop.abort(new Error('stop'));
  await expect(first).rejects.toThrow('stop');
  held.release();
  expect(await others).toEqual([['1'], ['1']]);
});

test.each<[string, () => undefined]>([
  [
    'failed',
    () => {
      throw new SettingsError('docker-credential-x timed out after 30 s');
    },
  ],
  ['found nothing', () => undefined],
])('a look-up of credentials that %s is repeated only after a minute', async (_what, first) => {
  const { time, ...timing } = timed();
  let lookups = 0;
  const find = async () => (lookups++ === 0 ? first() : passwordOf(PASSWORD));
  const { tags } = await start(BASIC, { find }, { client: timing });
  await expect(tags('a')).rejects.toMatchObject({ retry: { kind: 'never' } });
  time.nowMs = 59_999;
  await expect(tags('a')).rejects.toMatchObject({ retry: { kind: 'never' } });
  expect(lookups).toBe(1);
  time.nowMs = 60_000;
  expect(await tags('a')).toEqual(['1']);
});

test('a token server that knows no scope for the catalog is asked for a token without one', async () => {
  const { server, client } = await start({ ...TOKEN, repositoryScopesOnly: true }, known);
  expect(await repositoryNames(client)).toEqual(['a', 'b']);
  const asked = server.requests.map(({ path }) => path).filter((path) => path.startsWith('/token'));
  expect(asked.map((path) => new URL(path, server.url).searchParams.get('scope'))).toEqual([
    'registry:catalog:*',
    null,
  ]);
});

describe('a registry that lists some repositories for anonymous clients', () => {
  test.each([BASIC, TOKEN])('gets the credentials with the first request: $kind', async (auth) => {
    const { server, client } = await start(auth, known, { registry: { publicCatalog: ['a'] } });
    expect(await repositoryNames(client)).toEqual(['a', 'b']);
    expect(server.requests[0]?.headers.authorization).toMatch(/^Basic /);
  });

  test('is asked anonymously without credentials', async () => {
    const { client } = await start({ kind: 'token' }, undefined, { registry: { publicCatalog: ['a'] } });
    expect(await repositoryNames(client)).toEqual(['a']);
  });
});

describe('a server that repeats in an error what it was sent', () => {
  /** Refuses a request with its Authorization header, the password in that, and its body. */
  const echo: Fault = (request, response) => {
    const { authorization = '' } = request.headers;
    const userinfo = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    readBody(request, (body) => json(response, 403, { message: `no: ${authorization} ${userinfo} ${body}` }));
  };

  test.each<[string, RegistryServerOptions['auth'], Credentials, RegExp]>([
    ['a password', BASIC, passwordOf(PASSWORD), /tags/],
    ['a password for a token', TOKEN, passwordOf(PASSWORD), /^\/token/],
    ['an identity token', { kind: 'token', identityToken: PASSWORD }, identity, /^\/token/],
    ['a token for the registry', TOKEN, registryToken, /tags/],
  ])('%s: the message does not', async (_name, auth, credentials, path) => {
    const { server, tags } = await start(auth, provider(credentials));
    server.fault({ path }, (request, response, next) =>
      request.headers.authorization || request.method === 'POST' ? echo(request, response, next) : next(),
    );
    const error = await tags('a').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining('[secret]') });
    expect(String(error)).not.toContain(PASSWORD);
    expect(String(error)).not.toContain(basic('u', PASSWORD).replace('Basic ', ''));
  });
});

describe('a registry that answers 404 or 403 for private repositories to anonymous clients', () => {
  const unknown = answer(404, {}, 'NAME_UNKNOWN');
  const denied = answer(403, {}, 'DENIED');
  const hiding = async (credentials?: CredentialsProvider, refusal: Fault = unknown) => {
    const started = await start(undefined, credentials);
    started.server.fault({ path: /tags/ }, toAnonymous(refusal));
    return started;
  };

  test.each<[number, Fault]>([
    [404, unknown],
    [403, denied],
  ])('is asked again with username and password after a %s, and then with every request', async (status, refusal) => {
    const { server, tags } = await hiding(known, refusal);
    expect(await tags('a')).toEqual(['1']);
    expect(await tags('b')).toEqual(['1']);
    expect(server.requests.map((request) => request.status)).toEqual([status, 200, 200]);
  });

  test('and denies it without credentials: the error says that the request was anonymous', async () => {
    const { server, tags } = await hiding(undefined, denied);
    await expect(tags('a')).rejects.toThrow(/permission denied for anonymous access/);
    expect(server.requests).toHaveLength(1);
  });

  test('is asked once without credentials', async () => {
    const { server, tags } = await hiding();
    expect(await tags('a')).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('and denies one with the credentials, too, and public ones to wrong credentials: these are still read', async () => {
    const { server, tags } = await start(undefined, known);
    server.fault({ path: /a\/tags/ }, denied);
    server.fault({ path: /b\/tags/ }, (request, response, next) =>
      request.headers.authorization ? denied(request, response, next) : next(),
    );
    await expect(tags('a')).rejects.toMatchObject({ code: 'access-denied' });
    expect(await tags('b')).toEqual(['1']);
    expect(server.requests.map(({ status }) => status)).toEqual([403, 403, 200]);
  });

  test('is believed when it answers 404 to the credentials, too', async () => {
    const { server, tags } = await start(undefined, known);
    expect(await tags('gone')).toEqual([]);
    expect(server.requests.map(({ status }) => status)).toEqual([404, 404]);
  });
});

describe('a registry that accepts username and password for its catalog', () => {
  test('gets them for everything else, too: private repositories are found', async () => {
    const { server, client, tags } = await start(undefined, known);
    server.fault({ path: /tags/ }, toAnonymous(answer(404, {}, 'NAME_UNKNOWN')));
    expect(await repositoryNames(client)).toEqual(['a', 'b']);
    expect(await tags('a')).toEqual(['1']);
  });

  test('gets tokens where it demands them', async () => {
    const { server, client, tags } = await start(TOKEN, known);
    server.fault({ path: /_catalog/ }, body('{"repositories":["a"]}'));
    expect(await repositoryNames(client)).toEqual(['a']);
    expect(await tags('a')).toEqual(['1']);
    expect(await tags('b')).toEqual(['1']);
    expect(server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test('gets them for the catalog if it accepts no token there, and tokens for repositories (Harbor)', async () => {
    const { server, client, tags } = await start(TOKEN, known);
    server.fault({ path: /_catalog/ }, (request, response, next) =>
      request.headers.authorization?.startsWith('Basic ')
        ? body('{"repositories":["a"]}')(request, response, next)
        : answer(401, { 'www-authenticate': 'Basic realm="harbor"' })(request, response, next),
    );
    for (let night = 0; night < 3; night += 1) {
      expect(await tags('a')).toEqual(['1']);
      expect(await repositoryNames(client)).toEqual(['a']);
    }
    expect(tokensAsked(server)).toBeLessThanOrEqual(2);
  });
});

test('a registry token is sent as it is', async () => {
  const { server, tags } = await start(undefined, provider(registryToken));
  expect(await tags('a')).toEqual(['1']);
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${PASSWORD}`);
});

describe('secrets are not leaked', () => {
  test.each([
    ['Basic', { kind: 'basic', username: 'u', password: 'other' }, known],
    ['Bearer', { kind: 'token', username: 'u', password: 'other' }, known],
    ['identity token', { kind: 'token', identityToken: 'other' }, provider(identity)],
    ['registry token', { kind: 'token' }, provider(registryToken)],
  ] as const)('%s: refused, and no error shows them', async (_name, auth, credentials) => {
    const { tags } = await start(auth, credentials);
    const error = await tags('a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'authentication',
      message: expect.stringContaining('the credentials of the test'),
    });
    const shown = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}`;
    expect(shown).not.toContain(PASSWORD);
    expect(shown).not.toContain(Buffer.from(`u:${PASSWORD}`).toString('base64'));
  });

  test('a redirect to another origin drops Authorization, and a redirect back does not restore it', async () => {
    const other = await startRegistry();
    closedAfterTest(other);
    const { server, tags } = await start(BASIC, known);
    await tags('b');
    server.fault({ path: /tags\/list/, times: 1 }, redirect(`${other.url}/back`));
    other.fault({}, redirect(`${server.url}/v2/a/manifests/1`));
    await expect(tags('a')).rejects.toMatchObject({ code: expect.any(String) });
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual(other.requests.map(() => undefined));
    const back = server.requests.filter(({ path }) => path === '/v2/a/manifests/1');
    expect(back[0]?.headers.authorization).toBe(undefined);
  });

  test.each([
    ['another token server', (realm: string) => `Bearer realm="${realm}/token",service="x"`],
    ['Basic', () => 'Basic realm="x"'],
  ])(
    'a 401 after a redirect, with a challenge for %s, does not count as a challenge of the registry',
    async (_name, challengeOf) => {
      const storage = await startRegistry();
      const thief = await startRegistry({ auth: { kind: 'token' } });
      closedAfterTest(storage, thief);
      const { server, tags } = await start(TOKEN, known);
      server.fault({ path: /a\/tags/ }, redirect(`${storage.url}/content`));
      storage.fault({}, answer(401, { 'www-authenticate': challengeOf(thief.url) }));
      await expect(tags('a')).rejects.toMatchObject({
        code: 'access-denied',
        message: expect.stringMatching(
          new RegExp(
            `${storage.host}, to which the registry redirected, refused the request with HTTP 401 \\(.*: .* use that host`,
          ),
        ),
      });
      expect(await tags('b')).toEqual(['1']);
      expect(thief.requests).toEqual([]);
      expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    },
  );

  test('a Secret shows its value in one way only', () => {
    const secret = new Secret(PASSWORD);
    expect(
      `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { showHidden: true, depth: 9 })}`,
    ).not.toContain(PASSWORD);
    expect(secret.reveal()).toBe(PASSWORD);
  });
});
