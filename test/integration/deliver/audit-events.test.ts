import { describe, expect, test } from 'vitest';
import { auditEvents } from '../../../src/deliver/audit-events.ts';
import { regressionItems } from '../../../src/deliver/regression-items.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import type { OciSource } from '../../../src/settings/settings.ts';
import { findAudit } from '../../../src/store/audit-store.ts';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { auditRegistry, auditSources, defaultSettings } from '../../support/audits.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { type BuiltLayer, image } from '../../support/image-builder.ts';
import { Inventory } from '../../support/inventory.ts';
import { useRegistry } from '../../support/use-registry.ts';

const AT = '2026-11-24T02:00:00Z';

/** A layer of so many bytes; nobody unpacks it. */
function layer(bytes: number): BuiltLayer {
  const body = Buffer.alloc(bytes, 'x');
  const digest = digestOf(body);
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, body, diffId: digest };
}

function build(month: number, dependencies: number, instruction = 'RUN npm ci') {
  return image({
    created: new Date(Date.UTC(2026, month)).toISOString(),
    layers: ['base', layer(dependencies)],
    history: [{ created_by: 'ADD rootfs.tar / # buildkit' }, { created_by: `${instruction} # buildkit` }],
  });
}

describe.each(BACKENDS)('the events of an audit, from $name', ({ open }) => {
  const db = useDatabase(open);
  const registry = useRegistry();

  test('errors count even if no listed tag failed', async () => {
    registry.push('shop/cart', '1.0', build(1, 1_000));
    const audit = await auditRegistry(db, registry, { source: { repositories: ['shop/cart', 'shop/gone'] } });
    const events = await auditEvents(db, audit, await defaultSettings(), new Set(['finished']));
    expect(events).toMatchObject([{ audit: { status: 'incomplete', tags_audited: 1, tags_failed: 0, errors: 1 } }]);
    registry.push('shop/cart', '1.1', build(1, 1_000));
    const again = await auditRegistry(db, registry, { source: { repositories: ['shop/cart'] } });
    const [finished] = await auditEvents(db, again, await defaultSettings(), new Set(['finished']));
    const [{ stored, logical } = { stored: 0, logical: 0 }] = await db.query<{ stored: number; logical: number }>(
      'select stored_bytes as stored, logical_bytes as logical from source_total order by audit_id desc limit 1',
    );
    expect(logical).toBeGreaterThan(stored);
    expect(finished?.audit).toMatchObject({ images: 1, stored_bytes: stored, logical_bytes: logical });
  });

  test('an image over budget that two sources have is one item, without its platform; 20 are told, all are counted', async () => {
    const tags = Array.from({ length: 21 }, (_, place) => `1.${place + 10}`);
    for (const tag of tags) registry.push('shop/cart', tag, build(1, 1_000));
    const { sourceDefaults, ...settings } = await defaultSettings();
    const sources = ['one', 'two'].map(
      (name): OciSource => ({ ...sourceDefaults, kind: 'oci', name, registry: registry.host, dedup: 'registry' }),
    );
    const audit = await auditSources(db, sources);
    const policy = { ...settings.policy, budgets: [{ maxImageSize: 1 }] };
    const [event] = await auditEvents(db, audit, { policy }, new Set(['budget']));
    expect(event?.items.map(({ name }) => name)).toEqual(
      tags.slice(0, 20).map((tag) => `${registry.host}/shop/cart:${tag}`),
    );
    expect(event?.items_total).toBe(21);
    const [{ bytes } = { bytes: 0 }] = await db.query<{ bytes: number }>(
      'select pull_bytes as bytes from image limit 1',
    );
    expect(event?.items[0]).toMatchObject({ team: 'unowned', bytes });
    const layered = { ...policy, budgets: [{ maxLayers: 1 }] };
    const [layers] = await auditEvents(db, audit, { policy: layered }, new Set(['budget']));
    expect(layers?.items[0]?.message).toMatch(/2 layers/);
    const accepted = { ...policy, exceptions: [{ rules: ['max-image-size'], reason: 'moves to a smaller base' }] };
    expect(await auditEvents(db, audit, { policy: accepted }, new Set(['budget']))).toEqual([]);
  });

  test('a regression names the build and the step that caused it', async () => {
    registry.push('shop/cart', '0.9', build(0, 1_000));
    registry.push('shop/cart', '1.0', build(1, 20_000_000));
    registry.push('shop/small', '1.0', build(1, 1_000));
    await auditRegistry(db, registry);
    const instruction = `RUN npm ci ${'--flag '.repeat(20)}`;
    registry.push('shop/cart', '1.1', build(2, 32_000_000, instruction));
    registry.push('shop/small', '1.1', build(2, 9_000));
    const audit = await auditRegistry(db, registry);
    const events = await auditEvents(db, audit, await defaultSettings(), new Set(['regression']));
    expect(events).toMatchObject([{ event: 'regression', items_total: 1 }]);
    const [item] = events[0]?.items ?? [];
    expect(item?.name).toBe(`${registry.host}/shop/cart`);
    expect(item?.team).toBe('unowned');
    expect(item?.bytes).toBeGreaterThanOrEqual(32_000_000);
    const [, told] = /^grew by \d+ %: build 1\.1 \+12\.0 MB, step 2 \+12\.0 MB (.*)$/.exec(item?.message ?? '') ?? [];
    expect(told).toBe(instruction.slice(0, 80));
  });

  test('the build that grew is named, however many builds of another repository grew more', async () => {
    const inventory = new Inventory(db);
    const source = await inventory.source('main');
    const addBuilds = async (repository: string, count: number, step: number) => {
      const id = await inventory.repository(source, repository, 'shop', AT);
      for (const number of Array(count).keys()) {
        const createdAt = new Date(Date.UTC(2026, 9, 1, 0, number)).toISOString();
        const name = `${repository} ${number}`;
        const built = await inventory.image({ name, layers: [[name, 1_000 + number * step]], createdAt });
        await inventory.tag(id, `1.${number}`, built, AT);
      }
    };
    await addBuilds('busy', 202, 100);
    await addBuilds('quiet', 2, 10);
    const audit = await findAudit(db, await inventory.audit(source, AT));
    if (!audit) throw new Error('there is no audit');
    const place = { source: 'main', registry: 'registry.example.com' };
    const items = await regressionItems(db, audit, [
      { ...place, repository: 'busy' },
      { ...place, repository: 'quiet' },
      { ...place, repository: 'quiet', source: 'other' },
      { ...place, repository: 'quiet', registry: 'mirror.example.com' },
      { ...place, repository: 'none' },
    ]);
    expect(items.map(({ message }) => /build .* B/.exec(message)?.[0].replace(/,.*/, ''))).toEqual([
      expect.stringMatching(/^build 1\.\d+ \+100 B$/),
      'build 1.1 +10 B',
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a repository grew if it did by a tenth and by 10 MB; the one that grew most comes first, of whatever source', async () => {
    const inventory = new Inventory(db);
    const sources = [await inventory.source('left'), await inventory.source('right')];
    const audit = async (day: number, sizes: readonly (readonly [name: string, bytes: number])[]) => {
      for (const [index, [name, bytes]] of sizes.entries()) {
        const layers = [[`layer of ${name} ${day}`, bytes]] as const;
        const built = await inventory.image({ name: `${name} ${day}`, layers, configBytes: 0 });
        if (day === 1) repositories.push(await inventory.repository(sources[index % 2] ?? 0, name, 'shop', AT));
        await inventory.tag(repositories[index] ?? 0, `${day}`, built, AT);
      }
      const [first = 0, second = 0] = sources;
      const id = await inventory.audit(first, AT);
      await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [id, second]);
      await db.transaction((tx) => computeTotals(tx, second, id));
      return id;
    };
    const repositories: number[] = [];
    const others = Array.from({ length: 20 }, (_, place) => `other-${place}`);
    await audit(1, [
      ['grew', 10e6],
      ['grew-most', 10e6],
      ['large', 200e6],
      ['small', 1e6],
      ['at-both-limits', 100e6],
      ...others.map((name) => [name, 1e6] as const),
    ]);
    const id = await audit(2, [
      ['grew', 12e6],
      ['grew-most', 30e6],
      ['large', 15e6],
      ['small', 9e6],
      ['at-both-limits', 10e6],
      ...others.map((name) => [name, 11e6] as const),
    ]);
    const row = await findAudit(db, id);
    if (!row) throw new Error('there is no audit');
    const wanted = new Set(['finished', 'regression', 'failed'] as const);
    const settings = await defaultSettings();
    const events = await auditEvents(db, row, settings, wanted);
    expect(events.map(({ event, items_total }) => [event, items_total])).toEqual([
      ['finished', 0],
      ['regression', 23],
    ]);
    const items = events[1]?.items.map(({ name }) => name.replace(/.*\//, ''));
    expect(items?.slice(0, 2)).toEqual(['grew-most', 'grew']);
    expect(items).toHaveLength(20);
    const failed = { ...row, status: 'failed' } as const;
    expect(await auditEvents(db, failed, settings, wanted)).toMatchObject([{ event: 'failed' }]);
    expect(await auditEvents(db, failed, settings, new Set(['finished', 'regression']))).toEqual([]);
    const [{ id: without } = { id: 0 }] = await db.query<{ id: number }>(
      `insert into audit (lane, status, stage, options, started_at, finished_at, heartbeat_at)
       values ('adhoc', 'failed', 'done', '{}', $1, $1, $1) returning id`,
      [AT],
    );
    const unread = await findAudit(db, without);
    expect(unread && (await auditEvents(db, unread, settings, wanted))).toMatchObject([
      { event: 'failed', audit: { images: null, stored_bytes: null, logical_bytes: null } },
    ]);
  });
});
