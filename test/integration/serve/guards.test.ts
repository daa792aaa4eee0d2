import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Hono } from 'hono';
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { StoreAccessError, StoreUnavailableError } from '../../../src/errors.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { isLoopback, limitConcurrency } from '../../../src/serve/guards.ts';
import { type ListeningDashboard, listen } from '../../../src/serve/listen.ts';
import { dashboardOver } from '../../support/dashboard.ts';
import { PGLITE, useDatabase } from '../../support/databases.ts';

const TOKEN = 'a token of some length';
let server: ListeningDashboard | undefined;

const db = useDatabase(PGLITE.open);
afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('without a token', () => {
  test('only this machine is served', async () => {
    await expect(listen(await dashboardOver(db, { host: '0.0.0.0' }))).rejects.toThrow(/SLIMBOARD_SERVE_TOKEN/);
  });

  test.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.com', false],
  ])('whether %s is an address that only this machine reaches: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });

  test.each(['127.0.0.1', 'localhost:8620', '[::1]:8620', 'LOCALHOST'])('%s is this machine', async (host) => {
    const app = createDashboardApp(await dashboardOver(db));
    expect((await app.request('/', { headers: { host } })).status).toBe(200);
  });

  test.each(['evil.example.com', '127.0.0.1.evil.example.com', 'localhost.example.com:8620', ''])(
    'another name that resolves to this machine is refused: "%s"',
    async (host) => {
      const app = createDashboardApp(await dashboardOver(db));
      expect((await app.request('/', { headers: { host } })).status).toBe(421);
    },
  );
});

describe('with a token', () => {
  const appOf = async () => createDashboardApp(await dashboardOver(db, { host: '0.0.0.0', token: TOKEN }));

  test.each([
    ['/api/v1/overview', 401],
    ['/metrics', 401],
    ['/', 302],
    ['/images?q=x', 302],
    ['/queues', 302],
    ['/assets/x', 404],
    ['/assets/x/y', 302],
    ['/metricsx', 302],
    ['/healthz', 200],
    ['/readyz', 200],
    ['/login', 200],
  ])('%s without it is answered with %i', async (path, status) => {
    expect((await (await appOf()).request(path)).status).toBe(status);
  });

  test.each([
    [`Bearer ${TOKEN}`, 200],
    [`bearer ${TOKEN}`, 200],
    [`Bearer ${TOKEN}x`, 401],
    [`Bearer ${TOKEN.slice(0, -1)}`, 401],
    [`Basic ${TOKEN}`, 401],
    ['Bearer', 401],
  ])('Authorization: %s is answered with %i', async (authorization, status) => {
    expect((await (await appOf()).request('/api/v1/overview', { headers: { authorization } })).status).toBe(status);
  });

  const logIn = async (app: Awaited<ReturnType<typeof appOf>>, fields: Record<string, string>, headers = {}) =>
    app.request('/login', { method: 'POST', body: new URLSearchParams(fields), headers });

  test('a browser logs in by a form, and gets a cookie that no script or other site can use', async () => {
    const app = await appOf();
    const answer = await logIn(app, { token: TOKEN, next: '/images?q=x' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/images?q=x');
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Strict/i);
    expect(cookie).toMatch(/Max-Age=43200\b/i);
    expect(cookie).not.toMatch(/Secure/i);
    expect(cookie).not.toContain(TOKEN);
    const session = cookie.split(';')[0] ?? '';
    expect((await app.request('/', { headers: { cookie: session } })).status).toBe(200);
    expect((await app.request('/', { headers: { cookie: `${session}x` } })).status).toBe(302);
  });

  test('behind a proxy that ends TLS, the cookie is sent over TLS alone', async () => {
    const answer = await logIn(await appOf(), { token: TOKEN }, { 'x-forwarded-proto': 'https' });
    expect(answer.headers.get('set-cookie')).toMatch(/; Secure/i);
  });

  test.each(['/teams/Team%20A', '/repository?name=a%2Fb', '/teams/M%C3%BCnchen'])(
    'the log-in leads back to %s',
    async (path) => {
      const app = await appOf();
      const form = new URL((await app.request(path)).headers.get('location') ?? '', 'http://localhost');
      const next = form.searchParams.get('next') ?? '';
      expect((await logIn(app, { token: TOKEN, next })).headers.get('location')).toBe(path);
    },
  );

  test.each([
    ['13:59:59', 200],
    ['14:00:00', 302],
  ])('a session ends after twelve hours: begun at 02:00, at %s it is answered with %i', async (time, status) => {
    const session = (await logIn(await appOf(), { token: TOKEN })).headers.get('set-cookie')?.split(';')[0] ?? '';
    const later = { ...(await dashboardOver(db, { token: TOKEN })), now: () => new Date(`2026-11-24T${time}Z`) };
    expect((await createDashboardApp(later).request('/', { headers: { cookie: session } })).status).toBe(status);
  });

  test('another token is refused by a form that says so, and still leads back', async () => {
    const answer = await logIn(await appOf(), { token: 'guess', next: '/images?q=x' });
    expect(answer.status).toBe(401);
    const form = await answer.text();
    expect(form).toContain('Wrong token');
    expect(form).toContain('name="next" value="/images?q=x"');
    expect(form).not.toContain('guess');
  });

  test.each(['//evil.example.com', 'https://evil.example.com', '/\\evil.example.com', '/a\r\nset-cookie: x'])(
    'the log-in redirects to no other site: %s',
    async (next) => {
      const app = await appOf();
      expect((await logIn(app, { token: TOKEN, next })).headers.get('location')).toBe('/');
      const form = await (await app.request(`/login?${new URLSearchParams({ next })}`)).text();
      expect(form).toContain('name="next" value="/"');
    },
  );
});

describe('requests', () => {
  const appOf = async () => createDashboardApp(await dashboardOver(db));
  const host = '127.0.0.1';

  test('every response has the security headers', async () => {
    const app = await appOf();
    for (const path of ['/', '/nothing', '/api/v1/overview', '/assets/x']) {
      const { headers } = await app.request(path, { headers: { host } });
      for (const rule of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"])
        expect(headers.get('content-security-policy')).toContain(rule);
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe(path === '/' ? 'private, no-cache' : 'no-store');
    }
  });

  test('style and script may be kept for ever, because another version has another address', async () => {
    const dashboard = await dashboardOver(db);
    const { style, script } = dashboard.assets;
    for (const { path, contentType, text: expected } of [style, script]) {
      const answer = await createDashboardApp(dashboard).request(path, { headers: { host } });
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-type')).toBe(contentType);
      expect(await answer.text()).toBe(expected);
    }
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    expect((await (await appOf()).request('/', { method, headers: { host } })).status).toBe(405);
  });

  test.each([
    ['/', 'POST'],
    ['/images', 'POST'],
    ['/api/v1/overview', 'POST'],
    ['/login', 'PUT'],
  ])('%s refuses %s, even with the token', async (path, method) => {
    const serve = { host: '0.0.0.0', token: TOKEN };
    const answer = await createDashboardApp(await dashboardOver(db, serve)).request(path, {
      method,
      headers: { host },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(path === '/login' ? 'GET, HEAD, POST' : 'GET, HEAD');
  });

  test.each([
    [414, 'address-too-long', `/api/v1/overview?q=${'x'.repeat(5_000)}`, {}],
    [413, 'body-too-large', '/api/v1/overview', { 'content-length': '100000' }],
    [421, 'not-this-host', '/api/v1/overview', { host: 'evil.example.com' }],
    [400, 'settings', '/api/v1/reports/images?q=%00', {}],
  ])('under /api/ a %i has the form of all errors of the API: %s', async (status, code, path, headers) => {
    const answer = await (await appOf()).request(path, { headers: { host, ...headers } });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });

  test('more requests than the limit get a 503', async () => {
    const app = new Hono();
    app.use(limitConcurrency(1));
    let answered = 0;
    // Asked again while it works.
    app.get('/api/v1/again', () => {
      answered++;
      return app.request('/api/v1/again');
    });
    const answer = await app.request('/api/v1/again');
    expect(answered).toBe(1);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await answer.json()).toEqual({
      error: { code: 'busy', message: 'too many requests at a time: try again in a few seconds' },
    });
    await app.request('/api/v1/again');
    expect(answered).toBe(2);
  });

  test.each(['/images?q=%00', '/teams/%00', '/compare?old=%00&new=x', '/repository?name=%00'])(
    'addresses with NUL are refused before Postgres sees them: %s',
    async (path) => {
      expect((await (await appOf()).request(path, { headers: { host } })).status).toBe(400);
    },
  );

  test.each(['errors', 'findings', 'advice', 'images', 'leaderboard?by=base&metric=stored&q='])(
    'before any audit a page does not claim that all is well: /%s',
    async (kind) => {
      expect(await (await (await appOf()).request(`/${kind}`, { headers: { host } })).text()).toContain(
        'No audit has finished yet.',
      );
    },
  );

  test('long addresses and large bodies are refused', async () => {
    const app = await appOf();
    expect((await app.request(`/?q=${'x'.repeat(5_000)}`, { headers: { host } })).status).toBe(414);
    expect((await app.request(`/teams/${'x'.repeat(5_000)}`, { headers: { host } })).status).toBe(414);
    expect((await app.request(`/teams/${'x'.repeat(4_000)}`, { headers: { host } })).status).toBe(404);
    const large = { host, 'content-length': '100000' };
    expect((await app.request('/login', { method: 'POST', headers: large, body: 'x' })).status).toBe(413);
    const unknown = { host, 'transfer-encoding': 'chunked' };
    expect((await app.request('/login', { method: 'POST', headers: unknown, body: 'x' })).status).toBe(413);
  });

  test.each([
    [500, new Error('secret detail')],
    [500, new StoreAccessError('secret detail')],
    [503, new StoreUnavailableError('secret detail')],
  ])('the reason of a failure that no request is to blame for goes to the log only: %i, %o', async (status, error) => {
    const lines: string[] = [];
    const broken = { ...db, query: async () => Promise.reject(error) } as unknown as Database;
    const app = createDashboardApp(await dashboardOver(broken, {}, lines));
    const answer = await app.request(`/api/v1/images/sha256:${'0'.repeat(64)}`, { headers: { host } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('secret detail');
    expect(lines.join('')).toContain('secret detail');
    expect((await app.request('/readyz', { headers: { host } })).status).toBe(503);
  });

  test.each([
    '/../../../../etc/passwd',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..\\..\\package.json',
    '/assets/%00',
    '//etc/passwd',
  ])('no path serves a file: %s', async (path) => {
    server = await listen(await dashboardOver(db));
    const { port } = new URL(server.url);
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const asked = request({ port, host, path }, async (response) =>
        resolve({ status: response.statusCode, body: await text(response) }),
      );
      asked.on('error', reject).end();
    });
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toMatch(/root:|"dependencies"/);
  });

  test('endless headers are cut off', async () => {
    server = await listen(await dashboardOver(db));
    const { port } = new URL(server.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, host, path: '/', headers: { 'x-long': 'x'.repeat(20_000) } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(431);
  });

  test('a port in use is an error that names it', async () => {
    server = await listen(await dashboardOver(db));
    const port = Number(new URL(server.url).port);
    await expect(listen(await dashboardOver(db, { port }))).rejects.toThrow(/is in use/);
  });
});
