import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { createDelivery, type DeliveryOptions } from '../../../src/deliver/create-delivery.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/log.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { findNewestAudit } from '../../../src/store/audit-store.ts';
import { defaultSettings } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { auditedFleet } from '../../support/dashboard.ts';
import { BACKENDS, databaseWith } from '../../support/databases.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { Inventory } from '../../support/inventory.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ProxyServer } from '../../support/proxy-server.ts';

describe.each(BACKENDS)('delivery from $name', ({ open }) => {
  let db: Database;
  let auditId: number;
  let folder: string;
  let server: Server;
  let port: number;
  let status: number;
  let received: { path: string | undefined; id: unknown; timestamp: unknown; event: string; items_total: number }[];
  let logged: string;

  beforeAll(async () => {
    db = await open();
    await auditedFleet(db);
    auditId = (await findNewestAudit(db))?.id ?? 0;
    server = createServer(async (request, response) => {
      const body = await text(request);
      const answer = request.url === '/other' ? 200 : status;
      const { 'x-slimboard-delivery': id, 'x-slimboard-timestamp': timestamp } = request.headers;
      if (answer === 200) received.push({ path: request.url, id, timestamp, ...JSON.parse(body) });
      response.writeHead(answer).end();
    });
    port = await listenOnFreePort(server);
  });
  afterAll(async () => {
    if (server) await closeServer(server);
    await db?.close();
  });
  beforeEach(async () => {
    folder = await newFolder();
    status = 200;
    received = [];
    logged = '';
    await db.query('delete from delivery');
  });

  const deliver = async (
    settings: Partial<DeliveryOptions['settings']>,
    id = auditId,
    { signal = new AbortController().signal, environment = {}, of = db } = {},
  ) => {
    const stream = new Writable({
      write(line, _, done) {
        logged += line;
        done();
      },
    });
    const log = createLogger({ level: 'info', format: 'json', stream });
    const hook = `http://127.0.0.1:${port}/`;
    const all = { ...(await defaultSettings()), ...settings };
    const options = {
      settings: all,
      environment: { HOOK: hook, OTHER_HOOK: `${hook}other`, ...environment },
      db: of,
      log,
      folder,
      delaysMs: [],
    };
    await createDelivery(options)(id, signal);
  };

  test('writes every kind in every format, and writes it again', async () => {
    const formats = ['table', 'csv', 'json', 'ndjson', 'markdown', 'html'] as const;
    const reports = formats.map((format) => ({ kind: 'teams' as const, format, path: `{source}/{audit}.${format}` }));
    await deliver({ reports });
    await deliver({ reports });
    expect((await readdir(join(folder, 'lab'))).sort()).toEqual(formats.map((format) => `${auditId}.${format}`).sort());
    expect(JSON.parse(await readFile(join(folder, 'lab', `${auditId}.json`), 'utf8'))).toMatchObject({ kind: 'teams' });
    expect(logged).toContain(
      `"audit":${auditId},"report":"teams","msg":"wrote ${join(folder, 'lab', `${auditId}.csv`)}"`,
    );
  });

  test('a database that goes away fails the whole delivery as such, so that it is made again', async () => {
    const away = new StoreUnavailableError('away');
    // biome-ignore lint/correctness/useYield: it fails before its first row
    const streamTexts = async function* (): AsyncGenerator<readonly string[]> {
      throw away;
    };
    const reports = [{ kind: 'images', format: 'csv', path: 'images.csv' }] as const;
    await expect(deliver({ reports }, auditId, { of: databaseWith(db, { streamTexts }) })).rejects.toBe(away);
    expect(logged).toBe('');
    await deliver({ reports });
    expect(await readdir(folder)).toEqual(['images.csv']);
  });

  test('a leaderboard ranks teams by what they store, at the configured price', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('ranked');
    for (const [team, bytes, tags] of [
      ['few-large', 100, 1],
      ['many-small', 60, 2],
    ] as const) {
      const repository = await inventory.repository(source, team, team, '2026-11-24T01:00:00Z');
      const image = await inventory.image({ name: team, layers: [[team, bytes]] });
      for (let tag = 0; tag < tags; tag++) await inventory.tag(repository, `${tag}`, image, '2026-11-24T01:00:00Z');
    }
    await inventory.audit(source, '2026-11-24T01:00:00Z');
    const prices = { storagePerGBMonth: 1e9, currency: 'USD' };
    await deliver({ prices, reports: [{ kind: 'leaderboard', format: 'json', path: 'ranks.json' }] });
    const { rows } = JSON.parse(await readFile(join(folder, 'ranks.json'), 'utf8'));
    const ranked = rows.filter(({ team }: { team: string }) => ['few-large', 'many-small'].includes(team));
    expect(ranked).toMatchObject([
      { team: 'few-large', stored_bytes: 101, monthly_cost: 101 },
      { team: 'many-small', stored_bytes: 61, monthly_cost: 61 },
    ]);
  });

  test('a path has the day on which the audit ended, and all its sources', async () => {
    const inventory = new Inventory(db);
    const [one, two] = [await inventory.source('one'), await inventory.source('two')];
    const id = await inventory.audit(one, '2026-11-24T01:00:00Z');
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [id, two]);
    await db.query("update audit set started_at = '2026-11-23T22:00:00Z' where id = $1", [id]);
    await deliver({ reports: [{ kind: 'audits', format: 'csv', path: '{date} {source}.csv' }] }, id);
    expect(await readdir(folder)).toEqual(['2026-11-24 one+two.csv']);
  });

  test('an audit that is gone by then has nothing to deliver', async () => {
    await deliver({ reports: [{ kind: 'audits', format: 'csv', path: 'audits.csv' }] }, 999);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a message that was accepted is not sent again', async () => {
    const notify = [{ kind: 'webhook' as const, urlFrom: 'HOOK', on: ['finished' as const] }];
    await deliver({ notify });
    await deliver({ notify });
    expect(received).toMatchObject([{ event: 'finished', audit: { id: auditId, sources: ['lab'] } }]);
  });

  test('a refused message is sent by the next attempt, and does not delay others', async () => {
    status = 400;
    const target = { kind: 'webhook' as const, on: ['finished' as const] };
    const notify = [
      { ...target, urlFrom: 'HOOK' },
      { ...target, urlFrom: 'OTHER_HOOK' },
    ];
    const reports = [{ kind: 'audits' as const, format: 'csv' as const, path: 'audits.csv' }];
    await expect(deliver({ notify, reports })).rejects.toThrow(/did not accept "finished"/);
    expect(await readdir(folder)).toEqual(['audits.csv']);
    expect(logged).toContain('"a delivery failed"');
    status = 200;
    await deliver({ notify, reports });
    expect(received.map(({ path }) => path)).toEqual(['/other', '/']);
  });

  test('every endpoint gets each event in its own form, once, and by an id that no other message has', async () => {
    const { policy } = await defaultSettings();
    const url = `http://127.0.0.1:${port}/`;
    const on = ['finished', 'budget'] as const;
    const notify = [
      { kind: 'webhook' as const, url, on },
      { kind: 'slack' as const, url, on },
      { kind: 'webhook' as const, url: `${url}other`, on },
    ];
    const settings = { notify, policy: { ...policy, budgets: [{ maxImageSize: 1 }] } };
    status = 500;
    await expect(deliver(settings)).rejects.toThrow(/did not accept "budget"/);
    status = 200;
    await deliver(settings);
    const told = received.map(({ path, event, ...message }) => `${path} ${event ?? ('text' in message && 'text')}`);
    const both = ['budget', 'finished'];
    expect(told.sort()).toEqual([
      ...both.map((event) => `/ ${event}`),
      '/ text',
      '/ text',
      ...both.map((event) => `/other ${event}`),
    ]);
    expect(new Set(received.map(({ id }) => id)).size).toBe(6);
    for (const { id, timestamp } of received) {
      expect(id).toMatch(new RegExp(`^${auditId}-(?:budget|finished)-[0-9a-f]{16}$`));
      expect(timestamp).toMatch(/^\d{10}$/);
    }
  });

  test('messages go through the proxy of the environment', async () => {
    const proxy = closedAfterTest(await ProxyServer.start());
    const notify = [{ kind: 'webhook' as const, url: `http://hooks.example.com:${port}/`, on: ['finished' as const] }];
    await deliver({ notify }, auditId, { environment: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } });
    expect(received).toMatchObject([{ event: 'finished' }]);
  });

  test('a delivery that is stopped is no failed one', async () => {
    const reason = new Error('interrupted');
    const reports = [{ kind: 'audits' as const, format: 'csv' as const, path: 'audits.csv' }];
    await expect(deliver({ reports }, auditId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(logged).toBe('');
  });

  test('an unset variable is named in the error, once for all messages that need it', async () => {
    const target = { kind: 'webhook' as const, urlFrom: 'NOT_SET', on: ['finished' as const] };
    const error = await deliver({ notify: [target, { ...target, kind: 'slack' }] }).catch((thrown: unknown) => thrown);
    expect(String(error).match(/NOT_SET is not set/g)).toHaveLength(1);
    expect(logged.match(/"a delivery failed"/g)).toHaveLength(1);
  });

  test('broken budgets are reported with the images that break them, to whom wants to know', async () => {
    const { policy } = await defaultSettings();
    const budgets = [{ team: 'payments', maxImageSize: 1 }];
    const notify = [
      { kind: 'webhook' as const, urlFrom: 'HOOK', on: ['budget' as const] },
      { kind: 'webhook' as const, urlFrom: 'OTHER_HOOK', on: ['finished' as const, 'failed' as const] },
    ];
    await deliver({ notify, policy: { ...policy, budgets } });
    const images = await db.query("select 1 from slimboard_images where team = 'payments' and tag <> ''");
    expect(received.map(({ path, event, items_total }) => [path, event, items_total]).sort()).toEqual([
      ['/', 'budget', images.length],
      ['/other', 'finished', 0],
    ]);
  });
});
