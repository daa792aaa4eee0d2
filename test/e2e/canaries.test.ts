import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { runCommand } from '../support/cli.ts';
import { image } from '../support/image-builder.ts';
import { answer, redirect } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

/** Each is a secret that slimboard is given, or that an image holds; none may be seen anywhere. */
const CANARY = 'Qz7canary';
const secrets = {
  password: `${CANARY}Password`,
  query: `${CANARY}PresignedQuery`,
  env: `${CANARY}Env of several ${CANARY}Words`,
  token: `ghp_${CANARY}0123456789012345678901234567`,
  argument: `${CANARY}BuildArgument`,
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
        Labels: { 'com.example.api-token': secrets.label },
      },
      history: [
        { created_by: `|1 NPM_TOKEN=${secrets.argument} /bin/sh -c npm ci` },
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
  cwd = await mkdtemp(join(tmpdir(), 'slimboard-canary-'));
  await writeFile(
    join(cwd, 'slimboard.yaml'),
    `sources: [{ name: lab, kind: oci, registry: "${registry.host}", repositories: [app/leaky, app/lost, app/redirected] }]\n`,
  );
  const env = { SLIMBOARD_REGISTRY_LAB_USERNAME: 'auditor', SLIMBOARD_REGISTRY_LAB_PASSWORD: secrets.password };
  const commands = [
    ['audit'],
    ['status'],
    ['inspect', `${registry.host}/app/leaky:1`],
    ['audit', '--full'],
    ['doctor'],
  ];
  for (const kind of ['images', 'layers', 'findings', 'errors', 'advice'])
    commands.push(['report', kind, '--format', 'json']);
  for (const command of commands) {
    const { stdout, stderr } = await runCommand(['--log-level', 'debug', ...command], { cwd, env });
    outputs.push(stdout, stderr);
  }
}, 180_000);
afterAll(async () => {
  await db?.close();
  await registry.close();
});

test('the audit had the secrets in its hands, and found those of the image', () => {
  const text = outputs.join('\n');
  expect(registry.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  for (const rule of ['secret-in-env', 'secret-in-history']) expect(text).toContain(rule);
  expect(text).toContain('app/lost');
});

test('no output, log or report shows one', () => {
  for (const output of outputs) expect(output).not.toContain(CANARY);
});

test('no file of the data folder holds one, nor its base64', async () => {
  const base64 = Buffer.from(`auditor:${secrets.password}`).toString('base64');
  const entries = await readdir(join(cwd, '.slimboard'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const content = await readFile(join(file.parentPath, file.name));
    expect(`${file.name} ${content.includes(CANARY) || content.includes(base64)}`).toBe(`${file.name} false`);
  }
});

test('no column of any table holds one', async () => {
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
