import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { auditEvents } from '../../../src/deliver/audit-events.ts';
import { webhookBody } from '../../../src/deliver/message.ts';
import { createDashboardApp } from '../../../src/serve/app.ts';
import { findAudit } from '../../../src/store/audit-store.ts';
import { defaultSettings } from '../../support/audits.ts';
import { dashboardOver } from '../../support/dashboard.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image, tarLayer } from '../../support/image-builder.ts';
import { runInProcess } from '../../support/program.ts';
import { answer } from '../../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

let registry: RegistryServer;
let url: string;
let db: Database;
let app: Hono;

const NODE = { Env: ['NODE_VERSION=20.1.0'], Labels: { buildHost: 'ci' } };

beforeAll(async () => {
  registry = await startRegistry();
  url = await newPostgresUrl();
  const base = await tarLayer({ 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n', 'tmp/archive': 'x'.repeat(90_000) });
  // Text that does not shrink: a plan leaves out steps that save little.
  const compiler = Array.from({ length: 2_000 }, (_, line) => hash('sha256', `${line}`)).join('\n');
  const own = await tarLayer({
    'tmp/.wh.archive': '',
    'usr/bin/passwd': 'p',
    'root/.ssh/id_rsa': 'key',
    'usr/bin/gcc': compiler,
  });
  const more = await tarLayer({ 'app/bundle.js': 'y'.repeat(50_000) });
  const install = 'RUN /bin/sh -c apt-get update && apt-get install -y gcc && npm install # buildkit';
  const history = [{ created_by: 'ADD rootfs.tar / ' }, { created_by: install }];
  registry.push('library/debian', '12', image({ layers: [base] }));
  registry.push('app/shop', '1', image({ layers: [base, own], config: NODE, history }));
  registry.push('app/shop', '2', image({ layers: [base], config: { User: 'app' } }));
  const lost = registry.fault({ path: /app\/shop\/manifests\/2/ }, answer(404, {}, 'MANIFEST_UNKNOWN'));
  await slimboard('audit', registry.host, '--plain-http');
  lost();
  await slimboard('audit', registry.host, '--plain-http');
  const grown = [...history, { created_by: 'COPY . /app # buildkit' }];
  registry.push('app/shop', '1', image({ layers: [base, own, more], config: NODE, history: grown }));
  await slimboard('audit', registry.host, '--plain-http');
  db = await openDatabase({ url, dataDir: '' });
  app = createDashboardApp(await dashboardOver(db));
});
afterAll(async () => {
  await db?.close();
  await registry?.close();
});

async function slimboard(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runInProcess('/', ['--database', url, ...args]);
  expect([0, 3, 4], stderr).toContain(code);
  return stdout;
}

async function written(...args: readonly string[]): Promise<object> {
  return JSON.parse(await slimboard(...args, '--format', 'json')) as object;
}

async function answered(path: string): Promise<object> {
  const response = await app.request(`/api/v1${path}`, { headers: { host: '127.0.0.1:8620' } });
  expect(response.status, path).toBe(200);
  return (await response.json()) as object;
}

/** Documents of every schema that slimboard gives to programs. */
async function documents(): Promise<readonly object[]> {
  const shop = `${registry.host}/app/shop:1`;
  const later = `${registry.host}/app/shop:2`;
  const audit = await findAudit(db, 3);
  if (!audit) throw new Error('there is no audit 3');
  const { policy } = await defaultSettings();
  const strict = { policy: { ...policy, budgets: [{ maxLayers: 1 }] } };
  const [event] = await auditEvents(db, audit, strict, new Set(['budget']));
  if (!event) throw new Error('no image is over its budget');
  const images = (await answered('/reports/images?repository=app/shop&tag=1')) as { rows: { digest: string }[] };
  await slimboard('bases', 'learn', `${registry.host}/library/*`, '--plain-http');
  const catalogue = await slimboard('bases', 'export', '-');
  return [
    await written('inspect', shop, '--deep', '--plain-http'),
    await written('advise', shop, '--plain-http'),
    await written('diff', shop, later, '--plain-http'),
    await written('check', shop, '--plain-http'),
    await written('plan', registry.host, '--deep', '--full', '--plain-http'),
    await written('whatif', '--from', 'library/debian:12', '--to', 'scratch'),
    await written('status'),
    await written('leaderboard'),
    ...catalogue
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    JSON.parse(webhookBody(event)) as object,
    images,
    await answered('/overview'),
    await answered('/compare?old=app/shop:1&new=app/shop:2'),
    await answered('/audits/1'),
    await answered(`/images/${images.rows[0]?.digest}`),
  ];
}

/** Where keys are data. */
const KEYED_BY_DATA = ['.verdict.own_labels.', '.errors.', '.options.', '.labels.'];

/** Of each document what lies deepest: the images are such that they have all of it. */
const DEEP_MEMBERS = [
  '.verdict.own_labels.buildHost',
  '.contents.wasted_files.hidden_by',
  '.advice.plan.projection.after.min',
  '.diff.by_class.changed_bytes',
  '.violations.evidence.layer',
  '.sources.unread_layers.bytes',
  '.results.teams.repositories',
  '.errors.not-found',
  '.options.sources.plainHttp',
  '.map.repositories.images.added_bytes',
  '.trends.points.stored_bytes',
  '.growth.build.tag',
  '.plan.after.min',
];

/** The paths of all keys, such as `.plan.projection.after`. */
function pathsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [`${path}.${key}`, ...pathsOf(member, `${path}.${key}`)]);
}

function schemasInSource(): ReadonlySet<string> {
  const source = resolve(import.meta.dirname, '../../../src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = files.map((name) => readFileSync(join(source, name), 'utf8'));
  return new Set(texts.flatMap((text) => text.match(/(?<=')slimboard\.[a-z-]+\/\d+(?=')/g) ?? []));
}

test('every document for programs has its keys in snake_case, but for keys that are data', async () => {
  const all = await documents();
  const found = new Set(all.flatMap((document) => ('schema' in document ? [document.schema] : [])));
  expect(found).toEqual(schemasInSource());
  const paths = [...new Set(all.flatMap((document) => pathsOf(document)))];
  expect(DEEP_MEMBERS.filter((path) => !paths.includes(path))).toEqual([]);
  const named = paths.filter((path) => !KEYED_BY_DATA.some((data) => path.startsWith(data)));
  expect(named.filter((path) => !/^[a-z0-9_]+$/.test(path.slice(path.lastIndexOf('.') + 1)))).toEqual([]);
});

test('the API shows the layers of a base as such, as inspect does', async () => {
  const images = (await answered('/reports/images?repository=app/shop&tag=1')) as { rows: { digest: string }[] };
  const { layers } = (await answered(`/images/${images.rows[0]?.digest}`)) as { layers: object[] };
  expect(layers).toMatchObject([
    { of_base: true, class: 'base' },
    { of_base: false, class: 'build-tools' },
    { of_base: false, class: 'application' },
  ]);
});
