import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { type CommandResult, runCommand } from '../support/cli.ts';
import { newPostgresUrl } from '../support/databases.ts';
import { expectRefusal } from '../support/expect-refusal.ts';
import { freePort } from '../support/free-port.ts';
import { image, rawManifest } from '../support/image-builder.ts';
import { newFolder } from '../support/new-folder.ts';
import { answer, body } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

const OCI_MANIFEST = { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' };

describe('an audit of registries that each fail differently', () => {
  let servers: Record<'good' | 'tls' | 'refusing' | 'denying', RegistryServer>;
  let db: Database;
  let result: CommandResult;
  let errors: readonly Record<string, string>[];

  beforeAll(async () => {
    const key = await readFile('test/fixtures/tls/key.pem', 'utf8');
    const cert = await readFile('test/fixtures/tls/cert.pem', 'utf8');
    servers = {
      good: await startRegistry(),
      tls: await startRegistry({ tls: { key, cert } }),
      refusing: await startRegistry({ auth: { kind: 'basic', username: 'somebody', password: 'else' } }),
      denying: await startRegistry(),
    };
    pushBrokenItems(servers.good);
    servers.denying.fault({ path: /_catalog/ }, answer(403, {}, 'DENIED'));
    const cwd = await newFolder();
    const source = (name: string, registry: string, more = '') =>
      `  - { name: ${name}, kind: oci, registry: "${registry}"${more} }`;
    await writeFile(
      join(cwd, 'slimboard.yaml'),
      [
        'sources:',
        source('good', servers.good.host),
        source('no-host', 'registry.invalid'),
        source('no-port', `127.0.0.1:${await freePort()}`),
        source('tls', servers.tls.host, `, caFile: ${resolve('test/fixtures/tls/other-cert.pem')}`),
        source('refused', servers.refusing.host),
        source('denied', servers.denying.host),
        source('no-repository', `localhost:${servers.good.host.split(':')[1]}`, ', repositories: [not/there]'),
      ].join('\n'),
    );
    result = await runCommand(['audit'], { cwd });
    db = await openDatabase({ dataDir: join(cwd, '.slimboard') });
    errors = await db.query(
      'select s.name as source, e.repository, e.tag, e.code, e.message, e.retry from audit_error e join source s on s.id = e.source_id order by 1, 2, 3',
    );
  });
  afterAll(async () => {
    await db.close();
    for (const server of Object.values(servers)) await server.close();
  });

  test('exits with 4, and writes its errors to stderr, not to stdout', () => {
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toContain('report errors');
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  test.each([
    ['no-host', '', 'registry-unavailable', /host not found/],
    ['no-port', '', 'registry-unavailable', /connection refused/],
    ['tls', '', 'registry-unavailable', /certificate/i],
    ['refused', '', 'authentication', /; if only this list fails, name the repositories/],
    ['denied', '', 'access-denied', /DENIED|403/],
    ['no-repository', 'not/there', 'not-found', /no such repository/],
    ['good', 'bad/config-missing', 'not-found', /config|blob/i],
    ['good', 'bad/digest', 'content-mismatch', /sha256:/],
    ['good', 'bad/json', 'malformed-content', /JSON/],
    ['good', 'bad/large', 'too-large', /4194304|4 MiB|4,194,304/],
  ])('%s %s: %s', (source, repository, code, message) => {
    const found = errors.filter((error) => error.source === source && error.repository === repository);
    expect(found.map((error) => error.code)).toEqual([code]);
    expect(found[0]?.message).toMatch(message);
  });

  test('audits everything else, and calls unknown types artifacts', async () => {
    const rows = await db.query(
      "select repository, tag, kind from slimboard_images where repository like 'good/%' order by 1",
    );
    expect(rows).toEqual([
      { repository: 'good/image', tag: '1', kind: 'image' },
      { repository: 'good/unknown-type', tag: '1', kind: 'artifact' },
    ]);
    const [empty] = await db.query("select tags_listed from repository where name = 'good/empty'");
    expect(empty).toEqual({ tags_listed: 0 });
    expect(errors).toHaveLength(10);
  });
});

function pushBrokenItems(registry: RegistryServer): void {
  registry.push('good/image', '1', image());
  registry.push('good/empty', undefined, image());
  const config = { mediaType: 'application/x.unheard-of', digest: digestOf('{}'), size: 2 };
  registry.push(
    'good/unknown-type',
    '1',
    rawManifest(OCI_MANIFEST['Content-Type'], JSON.stringify({ schemaVersion: 2, config, layers: [] })),
  );
  const lost = image({ layers: ['lost'] });
  registry.push('bad/config-missing', '1', lost);
  registry.fault({ path: new RegExp(`/blobs/${lost.config.digest}`) }, answer(404, {}, 'BLOB_UNKNOWN'));
  for (const name of ['json', 'digest', 'large']) registry.push(`bad/${name}`, '1', image({ layers: [name] }));
  registry.fault({ path: /bad\/json\/manifests/ }, body('{"schemaVersion": 2, "config": [', OCI_MANIFEST));
  registry.fault(
    { path: /bad\/digest\/manifests/ },
    body('{"schemaVersion":2}', { ...OCI_MANIFEST, 'Docker-Content-Digest': digestOf('something else') }),
  );
  registry.fault({ path: /bad\/large\/manifests/ }, body(`{"x":"${'x'.repeat(4_194_304)}"}`, OCI_MANIFEST));
}

test('a typo in the settings is reported with file, line and key', async () => {
  const cwd = await newFolder();
  await writeFile(join(cwd, 'slimboard.yaml'), 'sources:\n  - name: x\n    kind: oci\n    registri: localhost\n');
  const { code, stdout, stderr } = await runCommand(['audit'], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/slimboard\.yaml:4: sources\[0\]\.registri: unknown key \(did you mean "registry"/);
});

test('if the settings of all sources are wrong, audit and plan exit with 2, if those of some are, with 4 and 1', async () => {
  const cwd = await newFolder();
  const server = await startRegistry();
  server.push('app', '1', image());
  const source = (name: string, more: string) =>
    `  - { name: ${name}, kind: oci, registry: "${server.host}"${more} }\n`;
  const [broken, good] = [source('broken', `, caFile: ${cwd}/none.pem`), source('good', '')];
  await writeFile(join(cwd, 'slimboard.yaml'), `sources:\n${broken}${good}`);
  const stderr = expect.stringMatching(/^slimboard: broken: cannot read caFile .*none\.pem \(ENOENT\)/m);
  const env = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  expect(await runCommand(['audit', 'broken'], { cwd, env })).toMatchObject({ code: 2, stdout: '', stderr });
  expect(await runCommand(['audit'], { cwd, env })).toMatchObject({ code: 4, stdout: '', stderr });
  expect(await runCommand(['plan', 'broken'], { cwd, env })).toMatchObject({ code: 2, stdout: '', stderr });
  const stdout = expect.stringMatching(/^source +good\n/);
  expect(await runCommand(['plan'], { cwd, env })).toMatchObject({ code: 1, stdout, stderr });
  await server.close();
});

test('a database with a newer schema, and a corrupt one, are refused and not changed', async () => {
  const cwd = await newFolder();
  const dataDir = join(cwd, '.slimboard');
  const db = await openDatabase({ dataDir });
  await migrate(db);
  await db.query("insert into schema_migration (version, name) values (9999, '9999_future.sql')");
  await db.close();
  expectRefusal(await runCommand(['audit', '127.0.0.1:9'], { cwd }), 1, /schema version 9999.*upgrade slimboard/);
  await writeFile(join(dataDir, 'pgdata', 'global', 'pg_control'), 'broken');
  expectRefusal(await runCommand(['audit', '127.0.0.1:9'], { cwd }), 1, /cannot be opened.*backup/);
});

test('a second process on the same folder is refused, with the process ID of the first', async () => {
  const cwd = await newFolder();
  const db = await openDatabase({ dataDir: join(cwd, '.slimboard') });
  await db.close();
  const first = await openDatabase({ dataDir: join(cwd, '.slimboard') });
  expectRefusal(
    await runCommand(['audit', '127.0.0.1:9'], { cwd }),
    1,
    new RegExp(`in use by process ${process.pid} .*SLIMBOARD_DATABASE_URL`),
  );
  await first.close();
});

test('the error for a Postgres without TLS says what to write; with --log-format json even warnings of the driver are JSON', async () => {
  const url = `${await newPostgresUrl()}?sslmode=require`;
  const cwd = await newFolder();
  const args = ['migrate', '--log-format', 'json', '--database', url];
  const { code, stdout, stderr } = await runCommand(args, { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  expect(lines).toEqual([
    expect.objectContaining({ level: 'warn', msg: expect.stringContaining('sslmode=verify-full') }),
    expect.objectContaining({ level: 'error', msg: expect.stringContaining('sslmode=disable') }),
  ]);
  const quiet = await runCommand(['migrate', '--quiet', '--database', url], { cwd });
  expectRefusal(quiet, 2, /sslmode=disable/);
  expect(quiet.stderr).not.toContain('WARNING');
});

test('a key of the settings that is a map is refused, though the parser warns of it before there is a log', async () => {
  const cwd = await newFolder();
  await writeFile(join(cwd, 'slimboard.yaml'), '? { a: b }\n: c\n');
  const { code, stderr } = await runCommand(['status'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^slimboard: settings: \{ a: b \}: unknown key; .*\n$/);
});

test('a warning that comes before there is a log is one line of the log', async () => {
  const cwd = await newFolder();
  const warn = `process.on('newListener', (event) => { if (event === 'SIGTERM') setImmediate(() => process.emitWarning('too early')); });`;
  await writeFile(join(cwd, 'warn.mjs'), warn);
  const env = { NODE_OPTIONS: `--import ${join(cwd, 'warn.mjs')}` };
  const { stderr } = await runCommand(['--log-format', 'json', 'status'], { cwd, env });
  const lines = stderr.trim().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
  expect(messages.filter((message) => message === 'too early')).toHaveLength(1);
});
