import { readdirSync, readFileSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { streamRows } from '../../../src/database/cursor.ts';
import { migrate, requireCurrentSchema } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { BACKENDS, newPostgresUrl, useDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { newFolder } from '../../support/new-folder.ts';

describe.each(BACKENDS)('a database on $name', ({ open, create }) => {
  const db = useDatabase(open);

  test('returns values of every type alike', async () => {
    const [row] = await db.query(
      `select 9007199254740991::int8 as big, 12.5::numeric as exact, '2026-11-23T02:00:00.25Z'::timestamptz as at,
              '2026-11-23'::date as day, '\\x00ff'::bytea as bytes, '{"a":[1]}'::jsonb as json, $1::bytea[] as list, null as nothing`,
      [[Buffer.from('01', 'hex')]],
    );
    expect(row).toMatchObject({
      big: 9_007_199_254_740_991,
      exact: 12.5,
      at: '2026-11-23T02:00:00.250Z',
      day: '2026-11-23',
      json: { a: [1] },
      nothing: null,
    });
    expect(Buffer.from(row?.bytes as Uint8Array).toString('hex')).toBe('00ff');
    expect(row?.list).toHaveLength(1);
    expect(Buffer.from(Object(row).list[0]).toString('hex')).toBe('01');
  });

  test('takes and returns what arrays hold', async () => {
    const [row] = await db.query(
      `select to_jsonb($1::bool[]) as flags, to_jsonb($2::int4[]) as counts, to_jsonb($3::int8[]) as sizes,
              to_jsonb($4::text[]) as names, to_jsonb($5::numeric[]) as scores, $6::timestamptz[] = array['2026-11-23T02:00:00Z'::timestamptz] as same,
              $4::text[] as texts, $1::bool[] as truths, $2::int4[] as numbers`,
      [[true, null], [1, -2], [9_007_199_254_740_991], ['a,"b\\{}', '', null], [12.5], ['2026-11-23T02:00:00Z']],
    );
    const texts = ['a,"b\\{}', '', null];
    expect(row).toEqual({
      flags: [true, null],
      counts: [1, -2],
      sizes: [9_007_199_254_740_991],
      names: texts,
      scores: [12.5],
      same: true,
      texts,
      truths: [true, null],
      numbers: [1, -2],
    });
  });

  test.each(namedArrayTypes())('takes and returns arrays of %s, which a statement names', async (type) => {
    expect(await db.query(`select $1::${type}[] as list`, [[null]])).toEqual([{ list: [null] }]);
  });

  test('returns the nearest number where JavaScript cannot represent the exact one', async () => {
    expect(await db.query('select 9007199254740993::int8 as big')).toEqual([{ big: 2 ** 53 }]);
  });

  test('a transaction that throws leaves no rows', async () => {
    const broken = db.transaction(async (tx) => {
      await tx.query("insert into source (name, kind, dedup) values ('gone', 'oci', 'registry')");
      throw new Error('on purpose');
    });
    await expect(broken).rejects.toThrow('on purpose');
    expect(await db.query("select 1 from source where name = 'gone'")).toEqual([]);
  });

  test('a transaction fails for what its first failed statement failed for, also if that is heard of last', async () => {
    const broken = db.transaction(async (tx) => {
      const first = tx.query('select 1 / 0').then().then().then();
      await Promise.all([first, tx.query('select 1'), tx.query('select 2')]);
    });
    await expect(broken).rejects.toThrow('division by zero');
  });

  test('streams rows in batches, and a reader that leaves early frees the connection', async () => {
    const batches: number[] = [];
    for await (const rows of streamRows<{ n: number }>(db, 'select n from generate_series(1, $1::int) n', [5], 2))
      batches.push(rows.length);
    expect(batches).toEqual([2, 2, 1]);
    for await (const rows of streamRows<{ n: number }>(db, 'select n from generate_series(1, 100) n', [], 10)) {
      expect(rows[0]).toEqual({ n: 1 });
      break;
    }
    expect(await db.query('select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  test('a schema is migrated once, also by two at the same time', async () => {
    const fresh = await create();
    const both = await Promise.all([migrate(fresh), migrate(fresh)]);
    expect(both.flat().sort()).toEqual([...new Set(both.flat())].sort());
    expect(await migrate(fresh)).toEqual([]);
    await requireCurrentSchema(fresh);
    await fresh.query('delete from schema_migration where version = (select max(version) from schema_migration)');
    await expect(requireCurrentSchema(fresh)).rejects.toMatchObject({
      code: 'store-version',
      message: 'the database\'s schema is older than this program (migrations missing: 1): run "slimboard migrate"',
    });
    await fresh.query('delete from schema_migration');
    await expect(requireCurrentSchema(fresh)).rejects.toThrow(
      'the database has no slimboard schema yet: run "slimboard migrate", or an audit',
    );
    await fresh.query("insert into schema_migration (version, name) values (9999, '9999_future.sql')");
    await expect(migrate(fresh)).rejects.toMatchObject({ code: 'store-version' });
    await fresh.close();
  });
});

test('a connection to a server that may not write is replaced, for its address may lead to the primary now', async () => {
  const url = await newPostgresUrl();
  const admin = await openDatabase({ url, dataDir: '' });
  const name = new URL(url).pathname.slice(1);
  await admin.query('create table item (id integer)');
  await admin.query(`alter database ${name} set default_transaction_read_only = on`);
  const db = await openDatabase({ url, dataDir: '' });
  const write = () => db.transaction((tx) => tx.query('insert into item values (1)'));
  await expect(write()).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringMatching(/read-only transaction; check that the database URL leads to the primary/),
  });
  await admin.query(`alter database ${name} reset default_transaction_read_only`);
  await write();
  await Promise.all([admin.close(), db.close()]);
});

test('a Postgres database that cannot hold every character is refused', async () => {
  const url = new URL(await newPostgresUrl());
  const db = await openDatabase({ url: url.toString(), dataDir: '' });
  await db.query("create database latin encoding 'LATIN1' template template0");
  url.pathname = '/latin';
  await expect(openDatabase({ url: url.toString(), dataDir: '' })).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining('has the encoding LATIN1'),
  });
  await db.query('drop database latin');
  await db.close();
});

test.each([
  ["datestyle = 'SQL, DMY'", 'writes dates in the style "SQL, DMY"'],
  ['array_nulls = off', 'takes NULL in arrays for a text'],
])('a Postgres with %s is refused', async (setting, message) => {
  const url = await newPostgresUrl();
  const db = await openDatabase({ url, dataDir: '' });
  await db.query(`alter database ${new URL(url).pathname.slice(1)} set ${setting}`);
  await expect(openDatabase({ url, dataDir: '' })).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining(message),
  });
  await db.close();
});

test('a search path without a schema is told', async () => {
  const url = await newPostgresUrl();
  const admin = await openDatabase({ url, dataDir: '' });
  await admin.query(`alter database ${new URL(url).pathname.slice(1)} set search_path = missing`);
  const db = await openDatabase({ url, dataDir: '' });
  await expect(migrate(db)).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining('search_path'),
  });
  await Promise.all([admin.close(), db.close()]);
});

test('transactions are read committed, also where they are serializable by default', async () => {
  const url = await newPostgresUrl();
  const admin = await openDatabase({ url, dataDir: '' });
  await admin.query(
    `alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`,
  );
  const db = await openDatabase({ url, dataDir: '' });
  const isolation = "select current_setting('transaction_isolation') as isolation";
  expect(await db.transaction((tx) => tx.query(isolation))).toEqual([{ isolation: 'read committed' }]);
  await Promise.all([admin.close(), db.close()]);
});

test('Postgres ends a transaction whose process has vanished', async () => {
  const db = await openDatabase({ url: await newPostgresUrl(), dataDir: '' });
  const setting = "select current_setting('idle_in_transaction_session_timeout') as limit";
  expect(await db.transaction((tx) => tx.query(setting))).toEqual([{ limit: '1min' }]);
  expect(await db.query(setting)).toEqual([{ limit: '0' }]);
  await db.close();
});

/** The code of an active keep-alive timer. @see Linux, networking/proc_net_tcp */
const KEEP_ALIVE = '02';

test('the system probes connections to Postgres, so that the loss of a silent one is noticed', async () => {
  const db = await openDatabase({ url: await newPostgresUrl(), dataDir: '' });
  const [ports = { local: 0, remote: 0 }] = await db.query<Ports>(
    'select inet_client_port() as local, inet_server_port() as remote',
  );
  await eventually(async () => expect(await timerOf(ports)).toBe(KEEP_ALIVE));
  await db.close();
});

interface Ports {
  readonly local: number;
  readonly remote: number;
}

/** The active timer of the connection between these ports of 127.0.0.1. Others may have had the same local port. */
async function timerOf({ local, remote }: Ports): Promise<string | undefined> {
  const ends = ` ${addressOf(local)} ${addressOf(remote)} `;
  const line = (await readFile('/proc/net/tcp', 'utf8')).split('\n').find((one) => one.includes(ends));
  return line?.trim().split(/\s+/)[5]?.slice(0, 2);
}

function addressOf(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

describe('the embedded database in a folder', () => {
  test('keeps what was written, and cannot be opened twice', async () => {
    const dataDir = await newFolder();
    const first = await openDatabase({ dataDir });
    await first.query('create table kept (n integer)');
    await first.query('insert into kept values (7)');
    await writeFile(join(dataDir, 'lock'), JSON.stringify({ pid: process.ppid, host: (await readLock(dataDir)).host }));
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining(`process ${process.ppid}`),
    });
    await first.close();
    await writeFile(join(dataDir, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, host: (await readLock(dataDir)).host }));
    const again = await openDatabase({ dataDir });
    expect(await again.query('select n from kept')).toEqual([{ n: 7 }]);
    await again.close();
  });

  test('says what to do when the folder cannot be written, or holds something broken', async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    await expect(openDatabase({ dataDir: file })).rejects.toMatchObject({ code: 'settings' });
    const dataDir = await newFolder();
    await (await openDatabase({ dataDir })).close();
    await writeFile(join(dataDir, 'pgdata', 'global', 'pg_control'), 'broken');
    // Its target may be on a disk that is not mounted.
    await symlink('/nowhere', join(dataDir, 'pgdata', 'base', 'link'));
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('backup'),
    });
  });

  test('names the version of Postgres that made a folder, when it is another one', async () => {
    const dataDir = await newFolder();
    await (await openDatabase({ dataDir })).close();
    const file = join(dataDir, 'pgdata', 'PG_VERSION');
    const own = (await readFile(file, 'utf8')).trim();
    await writeFile(file, '16\n');
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      code: 'store-version',
      message: expect.stringContaining(`is of Postgres 16, and this slimboard has Postgres ${own}: `),
    });
  });
});

/** The types of arrays to which statements cast parameters or columns. */
function namedArrayTypes(): readonly string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const names = files.flatMap((name) =>
    [...readFileSync(join('src', name), 'utf8').matchAll(/::(\w+)\[\]/g)].map(([, type = '']) => type),
  );
  return [...new Set(names)].sort();
}

async function readLock(dataDir: string): Promise<{ host: string }> {
  return JSON.parse(await readFile(join(dataDir, 'lock'), 'utf8'));
}
