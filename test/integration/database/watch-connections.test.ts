import { EventEmitter } from 'node:events';
import { connect, createServer, type Server, Socket } from 'node:net';
import type pg from 'pg';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { watchConnections } from '../../../src/database/watch-connections.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { listenOnFreePort } from '../../support/free-port.ts';

/** Stands between the program and Postgres. */
let server: Server;
const sockets = new Set<Socket>();
let db: Database;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const url = new URL(await newPostgresUrl());
  const { hostname, port } = url;
  server = createServer((client) => {
    const postgres = connect(Number(port), hostname);
    client.pipe(postgres).pipe(client);
    for (const socket of [client, postgres]) sockets.add(socket.on('error', () => undefined));
  });
  url.port = String(await listenOnFreePort(server));
  db = await openDatabase({ url: url.href, dataDir: '' });
});
afterEach(async () => {
  vi.useRealTimers();
  server.close();
  for (const socket of sockets) socket.destroy();
  await db.close();
});

test('a statement whose server has vanished fails', async () => {
  const waiting = db.query('select pg_sleep(60)');
  for (const socket of sockets) socket.unpipe().pause();
  server.close();
  const failed = expect(waiting).rejects.toMatchObject({
    code: 'store-unavailable',
    message: 'Postgres is not available: its server does not answer any more',
  });
  await vi.advanceTimersByTimeAsync(20_000);
  await failed;
});

test('a statement that only takes long does not', async () => {
  const waiting = db.query('select 1 as done from pg_sleep(0.5)');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await waiting).toEqual([{ done: 1 }]);
});

test.each([
  ['EMFILE', false],
  ['ECONNREFUSED', true],
])('a second connection that fails with %s closes the first: %s', async (code, closes) => {
  const pool = new EventEmitter();
  const failing = () => new Socket().destroy(Object.assign(new Error(code), { code }));
  onTestFinished(watchConnections(pool as pg.Pool, failing as typeof connect));
  const stream = connect((server.address() as { port: number }).port, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => stream.once('connect', resolve));
  pool.emit('acquire', { connection: { stream } });
  await vi.advanceTimersByTimeAsync(20_000);
  await new Promise(setImmediate);
  expect(stream.destroyed).toBe(closes);
  stream.destroy();
});
