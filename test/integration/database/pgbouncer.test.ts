import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { streamRows } from '../../../src/database/cursor.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { databaseSnapshot } from '../../support/database-snapshot.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { pushFleet } from '../../support/fleet.ts';
import { startPgBouncer, type TestPgBouncer } from '../../support/pgbouncer.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

/** All sessions of slimboard take turns on it, one transaction each: nothing of a session may be kept for later. */
const SERVER_CONNECTIONS = 1;

let bouncer: TestPgBouncer;
let registry: RegistryServer;

beforeAll(async () => {
  bouncer = await startPgBouncer(inject('postgresUrl'), SERVER_CONNECTIONS);
  registry = await startRegistry({ pageSize: 20 });
  pushFleet(registry, { repositories: 3, tags: 30 });
});
afterAll(async () => {
  await registry?.close();
  await bouncer?.stop();
});

async function open(url: string): Promise<Database> {
  return closedAfterTest(await openDatabase({ url, dataDir: '' }));
}

test('processes sharing one connection migrate, audit different sources at once, and find what they find without PgBouncer', async () => {
  const direct = await open(await newPostgresUrl());
  await migrate(direct);
  const sources = ['first', 'second'] as const;
  for (const name of sources) await auditRegistry(direct, registry, { source: { name } });

  const url = bouncer.urlOf(await newPostgresUrl());
  const processes = [await open(url), await open(url)] as const;
  await Promise.all(processes.map(migrate));
  const audits = await Promise.all(
    processes.map((db, index) => auditRegistry(db, registry, { source: { name: sources[index] ?? '' } })),
  );
  expect(audits.map(({ status, tagsAudited }) => [status, tagsAudited])).toEqual([
    ['finished', 90],
    ['finished', 90],
  ]);
  const [behind] = processes;
  expect(await databaseSnapshot(behind)).toEqual(await databaseSnapshot(direct));
});

test('rows are streamed while others write, and each stream ends with its transaction', async () => {
  const db = await open(bouncer.urlOf(await newPostgresUrl()));
  const numbers = 'select n from generate_series(1, $1::int) as n';
  const sum = async (count: number) => {
    let total = 0;
    for await (const rows of streamRows<{ n: number }>(db, numbers, [count], 7)) for (const { n } of rows) total += n;
    return total;
  };
  const work = [sum(100), sum(50), db.transaction((tx) => tx.query('create table t (n int)')), sum(10)];
  expect(await Promise.all(work)).toEqual([5_050, 1_275, [], 55]);
  for await (const _ of streamRows(db, numbers, [100], 7)) break;
  expect(await db.query('select count(*) as n from pg_cursors')).toEqual([{ n: 0 }]);
});
