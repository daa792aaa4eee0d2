import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { auditedFleet, dashboardOver } from '../../support/dashboard.ts';
import { BACKENDS, databaseWith, useDatabase } from '../../support/databases.ts';

const LOCAL = { host: '127.0.0.1:8620' };
const PAGE = '/images?q=app';

describe.each(BACKENDS)('answers over $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    await auditedFleet(db);
  });

  /** A dashboard, and how often it has read a report. */
  const countingDashboard = async (changes: Partial<Database> = {}) => {
    let reads = 0;
    const counting = databaseWith(db, {
      streamTexts(...query) {
        reads++;
        return db.streamTexts(...query);
      },
      ...changes,
    });
    const app = createDashboardApp(await dashboardOver(counting));
    const get = (path: string, headers = {}) => app.request(path, { headers: { ...LOCAL, ...headers } });
    return { app, get, textOf: async (path: string) => (await get(path)).text(), reads: () => reads };
  };

  test('many who open a page at once get one answer, and none is refused', async () => {
    const { get, textOf, reads } = await countingDashboard();
    const alone = await textOf(PAGE);
    const once = reads();
    const other = await countingDashboard();
    const answers = await Promise.all(Array.from({ length: 100 }, () => other.get(PAGE)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(await Promise.all(answers.map((answer) => answer.text())))).toEqual(new Set([alone]));
    expect(other.reads()).toBe(once);
    expect((await get('/images?q=other')).status).toBe(200);
  });

  test('of many who ask the API at once, as many as it may work for get an answer', async () => {
    const { get } = await countingDashboard();
    const answers = await Promise.all(Array.from({ length: 40 }, () => get('/api/v1/reports/images')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(32);
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(8);
  });

  /** A dashboard over a database to which nothing is written until `write`: other tests may write to the same Postgres. */
  const undisturbed = async (changes: Partial<Database> = {}) => {
    let writes = 0;
    const dashboard = await countingDashboard({
      query: (sql, parameters) =>
        db.query(sql.replace('pg_current_snapshot()', `(pg_current_snapshot() is not null, ${writes})`), parameters),
      ...changes,
    });
    return { ...dashboard, write: () => void writes++ };
  };

  test('a page is kept until something is written, and each address by itself', async () => {
    const { textOf, reads, write } = await undisturbed();
    const texts = async () => [await textOf(PAGE), await textOf('/images?q=app-3')];
    const before = await texts();
    expect(before[0]).not.toBe(before[1]);
    const once = reads();
    expect(await texts()).toEqual(before);
    expect(reads()).toBe(once);
    write();
    expect(await texts()).toEqual(before);
    expect(reads()).toBe(2 * once);
  });

  test('a page is read again once something was written', async () => {
    const { textOf } = await countingDashboard();
    const texts = async () => [await textOf(PAGE), await textOf('/images?q=app-3')];
    const before = await texts();
    const own = (team: string) => db.query("update repository set team = $1 where name = 'payments/app-3'", [team]);
    await own('other');
    const after = await texts();
    await own('payments');
    expect(before.join()).not.toContain('href="/teams/other"');
    for (const text of after) expect(text).toContain('href="/teams/other"');
    expect(await texts()).toEqual(before);
  });

  test('a page is read again if something was written while it was read', async () => {
    let read = 0;
    const { textOf, write } = await undisturbed({
      streamTexts(...query) {
        read++;
        if (read === 1) write();
        return db.streamTexts(...query);
      },
    });
    const page = await textOf(PAGE);
    const once = read;
    for (const _ of ['read again', 'kept']) {
      expect(await textOf(PAGE)).toBe(page);
      expect(read).toBe(2 * once);
    }
  });

  test('HEAD and GET give each other their answers, and only GET a body', async () => {
    const { app, get, reads } = await undisturbed();
    const head = await app.request(PAGE, { method: 'HEAD', headers: LOCAL });
    const once = reads();
    const page = await get(PAGE);
    const again = await app.request(PAGE, { method: 'HEAD', headers: LOCAL });
    expect(reads()).toBe(once);
    expect((await page.text()).length).toBeGreaterThan(1_000);
    for (const { status, headers, body } of [head, again])
      expect([status, body, headers.get('etag')]).toEqual([200, null, page.headers.get('etag')]);
  });

  test('what is kept is shown only to those who have logged in', async () => {
    const app = createDashboardApp(await dashboardOver(db, { token: 'secret' }));
    const statusFor = async (headers: Record<string, string>) => (await app.request(PAGE, { headers })).status;
    expect(await statusFor({ authorization: 'Bearer secret' })).toBe(200);
    expect([await statusFor({}), await statusFor({ authorization: 'Bearer wrong' })]).toEqual([302, 302]);
  });

  test('a failure is not kept', async () => {
    let fails = true;
    const { get } = await countingDashboard({
      streamTexts: (...query) => {
        if (fails) throw new StoreUnavailableError('gone');
        return db.streamTexts(...query);
      },
    });
    const [first, second] = await Promise.all([get(PAGE), get(PAGE)]);
    expect([first.status, second.status]).toEqual([503, 503]);
    fails = false;
    expect((await get(PAGE)).status).toBe(200);
  });

  test('browsers keep pages, and load them again only when they have changed', async () => {
    const { get } = await countingDashboard();
    const page = await get(PAGE);
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
    const tag = page.headers.get('etag') ?? '';
    const same = await get(PAGE, { 'if-none-match': tag });
    expect([same.status, await same.text()]).toEqual([304, '']);
    expect(same.headers.get('cache-control')).toBe('private, no-cache');
    expect(same.headers.get('etag')).toBe(tag);
    expect((await get('/images', { 'if-none-match': tag })).status).toBe(200);
  });

  test.each(['/nothing', '/teams/nobody', '/images?nothing=1', '/api/v1/overview', '/readyz'])(
    'browsers do not keep %s',
    async (path) => {
      const { get } = await countingDashboard();
      const answer = await get(path);
      expect([answer.headers.get('cache-control'), answer.headers.get('etag')]).toEqual(['no-store', null]);
    },
  );

  test.each([PAGE, '/api/v1/reports/images?format=csv', '/api/v1/overview', '/metrics'])(
    'is compressed for those who ask for it: %s',
    async (path) => {
      const { get } = await countingDashboard();
      const plain = await get(path);
      const text = await plain.text();
      const small = await get(path, { 'accept-encoding': 'gzip, br' });
      const bytes = Buffer.from(await small.arrayBuffer());
      expect([plain, small].map(({ headers }) => headers.get('content-encoding'))).toEqual([null, 'gzip']);
      expect([plain, small].map(({ headers }) => headers.get('vary'))).toEqual(['Accept-Encoding', 'Accept-Encoding']);
      // Metrics differ from one request to the next.
      if (path !== '/metrics') expect(gunzipSync(bytes).toString()).toBe(text);
      expect(bytes.length).toBeLessThan(text.length / 2);
    },
  );

  test('a compressed page that has not changed is not sent again', async () => {
    const { get } = await countingDashboard();
    const tag = (await get(PAGE, { 'accept-encoding': 'gzip' })).headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\//);
    const same = await get(PAGE, { 'accept-encoding': 'gzip', 'if-none-match': tag });
    expect([same.status, same.headers.get('content-encoding')]).toEqual([304, null]);
  });
});
