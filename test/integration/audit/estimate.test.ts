import { beforeEach, describe, expect, test } from 'vitest';
import { type AuditEstimate, estimateAudit } from '../../../src/audit/estimating/estimate.ts';
import { parsePlatform } from '../../../src/oci/platform.ts';
import { parseRegistryHost } from '../../../src/oci/reference.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import type { EcrSource, OciSource, SourceSettings } from '../../../src/settings/settings.ts';
import { auditEcr, auditRegistry, defaultSettings } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { openClient } from '../../support/distribution-client.ts';
import { useEcr } from '../../support/ecr.ts';
import { FAKE_ACCOUNT, FAKE_REGION, type FakeEcr } from '../../support/fake-ecr.ts';
import { image, index, tarLayer } from '../../support/image-builder.ts';
import { answer, reset } from '../../support/registry-faults.ts';
import { type RegistryServerOptions, startRegistry } from '../../support/registry-server.ts';

const ecr = useEcr();

describe.each(BACKENDS)('the estimate of an audit into $name', ({ open }) => {
  let fake: FakeEcr;

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    fake = await ecr.start();
    const shared = await tarLayer({ 'etc/base': 'shared' });
    for (const name of ['a', 'b', 'c'])
      fake.push('team/app', image({ layers: [shared, await tarLayer({ [name]: name })] }), { tags: [name] });
    fake.push('team/other', image({ layers: [shared] }), { tags: ['1'] });
    fake.push('sandbox', image({ layers: [await tarLayer({ s: 'sandbox' })] }), { tags: ['1'] });
    fake.push('team/cold', image({ layers: [await tarLayer({ s: 'cold' })] }), { tags: ['1'], status: 'ARCHIVED' });
  });

  const estimateOf = (registry: Registry, settings: SourceSettings): Promise<AuditEstimate> =>
    estimateAudit(
      { settings, registry, db, signal: new AbortController().signal },
      { requests: 0, totalMs: 0, last: undefined },
    );

  async function estimate(source: Partial<EcrSource>): Promise<AuditEstimate> {
    const { sourceDefaults } = await defaultSettings();
    const registries = { account: FAKE_ACCOUNT, regions: [FAKE_REGION], endpoint: fake.url };
    const settings: EcrSource = { ...sourceDefaults, kind: 'ecr', name: 'prod', dedup: 'repository', ...registries };
    return estimateOf(await ecr.open(fake), { ...settings, ...source });
  }

  /** A registry, and the estimate of an audit of it. */
  async function startLab(options: RegistryServerOptions = {}) {
    const registry = closedAfterTest(await startRegistry(options));
    const client = closedAfterTest(openClient(registry.host, { plainHttp: true }));
    const { sourceDefaults } = await defaultSettings();
    const kind = { kind: 'oci', name: 'lab', dedup: 'registry', plainHttp: true } as const;
    const lab: OciSource = { ...sourceDefaults, ...kind, registry: parseRegistryHost(registry.host) };
    return { registry, estimateLab: (more: Partial<OciSource> = {}) => estimateOf(client, { ...lab, ...more }) };
  }

  test.each<[string, Partial<EcrSource>]>([
    ['as it is', {}],
    ['that believes nothing stored', { full: true }],
    ['that reads layers', { deep: true }],
    ['of some repositories that reads layers', { deep: true, include: ['team/**'] }],
    ['of one repository', { include: ['team/other'], full: true }],
    ['of the newest tag that reads layers', { deep: true, newest: 1 }],
  ])('is what an audit %s costs', async (_what, source) => {
    await auditEcr(db, fake);
    const { operations = {} } = await estimate(source);
    fake.forgetCalls();
    await auditEcr(db, fake, { source });
    const least = Object.entries(operations).flatMap(([name, { min }]) => (min > 0 ? [[name, min]] : []));
    expect(Object.fromEntries(least)).toEqual(fake.callCounts());
  });

  test('has the bytes of unread layers, each counted once', async () => {
    await auditEcr(db, fake, { source: { include: ['team/app'] } });
    const before = await estimate({ deep: true });
    expect(before).toMatchObject({ newItems: 2, unreadLayers: { count: 4 } });
    const [kept] = await db.query<{ bytes: number }>(
      'select sum(size)::int8 as bytes from blob where id in (select blob_id from manifest_layer)',
    );
    expect(before.unreadLayers?.bytes).toBe(kept?.bytes);
    await auditEcr(db, fake, { source: { deep: true } });
    expect(await estimate({ deep: true })).toMatchObject({ newItems: 0, unreadLayers: { count: 0, bytes: 0 } });
    expect(await estimate({})).not.toHaveProperty('unreadLayers');
  });

  test('of other registries adds a read of every tag with --full, and unread layers with --deep', async () => {
    const { registry, estimateLab } = await startLab();
    const layer = await tarLayer({ app: 'code' });
    for (const name of ['a', 'b']) registry.push(name, '1', image({ layers: [layer] }));
    await auditRegistry(db, registry);
    expect(await estimateLab()).toMatchObject({ newItems: 0, requests: { min: 2, max: 2 } });
    expect(await estimateLab({ full: true })).toMatchObject({
      newItems: 2,
      requests: { min: 2, max: 10 },
    });
    expect(await estimateLab({ deep: true })).toMatchObject({
      unreadLayers: { count: 1 },
      requests: { min: 3, max: 3 },
    });
  });

  test('has what stored indexes list for platforms that are wanted now', async () => {
    const { registry, estimateLab } = await startLab();
    const platforms = ['amd64', 'arm64', 's390x'].map((architecture) =>
      image({ layers: [architecture], platform: { os: 'linux', architecture } }),
    );
    for (const tag of ['1', 'latest']) registry.push('app', tag, index(platforms));
    await auditRegistry(db, registry);
    expect(await estimateLab()).toMatchObject({ newItems: 0, requests: { min: 2, max: 2 } });
    expect(await estimateLab({ platforms: 'all' })).toMatchObject({ newItems: 2, requests: { min: 4, max: 6 } });
    registry.forgetRequests();
    await auditRegistry(db, registry, { source: { platforms: 'all' } });
    expect(registry.count({ path: /manifests|blobs/ })).toBe(6);
  });

  test('has the limit that a registry announces with manifests only (Docker Hub), and counts no pull for it', async () => {
    const { registry, estimateLab } = await startLab();
    for (const tag of ['1', '2', '3']) registry.push('app', tag, image({ layers: [tag] }));
    await auditRegistry(db, registry);
    registry.push('app', '4', image({ layers: ['4'] }));
    registry.forgetRequests();
    registry.fault({ path: /manifests/ }, (_request, response, next) => {
      response.setHeader('ratelimit-remaining', '2;w=21600');
      next();
    });
    const { limit, durationMs } = await estimateLab();
    expect(limit).toEqual({ remaining: 2, windowMs: 21_600_000 });
    // One tag is new, and within the limit; the known ones are asked for by HEAD, which is not limited.
    expect(durationMs.min).toBeLessThan(21_600_000);
    expect(registry.count({ method: 'GET', path: /manifests/ })).toBe(0);
  });

  test('leaves out a repository whose list of tags breaks off', async () => {
    const { registry, estimateLab } = await startLab({ pageSize: 2 });
    for (const tag of ['1', '2', '3']) registry.push('broken', tag, image({ layers: [tag] }));
    registry.push('whole', '1', image({ layers: ['1'] }));
    registry.fault({ path: /broken\/tags\/list\?cursor=2/ }, answer(403, {}, 'DENIED'));
    const counted = { repositories: 1, tags: 1, newItems: 1, unlisted: [expect.stringContaining('broken')] };
    expect(await estimateLab()).toMatchObject(counted);
  });

  test('stops when lists get no answer several times in a row', async () => {
    const { registry, estimateLab } = await startLab();
    const names = Array.from({ length: 20 }, (_, at) => `app${10 + at}`);
    for (const name of names) registry.push(name, '1', image());
    registry.fault({ path: /app1[1-9]|app2/ }, reset());
    const { repositories, unlisted } = await estimateLab({ concurrency: 1 });
    expect({ repositories, last: unlisted?.at(-1) }).toEqual({
      repositories: 1,
      last: 'lab: 3 lists in a row got no answer: the remaining ones were not tried',
    });
    expect(unlisted).toHaveLength(4);
  });

  test('of other registries has room for all platforms of a new index', async () => {
    const { registry, estimateLab } = await startLab();
    const images = ['amd64', 'arm64'].map((architecture) => image({ platform: { os: 'linux', architecture } }));
    registry.push('app', '1', index(images));
    const reading = { provenance: false, platforms: ['linux/amd64', 'linux/arm64'].map(parsePlatform) };
    const { requests } = await estimateLab(reading);
    const listing = registry.count({ method: 'GET' });
    registry.forgetRequests();
    await auditRegistry(db, registry, { source: reading });
    expect(listing + requests.max).toBe(registry.count());
  });
});
