import { beforeAll, describe, expect, test } from 'vitest';
import { catalogueAlternatives } from '../../../src/catalogue/alternatives.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { type BaseTag, saveBaseTags } from '../../../src/store/catalogue-store.ts';
import { readStaleImages } from '../../../src/store/stale-images.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, emptyTables, useDatabase } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { recordPlans } from '../../support/plans.ts';
import { startRegistry } from '../../support/registry-server.ts';

/** Images of the catalogue that no image here is built on. */
const STRANGERS = 100_000;
/** Rows of the catalogue that one look may touch: those that match, with room for what the index brings besides. */
const FEW = 50;

describe.each(BACKENDS)('a catalogue of many images on $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    await emptyTables(db);
    const registry = await startRegistry();
    registry.push('library/base', '1', image({ layers: ['os'] }));
    registry.push('team/app', '1', image({ layers: ['os', 'app'] }));
    await auditRegistry(db, registry);
    await registry.close();
    await db.query(
      `insert into base_image (registry, repository, tag, digest, platform, chain_id, layer_count, pull_bytes, labels, learned_at, newest)
       select 'mirror.example.com', 'library/stranger', n::text, sha256(('digest' || n)::bytea), 'linux/amd64', sha256(('chain' || n)::bytea), 1, 1, '{}',
         '2026-11-24T02:00:00Z', true from generate_series(1, $1::int4) n`,
      [STRANGERS],
    );
    await db.query(
      `insert into base_image (registry, repository, tag, digest, platform, chain_id, layer_count, pull_bytes, labels, learned_at, newest)
       select 'mirror.example.com', 'library/known', '1', sha256('known'), 'linux/amd64', chain_id, 1, 1, '{}', '2026-11-24T02:00:00Z', true
       from image where layer_count = 1`,
    );
    await db.query('analyze');
  });

  test('is searched by an index for the layers of the images', async () => {
    const sourceIds = (await db.query<{ id: number }>('select id from source')).map(({ id }) => id);
    const plans: string[] = [];
    const stale = await readStaleImages(recordPlans(db, /base_image/, plans), sourceIds, 'other rules', {
      from: 0,
      to: 1_000_000,
    });
    const names = stale.flatMap(({ bases }) => bases.map(({ references }) => references.join(';')));
    expect(names).toContain('library/known:1');
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(rowsRead(plan, 'base_image'), plan).toBeLessThan(FEW);
  });
});

/** How many rows a plan took from a table, by the figures of its scans. */
function rowsRead(plan: string, table: string): number {
  const scans = [
    ...plan.matchAll(new RegExp(`Scan.* on ${table}\\b.*actual time=\\S+ rows=([\\d.]+) loops=(\\d+)`, 'g')),
  ];
  if (scans.length === 0) throw new Error(`the plan does not scan ${table}`);
  return scans.reduce((sum, [, rows, loops]) => sum + Number(rows) * Number(loops), 0);
}

describe.each(BACKENDS)('alternatives from the catalogue on $name', ({ open }) => {
  const db = useDatabase(open);

  const named = (tag: string, kind: object, pullBytes: number): BaseTag => {
    const digest = digestOf(`${tag} ${JSON.stringify(kind)}`);
    const content = { digest, platform: 'linux/amd64', chainId: digest, layerCount: 1, pullBytes, labels: {}, ...kind };
    return { tag: tag as BaseTag['tag'], digest, images: [content], complete: true };
  };
  const save = (name: string, tags: readonly BaseTag[], registry = 'mirror.example.com') =>
    saveBaseTags(db, { registry, name } as never, tags, { platforms: 'all', now: '2026-11-24T02:00:00Z' });

  test('are the newest versions of repositories of base images', async () => {
    const slim = { runtime: 'node', variant: 'slim', distro: 'debian' };
    await save('library/node', [
      named('22.9-slim', { ...slim, runtimeVersion: '22.9.0' }, 80),
      named('22.10-slim', { ...slim, runtimeVersion: '22.10.0' }, 81),
      named('22-slim', { ...slim, runtimeVersion: '22.10.0' }, 81),
    ]);
    await save('team/api', [named('1', { ...slim, runtimeVersion: '22.11.0' }, 10)]);
    await save('library/debian', [named('12-slim', { variant: 'slim', distro: 'debian', distroVersion: '12' }, 28)]);
    expect(await catalogueAlternatives(db)).toEqual([
      {
        runtime: 'node',
        version: '22.10.0',
        variant: 'slim',
        distro: 'debian',
        reference: 'library/node:22-slim',
        compressedBytes: 81,
        measured: true,
      },
      {
        runtime: 'none',
        version: '12',
        variant: 'slim',
        distro: 'debian',
        reference: 'library/debian:12-slim',
        compressedBytes: 28,
        measured: true,
      },
    ]);
  });

  test('are the same in whatever order registries with different builds of a tag were learned', async () => {
    const build = (registry: string, pullBytes: number) => {
      const kind = {
        runtime: 'node',
        runtimeVersion: '22.10.0',
        variant: 'slim',
        distro: 'debian',
        labels: { registry },
      };
      return () => save('library/node', [named('22-slim', kind, pullBytes)], registry);
    };
    const builds = [build('one.example.com', 81), build('two.example.com', 79)];
    for (const order of [builds, builds.toReversed()]) {
      await emptyTables(db);
      for (const learn of order) await learn();
      expect(await catalogueAlternatives(db)).toMatchObject([{ compressedBytes: 79 }]);
    }
  });
});
