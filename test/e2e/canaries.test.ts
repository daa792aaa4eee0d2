import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { runCommand } from '../support/cli.ts';
import { newPostgresUrl } from '../support/databases.ts';
import { image } from '../support/image-builder.ts';
import { newFolder } from '../support/new-folder.ts';
import { answer, redirect } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

/** Each is a secret that slimboard is given, or that an image holds; none may be seen anywhere. */
const CANARY = 'Qz7canary';
const secrets = {
  password: `${CANARY}Password`,
  query: `${CANARY}PresignedQuery`,
  env: `${CANARY}Env of several ${CANARY}Words`,
  token: `ghp_${CANARY}0123456789012345678901234567`,
  argument: `two ${CANARY}Words of a build argument`,
  url: `${CANARY}InUrl`,
  label: `${CANARY}Label`,
};

let registry: RegistryServer;
let cwd: string;
let db: Database | undefined;
const outputs: string[] = [];

beforeAll(async () => {
  registry = await startRegistry({ auth: { kind: 'token', username: 'auditor', password: secrets.password } });
  registry.push(
    'app/leaky',
    '1',
    image({
      layers: ['leaky'],
      config: {
        Env: [`DB_PASSWORD=${secrets.env}`, `GREETING=${secrets.token}`],
        Cmd: ['app', '--password', secrets.label],
        Labels: { 'com.example.api-token': secrets.label },
      },
      history: [
        { created_by: `|2 NPM_TOKEN=${secrets.argument} VERSION=1 /bin/sh -c npm ci` },
        {
          created_by: `RUN curl -u ci:${secrets.url} https://example.com --api_key="${secrets.argument}"`,
          empty_layer: true,
        },
        { created_by: `RUN curl https://ci:${secrets.url}@example.com/x`, empty_layer: true },
        { created_by: `/bin/sh -c #(nop)  ENV DB_PASSWORD=${secrets.env}`, empty_layer: true },
      ],
    }),
  );
  for (const name of ['lost', 'redirected']) registry.push(`app/${name}`, '1', image({ layers: [name] }));
  registry.fault({ path: /app\/lost\/blobs/ }, answer(403, {}, 'DENIED'));
  registry.fault(
    { path: /app\/redirected\/blobs/ },
    redirect(`${registry.blobHostUrl}/gone?X-Amz-Signature=${secrets.query}`),
  );
  cwd = await newFolder();
  await writeFile(
    join(cwd, 'slimboard.yaml'),
    `sources: [{ name: lab, kind: oci, registry: "${registry.host}", repositories: [app/leaky, app/lost, app/redirected] }]\n`,
  );
  const env = { SLIMBOARD_REGISTRY_LAB_USERNAME: 'auditor', SLIMBOARD_REGISTRY_LAB_PASSWORD: secrets.password };
  const leaky = `${registry.host}/app/leaky:1`;
  const commands = [
    ['audit'],
    ['status'],
    ['inspect', leaky],
    ...['inspect', 'advise', 'check'].map((command) => [command, leaky, '--format', 'json']),
    ['diff', leaky, leaky, '--format', 'json'],
    ['audit', '--full'],
    ['doctor'],
  ];
  for (const kind of ['images', 'layers', 'findings', 'errors', 'advice'])
    commands.push(['report', kind, '--format', 'json']);
  for (const command of commands) {
    const { stdout, stderr } = await runCommand(['--log-level', 'debug', ...command], { cwd, env });
    outputs.push(stdout, stderr);
  }
});
afterAll(async () => {
  await db?.close();
  await registry.close();
});

test('the audit used the secrets, and found those in the image', () => {
  const text = outputs.join('\n');
  expect(registry.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  for (const rule of ['secret-in-env', 'secret-in-history']) expect(text).toContain(rule);
  expect(text).toContain('app/lost');
});

test('no output, log or report contains a secret', () => {
  for (const output of outputs) expect(output).not.toContain(CANARY);
});

test('no file of the data folder contains a secret or its base64', async () => {
  const base64 = Buffer.from(`auditor:${secrets.password}`).toString('base64');
  const entries = await readdir(join(cwd, '.slimboard'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const content = await readFile(join(file.parentPath, file.name));
    expect(`${file.name} ${content.includes(CANARY) || content.includes(base64)}`).toBe(`${file.name} false`);
  }
});

test('no column of any table contains a secret', async () => {
  db = await openDatabase({ dataDir: join(cwd, '.slimboard') });
  const columns = await db.query<{ name: string; expression: string }>(
    `select quote_ident(table_name) as name, case data_type when 'bytea' then format('encode(%I, ''escape'')', column_name)
       else format('%I::text', column_name) end as expression
     from information_schema.columns c where table_schema = 'public' and exists
       (select from pg_tables t where t.tablename = c.table_name and t.schemaname = 'public')`,
  );
  expect(columns.length).toBeGreaterThan(50);
  for (const { name, expression } of columns) {
    const found = await db.query(`select 1 from ${name} where strpos(${expression}, $1) > 0 limit 1`, [CANARY]);
    expect(`${name} ${expression} ${found.length}`).toBe(`${name} ${expression} 0`);
  }
});

test('the list of processes shows no password from an argument', async () => {
  const commandLines: string[] = [];
  const list = async (): Promise<void> => {
    for (const entry of await readdir('/proc'))
      if (/^\d+$/.test(entry)) commandLines.push(await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => ''));
  };
  const watched = await startRegistry();
  watched.push('app/plain', '1', image());
  watched.fault({ path: /manifests/ }, (_request, _response, next) => void list().then(next));
  const url = Object.assign(new URL(await newPostgresUrl()), { password: secrets.password }).href;
  const { code } = await runCommand(['--database', url, 'audit', watched.host], { cwd });
  await watched.close();
  expect(code).toBe(0);
  const own = commandLines.filter((line) => line.includes('slimboard --database postgres://'));
  expect(own.length).toBeGreaterThan(0);
  for (const line of commandLines) expect(line).not.toContain(CANARY);
});

test('an unexpected error is reported without its fields and credentials', async () => {
  const crash = `const error = Object.assign(new Error('broken at postgres://app:${secrets.url}@example.com/app'), { command: { args: ['${secrets.password}'] } });
    process.on('newListener', (event) => { if (event === 'uncaughtException') setImmediate(() => { throw error; }); });`;
  await writeFile(join(cwd, 'crash.mjs'), crash);
  const env = { NODE_OPTIONS: `--import ${join(cwd, 'crash.mjs')}` };
  const { code, stderr } = await runCommand(['status'], { cwd, env });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^slimboard: Error: broken at postgres:\/\/\[redacted\]@example\.com/m);
  expect(stderr).not.toContain(CANARY);
});
