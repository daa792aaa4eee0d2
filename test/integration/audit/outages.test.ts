import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Patience } from '../../../src/app/patience.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { createDelivery } from '../../../src/deliver/create-delivery.ts';
import { createLogger } from '../../../src/log.ts';
import { closeServer } from '../../../src/network/http-server.ts';
import { auditRegistry, contentOf, defaultSettings } from '../../support/audits.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { listenOnFreePort } from '../../support/free-port.ts';
import { image, tarLayer } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { type Fate, PostgresProxy } from '../../support/postgres-proxy.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const REPOSITORIES = ['base', 'app', 'web'];
let registry: RegistryServer;

/** What an audit of the registry wrote, and told to others. */
interface Outcome {
  readonly content: Awaited<ReturnType<typeof contentOf>>;
  readonly status: string;
  readonly left: readonly unknown[];
  readonly report: string;
  /** The events of the messages that a webhook got. */
  readonly messages: readonly string[];
}

/** An outage of some kind. */
interface Outage {
  /** Called with each statement before Postgres gets it. */
  readonly fateOf: (sql: string, proxy: PostgresProxy, db: Database) => Fate | Promise<Fate>;
  /** Ends the outage. Called whenever the audit waits. */
  readonly end?: (proxy: PostgresProxy, db: Database) => unknown;
}

/** Audits the registry with every stage, through a proxy in front of Postgres. */
async function auditDuring({ fateOf, end }: Outage): Promise<Outcome & { readonly outages: number }> {
  const url = await newPostgresUrl();
  const direct = await openDatabase({ url, dataDir: '' });
  await migrate(direct);
  let isOpen = false;
  const proxy = await PostgresProxy.start(url, { fateOf: (sql) => (isOpen ? fateOf(sql, proxy, direct) : 'pass') });
  let outages = 0;
  const patience = new Patience({
    signal: new AbortController().signal,
    onOutage: () => outages++,
    pauseMs: () => {
      void end?.(proxy, direct);
      return 1;
    },
  });
  const messages: string[] = [];
  const hooks = createServer(async (request, response) => {
    messages.push(JSON.parse(await text(request)).event);
    response.end();
  });
  const settings = {
    ...(await defaultSettings()),
    databaseUrl: proxy.url,
    reports: [{ kind: 'images', format: 'csv', path: 'images.csv' }] as const,
    notify: [{ kind: 'webhook', url: `http://127.0.0.1:${await listenOnFreePort(hooks)}/`, on: ['finished'] }] as const,
  };
  const folder = await newFolder();
  const closers = [() => direct.close(), async () => proxy.close(), () => closeServer(hooks)];
  try {
    const db = await patience.open(settings);
    isOpen = true;
    closers.unshift(() => db.close());
    const log = createLogger({ level: 'error', format: 'json', stream: process.stderr });
    const deliver = createDelivery({ settings, environment: {}, db, log, folder });
    const { status } = await auditRegistry(db, registry, {
      source: { deep: true },
      signal: patience.signal,
      storeFailures: () => patience.failures,
      deliver: (auditId, signal) => patience.outlast(() => deliver(auditId, signal)),
    });
    const report = (await readFile(join(folder, 'images.csv'), 'utf8')).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    const left = await direct.query('select kind from audit_task');
    return { status, content: await contentOf(direct), left, report, messages, outages };
  } finally {
    for (const close of closers) await close();
  }
}

/** Whether something is asked for the first time. */
function firstOf(): (sql: string) => boolean {
  const seen = new Set<string>();
  return (sql) => seen.size < seen.add(sql).size;
}

test('an audit does not wait for a database that is read-only from the start', async () => {
  const settings = { ...(await defaultSettings()), databaseUrl: await newPostgresUrl() };
  const admin = await openDatabase({ url: settings.databaseUrl, dataDir: '' });
  await migrate(admin);
  const name = new URL(settings.databaseUrl).pathname.slice(1);
  await admin.query(`alter database ${name} set default_transaction_read_only = on`);
  const onOutage = vi.fn();
  const patience = new Patience({ signal: new AbortController().signal, onOutage });
  await expect(patience.open(settings)).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringMatching(/cannot be audited into: it is read-only: its URL leads to a standby/),
  });
  expect(onOutage).not.toHaveBeenCalled();
  await admin.query(`alter database ${name} reset default_transaction_read_only`);
  await admin.close();
});

let undisturbed: Outcome & { readonly outages: number };
beforeAll(async () => {
  registry = await startRegistry();
  const base = await tarLayer({ 'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n' });
  for (const name of REPOSITORIES) {
    const own = name === 'base' ? [] : [await tarLayer({ [`opt/${name}`]: name })];
    for (const tag of ['1', '2'])
      registry.push(name, tag, image({ layers: [base, ...own], config: { labels: { tag } } }));
  }
});
afterAll(() => registry?.close());

describe('an audit ends as if nothing had happened', () => {
  beforeAll(async () => {
    undisturbed = await auditDuring({ fateOf: () => 'pass' });
    expect(undisturbed).toMatchObject({ status: 'finished', left: [], messages: ['finished'], outages: 0 });
  });

  const expectSame = async (outage: Outage, atLeast: number): Promise<void> => {
    const { outages, ...outcome } = await auditDuring(outage);
    const { outages: _none, ...expected } = undisturbed;
    expect(outcome).toEqual(expected);
    expect(outages).toBeGreaterThanOrEqual(atLeast);
  };

  test('when each of its statements cuts the connection, or meets a Postgres that is shut down', async () => {
    const isFirst = firstOf();
    let cuts = 0;
    await expectSame({ fateOf: (sql) => (!isFirst(sql) ? 'pass' : cuts++ % 2 ? 'cut' : 'shut down') }, 30);
  });

  test('when Postgres goes away with each of its statements, and then refuses connections, or still starts', async () => {
    const isFirst = firstOf();
    let cuts = 0;
    const fateOf = (sql: string, proxy: PostgresProxy): Fate => {
      if (!isFirst(sql)) return 'pass';
      proxy.refuseWith = '57P03';
      if (cuts++ % 2) proxy.close();
      proxy.cut();
      return 'pass';
    };
    const end = (proxy: PostgresProxy): void => {
      proxy.refuseWith = undefined;
      proxy.open();
    };
    await expectSame({ fateOf, end }, 30);
  });

  test('when its address leads to a standby from each of its statements on, until it leads to the new primary', async () => {
    const isFirst = firstOf();
    let last: Promise<unknown> = Promise.resolve();
    // One at a time: Postgres refuses two changes of a database at once.
    const makeStandby = (db: Database, is: boolean) => {
      const change = `alter database %I set default_transaction_read_only = ${is}`;
      last = last.then(() => db.query(`do $$ begin execute format('${change}', current_database()); end $$`));
      return last;
    };
    const fateOf = async (sql: string, proxy: PostgresProxy, db: Database): Promise<Fate> => {
      if (!isFirst(sql)) return 'pass';
      await makeStandby(db, true);
      proxy.cut();
      return 'pass';
    };
    const end = (_proxy: PostgresProxy, db: Database) => makeStandby(db, false);
    await expectSame({ fateOf, end }, 30);
  });

  test('when every other transaction is stored, but its confirmation is lost', async () => {
    let commits = 0;
    await expectSame({ fateOf: (sql) => (sql === 'commit' && commits++ % 2 === 0 ? 'unconfirmed' : 'pass') }, 5);
  });
});
