import { describe, expect, test } from 'vitest';
import { auditRegistry, errorsOf } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { PGLITE, useEmptyDatabase } from '../../support/databases.ts';
import { artifact, attestation, image, index } from '../../support/image-builder.ts';
import { leadingTo, MANNERS, PASSWORD, USERNAME } from '../../support/registry-manners.ts';
import { type RegistryServer, type RegistryServerOptions, startRegistry } from '../../support/registry-server.ts';

const app = image({ layers: ['base', 'app'] });
const newer = image({ layers: ['base', 'newer'], dialect: 'docker' });
const environment = { SLIMBOARD_REGISTRY_LAB_USERNAME: USERNAME, SLIMBOARD_REGISTRY_LAB_PASSWORD: PASSWORD };
const db = useEmptyDatabase(PGLITE.open);

async function start(options: RegistryServerOptions): Promise<RegistryServer> {
  const server = await startRegistry(options);
  closedAfterTest(server);
  server.push('team/app', '1.0', app);
  server.push('team/app', '1.1', newer);
  server.push('team/app', 'latest', index([newer, attestation(newer)]));
  const signature = {
    configType: 'application/vnd.oci.empty.v1+json',
    layerType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  };
  server.push('team/app', 'signed', artifact({ ...signature, subject: newer }));
  server.push('team/tool', '1.0', app);
  server.push('team/empty', undefined, app);
  server.listAlso({ tags: { 'team/app': ['gone'] } });
  return server;
}

const auditedRows = () =>
  db.query('select repository, tag, kind, compressed_bytes from slimboard_images order by repository, tag');

const sizeOf = (...layers: readonly { readonly body: Buffer }[]): number =>
  layers.reduce((sum, { body }) => sum + body.length, 0);

const ROWS = [
  { repository: 'team/app', tag: '1.0', kind: 'image', compressed_bytes: sizeOf(...app.layers) },
  { repository: 'team/app', tag: '1.1', kind: 'image', compressed_bytes: sizeOf(...newer.layers) },
  { repository: 'team/app', tag: 'latest', kind: 'image', compressed_bytes: sizeOf(...newer.layers) },
  { repository: 'team/app', tag: 'signed', kind: 'signature', compressed_bytes: null },
  { repository: 'team/tool', tag: '1.0', kind: 'image', compressed_bytes: sizeOf(...app.layers) },
];

const manifests = (server: RegistryServer, method: string): number =>
  server.count({ method, path: /^\/v2\/team\/app\/manifests\// });

/** The requests that a registry answered, without those that it refused for want of credentials. */
const lists = (server: RegistryServer): number =>
  server.requests.filter(({ path, status }) => path.startsWith('/v2/team/app/tags/list') && status !== 401).length;

describe.each(Object.entries(MANNERS))('%s', (_product, manner) => {
  test('is audited to the last tag, tells of the one that is gone, and a night without changes costs a request per tag', async () => {
    const server = await start(manner.server);
    const answers = Object.entries(manner.answers?.(server) ?? {});
    // Of faults the newest counts.
    for (const [path, fault] of answers.reverse()) server.fault({ path: new RegExp(path) }, fault);
    const source = manner.repositories ? { repositories: manner.repositories } : {};

    const first = await auditRegistry(db, server, { source, environment });
    expect(await auditedRows()).toEqual(ROWS);
    const errors = await errorsOf(db, first.id);
    expect(errors).toMatchObject([{ repository: 'team/app', tag: 'gone', code: 'not-found', retry: 'never' }]);
    expect(lists(server)).toBe(manner.lists);

    server.forgetRequests();
    await auditRegistry(db, server, { source, environment });
    expect(await auditedRows()).toEqual(ROWS);
    expect({ HEAD: manifests(server, 'HEAD'), GET: manifests(server, 'GET') }).toEqual(manner.night);
    expect(server.count({ path: /\/blobs\// })).toBe(0);
    expect(JSON.stringify([errors, server.requests.map(({ path }) => path)])).not.toContain(PASSWORD);
  });
});

test('a registry that leads to another one for everything, as registry.k8s.io does', async () => {
  const [door, behind] = [await start({}), await start({})];
  door.fault({ path: /^\/v2\/team/ }, leadingTo(behind));
  const { id } = await auditRegistry(db, door, { source: { repositories: ['team/app', 'team/tool'] }, environment });
  expect(await auditedRows()).toEqual(ROWS);
  expect(await errorsOf(db, id)).toMatchObject([{ tag: 'gone', code: 'not-found' }]);
  expect(behind.requests.filter(({ headers }) => headers.authorization)).toEqual([]);
});
