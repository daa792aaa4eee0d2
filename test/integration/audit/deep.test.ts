import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { auditRegistry, contentOf, errorsOf, expectAsAnew } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { type BuiltLayer, image, tarLayer } from '../../support/image-builder.ts';
import { truncated } from '../../support/registry-faults.ts';
import type { RegistryServer } from '../../support/registry-server.ts';
import { headerBlock } from '../../support/tar-entries.ts';
import { useRegistry } from '../../support/use-registry.ts';

const RELEASE = 'ID=alpine\nVERSION_ID=3.20.3\n';
const SECRET = 'canary-5f1c9e';
const PROGRAM = noise('program', 1_000_000);

/** Bytes that do not compress, the same for the same seed. */
function noise(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

function baseLayer(): Promise<BuiltLayer> {
  return tarLayer({ 'etc/os-release': RELEASE, 'bin/busybox': noise('busybox', 50_000) });
}

/** A layer of a tar that no runtime would unpack. */
function layerOfTar(tar: Buffer, diffId = digestOf(tar)): BuiltLayer {
  const body = gzipSync(tar);
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(body), body, diffId };
}

function uncompressedBytes(layers: readonly BuiltLayer[]): number {
  return layers.reduce((sum, { body }) => sum + gunzipSync(body).length, 0);
}

function requestsFor(registry: RegistryServer, layer: { readonly digest: Digest }): number {
  return registry.count({ path: new RegExp(`/blobs/${layer.digest}`) });
}

describe.each(BACKENDS)('an audit with --deep into $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  const registry = useRegistry();

  const auditDeep = (source: Partial<OciSource> = {}) =>
    auditRegistry(db, registry, { source: { deep: true, ...source } });

  const measured = (repository: string) =>
    db.query(
      `select uncompressed_bytes, wasted_bytes, distro, distro_version from slimboard_images
       where repository = $1 order by tag`,
      [repository],
    );

  /** An image with 5 MB added and deleted, a program rewritten by chown, and a secret removed. */
  async function pushWasteful(): Promise<readonly BuiltLayer[]> {
    const layers = [
      await baseLayer(),
      await tarLayer({ 'opt/program': PROGRAM, 'tmp/archive': noise('archive', 5_000_000) }),
      await tarLayer({ 'tmp/.wh.archive': '' }),
      await tarLayer({ 'opt/program': PROGRAM }),
      await tarLayer({ 'app/.env': `TOKEN=${SECRET}\n` }),
      await tarLayer({ 'app/.wh..env': '' }),
    ];
    registry.push('library/base', '1', image({ layers: layers.slice(0, 1) }));
    registry.push('team/wasteful', '1', image({ layers }));
    return layers;
  }

  test('tells how many layers it is to read, and each that it has read or cannot read', async () => {
    await pushWasteful();
    registry.push('team/broken', '1', image({ layers: [layerOfTar(noise('no tar', 2_000))] }));
    const told: (number | 'done')[] = [];
    const onLayers = (count: number) => told.push(count);
    const onLayer = () => told.push('done');
    await auditRegistry(db, registry, { source: { deep: true }, onLayers, onLayer });
    expect(told).toEqual([7, ...Array(7).fill('done')]);
  });

  test('tells how many layers are left when it goes on from where it was stopped', async () => {
    await pushWasteful();
    const stop = new AbortController();
    let read = 0;
    const onLayer = () => {
      if (++read === 2) stop.abort(new Error('stopped on purpose'));
    };
    const stopped = auditRegistry(db, registry, { source: { deep: true }, signal: stop.signal, onLayer });
    await expect(stopped).rejects.toThrow('stopped on purpose');
    const told: (number | string)[] = [];
    const onLayers = (count: number) => told.push(count);
    const onStage = (stage: string) => told.push(stage);
    await auditRegistry(db, registry, { source: { deep: true }, onLayers, onLayer: () => told.push('done'), onStage });
    expect(told).toEqual([6 - read, 'layers', ...Array(6 - read).fill('done'), 'assess', 'close']);
  });

  test('measures the contents and hidden files of layers, to the byte', async () => {
    const layers = await pushWasteful();
    expect(await auditDeep()).toMatchObject({ status: 'finished' });
    const wasted = 5_000_000 + PROGRAM.length + `TOKEN=${SECRET}\n`.length;
    expect(await measured('team/wasteful')).toEqual([
      {
        uncompressed_bytes: uncompressedBytes(layers),
        wasted_bytes: wasted,
        distro: 'alpine',
        distro_version: '3.20.3',
      },
    ]);
    const findings = await db.query<{ rule: string; confidence: string }>(
      "select rule, confidence from slimboard_findings where repository = 'team/wasteful'",
    );
    for (const rule of ['deleted-files', 'rewritten-files', 'secret-file'])
      expect(findings).toContainEqual({ rule, confidence: 'proven' });
  });

  test('stores no contents of files anywhere', async () => {
    await pushWasteful();
    await auditDeep();
    const tables = await db.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    );
    const hex = Buffer.from(SECRET).toString('hex');
    for (const { name } of tables) {
      const rows = await db.query(`select 1 from ${name} t where t::text ~ $1`, [`${SECRET}|${hex}`]);
      expect({ name, rows }).toEqual({ name, rows: [] });
    }
    const packed = await db.query<{ entries: Uint8Array }>('select entries from layer_contents');
    expect(packed).toHaveLength(6);
    for (const { entries } of packed) expect(gunzipSync(entries).includes(SECRET)).toBe(false);
  });

  test('reads each layer only once, however many images contain it', async () => {
    const layers = await pushWasteful();
    await auditDeep();
    expect(layers.map((layer) => requestsFor(registry, layer))).toEqual(layers.map(() => 1));
    const before = await contentOf(db);
    registry.forgetRequests();
    await auditDeep();
    expect(registry.count({ path: /\/blobs\// })).toBe(0);
    expect(await contentOf(db)).toEqual(before);
    const own = await tarLayer({ 'app/other': 'other' });
    registry.push('team/other', '1', image({ layers: [await baseLayer(), own] }));
    await auditDeep();
    expect(requestsFor(registry, own)).toBe(1);
    expect(layers.map((layer) => requestsFor(registry, layer))).toEqual(layers.map(() => 0));
    expect(await measured('team/other')).toMatchObject([{ distro: 'alpine', distro_version: '3.20.3' }]);
  });

  test('fetches no layer whose media type cannot be read', async () => {
    const base = await baseLayer();
    const encrypted = { ...(await tarLayer({ 'app/key': 'key' })), mediaType: `${base.mediaType}+encrypted` };
    registry.push('team/encrypted', '1', image({ layers: [base, encrypted] }));
    const { id } = await auditDeep();
    expect(await errorsOf(db, id)).toMatchObject([
      { code: 'unsupported-content', message: expect.stringContaining('is encrypted') },
    ]);
    expect(requestsFor(registry, encrypted)).toBe(0);
    expect(requestsFor(registry, base)).toBe(1);
  });

  test('reads layers only with --deep, and then assesses images again', async () => {
    const layers = await pushWasteful();
    await auditRegistry(db, registry);
    expect(layers.map((layer) => requestsFor(registry, layer))).toEqual(layers.map(() => 0));
    expect(await measured('team/wasteful')).toMatchObject([{ uncompressed_bytes: null, wasted_bytes: null }]);
    await auditDeep();
    expect(await measured('team/wasteful')).toMatchObject([{ uncompressed_bytes: uncompressedBytes(layers) }]);
  });

  test.each([
    ['tags', { tags: ['2*'] }],
    ['newest', { newest: 1 as const }],
  ])('reads only layers of the images selected by %s, even if more are stored', async (_name, source) => {
    const [one, two] = [await tarLayer({ app: 'one' }), await tarLayer({ app: 'two' })];
    registry.push('team/app', '1', image({ layers: [one] }));
    registry.push('team/app', '2.0', image({ layers: [two] }));
    registry.push('team/beside', '3', image({ layers: [await baseLayer()] }));
    await auditRegistry(db, registry);
    await auditDeep({ ...source, include: ['team/app'], repositories: ['team/app'] });
    expect([requestsFor(registry, one), requestsFor(registry, two)]).toEqual([0, 1]);
    expect(requestsFor(registry, await baseLayer())).toBe(0);
  });

  test('an unreadable layer is an error of that layer only', async () => {
    const layers = await pushWasteful();
    const bomb = layerOfTar(Buffer.concat([headerBlock({ type: 'x', size: '77777777777' }), Buffer.alloc(512)]));
    const lie = layerOfTar(Buffer.alloc(1_024), digestOf('another tar'));
    const text = layerOfTar(Buffer.from('no tar at all'.repeat(100)));
    registry.push('broken/bomb', '1', image({ layers: [await baseLayer(), bomb] }));
    registry.push('broken/lie', '1', image({ layers: [lie] }));
    registry.push('broken/text', '1', image({ layers: [text] }));
    const audit = await auditDeep();
    expect(audit).toMatchObject({ status: 'incomplete', tagsAudited: 5, tagsFailed: 0 });
    expect((await errorsOf(db, audit.id)).map(({ repository, code, retry }) => [repository, code, retry])).toEqual([
      ['broken/bomb', 'too-large', 'never'],
      ['broken/lie', 'content-mismatch', 'never'],
      ['broken/text', 'malformed-content', 'never'],
    ]);
    const digests = await db.query<{ digest: string }>('select digest from audit_error');
    expect(digests.map(({ digest }) => digest).sort()).toEqual([bomb, lie, text].map(({ digest }) => digest).sort());
    expect(await measured('broken/bomb')).toMatchObject([{ uncompressed_bytes: null, wasted_bytes: null }]);
    expect(await measured('team/wasteful')).toMatchObject([{ uncompressed_bytes: uncompressedBytes(layers) }]);
  });

  test('a config with false diff IDs for a shared layer does not affect other images', async () => {
    const shared = await baseLayer();
    const [one, two] = [await tarLayer({ app: 'one' }), await tarLayer({ app: 'two' })];
    registry.push('team/one', '1', image({ layers: [shared, one] }));
    registry.push('team/two', '1', image({ layers: [shared, two] }));
    registry.push('evil/liar', '1', image({ layers: [{ ...shared, diffId: digestOf('another tar') }] }));
    const audit = await auditDeep();
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect(await measured('team/one')).toMatchObject([{ uncompressed_bytes: uncompressedBytes([shared, one]) }]);
    expect(await measured('team/two')).toMatchObject([{ uncompressed_bytes: uncompressedBytes([shared, two]) }]);
  });

  test('a manifest with a false size of a shared layer does not affect other images', async () => {
    const shared = await baseLayer();
    registry.push('team/app', '1', image({ layers: [{ ...shared, body: Buffer.alloc(10) }] }));
    registry.push('team/app', '2', image({ layers: [shared] }));
    const audit = await auditDeep();
    expect(await errorsOf(db, audit.id)).toEqual([]);
    expect((await measured('team/app')).slice(1)).toMatchObject([{ uncompressed_bytes: uncompressedBytes([shared]) }]);
  });

  test('a layer that fails is an error of the first repository by name, whichever was found first', async () => {
    const broken = layerOfTar(Buffer.from('no tar at all'.repeat(100)));
    registry.push('team/two', '1', image({ layers: [broken] }));
    await auditRegistry(db, registry);
    registry.push('team/one', '1', image({ layers: [broken] }));
    const audit = await auditDeep();
    expect((await errorsOf(db, audit.id)).map(({ repository }) => repository)).toEqual(['team/one']);
  });

  test('an aborted download is retried; if it keeps failing, the other layers of its batch are stored', async () => {
    const [good, weak, bad] = [
      await tarLayer({ app: noise('good', 9_000) }),
      await tarLayer({ app: noise('weak', 9_000) }),
      await tarLayer({ app: noise('bad', 9_000) }),
    ];
    for (const [name, layer] of Object.entries({ good, weak, bad }))
      registry.push(name, '1', image({ layers: [layer] }));
    registry.fault({ path: new RegExp(`/blobs/${weak.digest}`), times: 1 }, truncated(weak.body));
    registry.fault({ path: new RegExp(`/blobs/${bad.digest}`) }, truncated(bad.body));
    const audit = await auditDeep();
    expect(await errorsOf(db, audit.id)).toMatchObject([
      { repository: 'bad', tag: '', code: 'registry-unavailable', retry: 'backoff' },
    ]);
    expect(requestsFor(registry, good)).toBe(1);
    expect(await db.query('select count(*) from layer_contents')).toEqual([{ count: 2 }]);
  });

  test('a stopped audit is resumed with the remaining layers, and ends with the same rows', async () => {
    const layers = await Promise.all(
      Array.from({ length: 24 }, (_, at) => tarLayer({ [`app-${at}`]: noise(`${at}`, 2_000) })),
    );
    layers.forEach((layer, at) => {
      registry.push(`many/app-${at}`, '1', image({ layers: [layer] }));
    });
    const read = () => layers.filter((layer) => requestsFor(registry, layer) > 0).length;
    const stop = new AbortController();
    const onRequest = () => {
      if (read() >= 12) stop.abort(new Error('stopped on purpose'));
    };
    const stopped = auditRegistry(db, registry, { source: { deep: true }, signal: stop.signal, onRequest });
    await expect(stopped).rejects.toThrow('stopped on purpose');
    const [kept] = await db.query<{ count: number }>('select count(*) from layer_contents');
    expect(kept?.count).toBeGreaterThan(0);
    expect(kept?.count).toBeLessThan(24);
    registry.forgetRequests();
    expect(await auditDeep()).toMatchObject({ status: 'finished', tagsAudited: 24 });
    expect(read()).toBe(24 - (kept?.count ?? 0));
    await expectAsAnew(db, auditDeep);
  });
});
