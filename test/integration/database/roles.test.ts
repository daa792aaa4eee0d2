import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { migrate, requireCurrentSchema } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { auditRegistry, contentOf } from '../../support/audits.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { runInProcess } from '../../support/program.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const ROLES = ['migrator', 'writer', 'reader'] as const;
let databases: Record<(typeof ROLES)[number] | 'admin', Database>;
let registry: RegistryServer;
let url: string;

/** The SQL that the documentation tells operators to run. */
async function documentedSql(): Promise<string> {
  const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(await readFile('docs/database.md', 'utf8')) ?? [];
  return sql;
}

const urlOf = (username: string) => Object.assign(new URL(url), { username }).href;
const open = (username: string) => openDatabase({ url: urlOf(username), dataDir: '' });

beforeAll(async () => {
  url = await newPostgresUrl();
  const admin = await open('postgres');
  await admin.query(await documentedSql());
  const migrator = await open('slimboard_migrator');
  await migrate(migrator);
  databases = { admin, migrator, writer: await open('slimboard_writer'), reader: await open('slimboard_reader') };
  registry = await startRegistry();
  registry.push('team/app', '1', image());
});
afterAll(async () => {
  await registry.close();
  for (const role of ROLES) await databases[role].close();
  for (const role of ROLES) {
    await databases.admin.query(`drop owned by slimboard_${role} cascade`);
    await databases.admin.query(`drop role slimboard_${role}`);
  }
  await databases.admin.close();
});

test('the writer role can audit, twice, and cannot change the schema', async () => {
  const { writer } = databases;
  await migrate(writer);
  expect((await auditRegistry(writer, registry)).status).toBe('finished');
  expect((await auditRegistry(writer, registry)).status).toBe('finished');
  for (const sql of [
    'create table x (n integer)',
    'drop table tag',
    'alter table tag add column x text',
    'truncate tag',
  ])
    await expect(writer.query(sql)).rejects.toThrow(/permission denied|must be owner/);
});

test.each([
  ['audit', (host: string) => [host]],
  ['bases', (host: string) => ['learn', `${host}/team/*`]],
])('%s says once which right its role lacks', async (command, argumentsOf) => {
  const environment = { SLIMBOARD_DATABASE_URL: urlOf('slimboard_reader') };
  const args = [command, ...argumentsOf(registry.host), '--plain-http'];
  const { code, stdout, stderr } = await runInProcess('/', args, environment);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^slimboard: Postgres refuses it: permission denied for table \w+; grant that to the role .*\n$/,
  );
});

test('the reader role can read everything that reports need, and cannot write', async () => {
  const { reader, writer } = databases;
  await auditRegistry(writer, registry);
  await requireCurrentSchema(reader);
  // As `plan` and `doctor` do, which find nothing to migrate.
  expect(await migrate(reader)).toEqual([]);
  expect((await contentOf(reader)).images[0]).toMatchObject({ repository: 'team/app' });
  const views = await reader.query<{ name: string }>(
    "select quote_ident(viewname) as name from pg_views where schemaname = 'public'",
  );
  for (const { name } of views) await reader.query(`select * from ${name} limit 1`);
  for (const sql of ['delete from tag', "insert into source (name, kind, dedup) values ('x', 'oci', 'registry')"])
    await expect(reader.query(sql)).rejects.toThrow(/permission denied/);
});

describe('doctor tells before an audit', () => {
  const doctorAs = async (role: string) => {
    const { code, stdout } = await runInProcess('/', ['doctor'], { SLIMBOARD_DATABASE_URL: urlOf(role) });
    expect(code, stdout).toBe(0);
    return stdout.match(/^warning +database: .*/m)?.[0];
  };
  const name = () => new URL(url).pathname.slice(1);

  test('nothing of a role that may write', async () => {
    await databases.admin.query('create table another_application (n integer)');
    expect(await doctorAs('slimboard_writer')).toBeUndefined();
  });

  test('which right a role lacks', async () => {
    expect(await doctorAs('slimboard_reader')).toMatch(
      /the role "slimboard_reader" lacks a right to the table assessment/,
    );
    await databases.admin.query(`revoke temporary on database ${name()} from public`);
    expect(await doctorAs('slimboard_writer')).toMatch(/may not create temporary tables: grant it temporary/);
    await databases.admin.query(`grant temporary on database ${name()} to public`);
  });

  test('that row level security may hide rows from a role, but not from one that bypasses it', async () => {
    await databases.migrator.query('alter table tag enable row level security');
    await databases.admin.query('alter table another_application enable row level security');
    expect(await doctorAs('slimboard_writer')).toMatch(/may hide rows from the role "slimboard_writer": alter it with/);
    await databases.admin.query('alter role slimboard_writer bypassrls');
    expect(await doctorAs('slimboard_writer')).toBeUndefined();
    await databases.admin.query('alter role slimboard_writer nobypassrls');
    await databases.migrator.query('alter table tag disable row level security');
  });

  test('that the database is read-only', async () => {
    await databases.admin.query('alter role slimboard_writer set default_transaction_read_only = on');
    expect(await doctorAs('slimboard_writer')).toMatch(/can be read, but not audited into: it is read-only/);
    await databases.admin.query('alter role slimboard_writer reset default_transaction_read_only');
  });
});
