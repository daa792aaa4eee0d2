import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { createDelivery, type DeliveryOptions } from '../../../src/deliver/create-delivery.ts';
import { createLogger } from '../../../src/log.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { findNewestAudit } from '../../../src/store/audit-store.ts';
import { defaultSettings } from '../../support/audits.ts';
import { auditedFleet } from '../../support/dashboard.ts';
import { BACKENDS } from '../../support/databases.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { Inventory } from '../../support/inventory.ts';
import { newFolder } from '../../support/new-folder.ts';

describe.each(BACKENDS)('delivery from $name', ({ open }) => {
  let db: Database;
  let auditId: number;
  let folder: string;
  let server: Server;
  let port: number;
  let status: number;
  let received: { path: string | undefined; event: string; items_total: number }[];

  beforeAll(async () => {
    db = await open();
    await auditedFleet(db);
    auditId = (await findNewestAudit(db))?.id ?? 0;
    server = createServer(async (request, response) => {
      const body = await text(request);
      const answer = request.url === '/other' ? 200 : status;
      if (answer === 200) received.push({ path: request.url, ...JSON.parse(body) });
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
    await db.query('delete from delivery');
  });

  const deliver = async (settings: Partial<DeliveryOptions['settings']>, id = auditId) => {
    const log = createLogger({ level: 'silent', format: 'json', stream: new Writable() });
    const hook = `http://127.0.0.1:${port}/`;
    const all = { ...(await defaultSettings()), ...settings };
    const options = {
      settings: all,
      environment: { HOOK: hook, OTHER_HOOK: `${hook}other` },
      db,
      log,
      folder,
      delaysMs: [],
    };
    await createDelivery(options)(id, new AbortController().signal);
  };

  test('writes every kind in every format, and writes it again', async () => {
    const formats = ['table', 'csv', 'json', 'ndjson', 'markdown', 'html'] as const;
    const reports = formats.map((format) => ({ kind: 'teams' as const, format, path: `{source}/{audit}.${format}` }));
    await deliver({ reports });
    await deliver({ reports });
    expect((await readdir(join(folder, 'lab'))).sort()).toEqual(formats.map((format) => `${auditId}.${format}`).sort());
    expect(JSON.parse(await readFile(join(folder, 'lab', `${auditId}.json`), 'utf8'))).toMatchObject({ kind: 'teams' });
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
    status = 200;
    await deliver({ notify, reports });
    expect(received.map(({ path }) => path)).toEqual(['/other', '/']);
  });

  test('an unset variable is named in the error, once for all messages that need it', async () => {
    const target = { kind: 'webhook' as const, urlFrom: 'NOT_SET', on: ['finished' as const] };
    const error = await deliver({ notify: [target, { ...target, kind: 'slack' }] }).catch((thrown: unknown) => thrown);
    expect(String(error).match(/NOT_SET is not set/g)).toHaveLength(1);
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
