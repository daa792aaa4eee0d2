import { Hono } from 'hono';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { createReportAnswerer } from '../../../src/serve/answer-report.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { listen } from '../../../src/serve/listen.ts';
import { parseReportQuery } from '../../../src/serve/report-query.ts';
import { auditedFleet, dashboardOver } from '../../support/dashboard.ts';
import { BACKENDS, databaseWith, useDatabase } from '../../support/databases.ts';

const LOCAL = { headers: { host: '127.0.0.1:8620' } };
const queryOf = (text: string) => parseReportQuery(new URLSearchParams(text));
const PATH = '/api/v1/reports/images?format=csv';

describe.each(BACKENDS)('a long report from $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    await auditedFleet(db);
  });

  test('counts as a stream until its client has read it or leaves', async () => {
    const answer = createReportAnswerer(await dashboardOver(db), 1);
    const app = new Hono()
      .get('/api/long', (context) => answer(context, KINDS.images, queryOf('format=csv')))
      .get('/api/short', (context) => answer(context, KINDS.images, queryOf('format=csv&limit=2')));
    const unread = await app.request('/api/long');
    expect(unread.status).toBe(200);
    const refused = await app.request('/api/long');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ error: { code: 'busy' } });
    await unread.body?.cancel();
    expect((await app.request('/api/long', { method: 'HEAD' })).status).toBe(200);
    const lines = (await (await app.request('/api/long')).text()).split('\r\n');
    const unreadShort = await app.request('/api/short');
    expect((await (await app.request('/api/long')).text()).split('\r\n')).toEqual(lines);
    expect(await unreadShort.text()).toBe(`${lines.slice(0, 3).join('\r\n')}\r\n`);
  });

  test('is the first thousand rows as JSON, and all of them in other formats, unless a limit is given', async () => {
    const numbers: ReportKind = {
      name: 'numbers',
      description: 'Numbers.',
      columns: [{ name: 'number', type: 'integer', description: 'The number.' }],
      filters: {},
      query: () => 'select n as number from generate_series(1, 1002) n',
    };
    const answer = createReportAnswerer(await dashboardOver(db));
    const app = new Hono().get('/api/numbers', (context) =>
      answer(context, numbers, queryOf(new URL(context.req.url).search)),
    );
    const read = async (query: string) => (await app.request(`/api/numbers${query}`)).text();
    expect(JSON.parse(await read('')).rows).toHaveLength(1_000);
    expect(JSON.parse(await read('?limit=1001')).rows).toHaveLength(1_001);
    expect((await read('?format=ndjson')).trimEnd().split('\n')).toHaveLength(1_002);
    expect((await read('?format=ndjson&limit=3')).trimEnd().split('\n')).toHaveLength(3);
  });

  test('is asked for without its rows: the answer tells whether there would be any', async () => {
    const app = createDashboardApp(await dashboardOver(db));
    const headOf = async (query: string) => {
      const answer = await app.request(`/api/v1/reports/images?${query}`, { ...LOCAL, method: 'HEAD' });
      return [answer.status, answer.headers.get('content-type'), await answer.text()];
    };
    expect(await headOf('format=csv')).toEqual([200, 'text/csv; charset=utf-8; header=present', '']);
    expect(await headOf('format=csv&sort=nothing')).toEqual([400, 'application/json', '']);
  });

  test('that fails at once is an error response', async () => {
    const log: string[] = [];
    const app = createDashboardApp(await dashboardOver(failingAfter(db, 0), {}, log));
    const answer = await app.request(PATH, LOCAL);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret detail');
    expect(log.join('')).toContain('secret detail');
    expect((await app.request('/readyz', LOCAL)).status).toBe(200);
  });

  test('that fails when its connection was cut, as when the server stops, is not logged', async () => {
    const log: string[] = [];
    const app = createDashboardApp(await dashboardOver(failingAfter(db, 0), {}, log));
    expect((await app.request(PATH, { ...LOCAL, signal: AbortSignal.abort() })).status).toBe(500);
    expect(log).toEqual([]);
  });

  test('that fails half-way is cut off and logged', async () => {
    const written = vi.spyOn(console, 'error');
    const log: string[] = [];
    const server = await listen(await dashboardOver(failingAfter(db, 1), {}, log));
    try {
      const answer = await fetch(`${server.url}${PATH}`);
      await expect(answer.text()).rejects.toThrow();
      expect(log).toEqual([expect.stringMatching(/a report failed while it was being sent/)]);
      expect(JSON.parse(log[0] ?? '')).toMatchObject({
        path: '/api/v1/reports/images',
        error: { message: 'secret detail' },
      });
      expect(written).not.toHaveBeenCalled();
    } finally {
      written.mockRestore();
      await server.close();
    }
  });
});

/** The same, whose streams fail after so many batches. */
function failingAfter(db: Database, batches: number): Database {
  return databaseWith(db, {
    async *streamTexts(sql, parameters) {
      let left = batches;
      for await (const texts of db.streamTexts(sql, parameters, 2)) {
        if (left-- === 0) break;
        yield texts;
      }
      throw new Error('secret detail');
    },
  });
}
