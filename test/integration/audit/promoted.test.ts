import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const BASE = ['base layer one', 'base layer two'];
const APP = image({ layers: [...BASE, 'app'], created: '2026-02-01T00:00:00Z' });
const PROVEN = { base_image: 'base/java:17', base_confidence: 'proven', base_evidence: 'layer-chain:base/java:17' };

describe.each(BACKENDS)('images that are promoted from one registry to another, audited into $name', ({ open }) => {
  let registries: Readonly<Record<'harbor' | 'prod', RegistryServer>>;

  const db = useEmptyDatabase(open);
  beforeEach(async () => {
    registries = { harbor: await startRegistry(), prod: await startRegistry() };
    registries.harbor.push('base/java', '17', image({ layers: BASE, created: '2026-01-01T00:00:00Z' }));
  });
  afterEach(async () => {
    for (const registry of Object.values(registries)) await registry.close();
  });

  const audit = (source: 'harbor' | 'prod') => auditRegistry(db, registries[source], { source: { name: source } });
  const basesOf = (repository: string) =>
    db.query(
      'select source, base_image, base_confidence, base_evidence from slimboard_images where repository = $1 order by source, tag',
      [repository],
    );

  test.each(['1970-01-01T00:00:00Z', '1980-01-01T00:00:01Z', '0001-01-01T00:00:00Z'])(
    'have their base proven even with a made-up creation date: %s',
    async (created) => {
      registries.harbor.push('team/app', '1', image({ layers: [...BASE, 'app'], created }));
      await audit('harbor');
      expect(await basesOf('team/app')).toEqual([{ source: 'harbor', ...PROVEN }]);
    },
  );

  test('have the currently tagged base, if it was rebuilt with the same layers', async () => {
    registries.harbor.push('team/app', '1', APP);
    await audit('harbor');
    const again = image({ layers: BASE, created: '2026-01-01T00:00:00Z', config: { Labels: { build: '2' } } });
    const digest = registries.harbor.push('base/java', '17', again);
    await audit('harbor');
    const rows = await db.query(
      "select encode(base_digest, 'hex') as hex from slimboard_images where repository = 'team/app'",
    );
    expect(rows).toEqual([{ hex: digest.replace('sha256:', '') }]);
  });

  test.each([
    ['themselves', APP],
    ['within an index', index([APP])],
  ])('have no base in a repository where they are tagged, too, however late: %s', async (_, pushed) => {
    registries.harbor.push('team/app', '1', pushed);
    await audit('harbor');
    expect(await basesOf('team/app')).toEqual([{ source: 'harbor', ...PROVEN }]);
    registries.prod.push('base/java', 'app', pushed);
    await audit('prod');
    await audit('harbor');
    expect(await basesOf('team/app')).toMatchObject([{ base_confidence: 'inferred' }]);
  });

  test.each([[['harbor', 'prod', 'harbor', 'prod']], [['prod', 'harbor', 'prod', 'harbor']]] as const)(
    'have the base in one of the registries, in whatever order these are audited: %j',
    async (order) => {
      registries.harbor.push('team/app', '1', APP);
      registries.prod.push('team/app', '1', APP);
      await audit(order[0]);
      for (const source of order.slice(1)) {
        await audit(source);
        expect(await basesOf('team/app')).toEqual([
          { source: 'harbor', ...PROVEN },
          { source: 'prod', ...PROVEN },
        ]);
      }
      const kept = await db.query(
        `select s.name as source, b.base_image, b.base_confidence from source_base b join source s on s.id = b.source_id
       where b.base_confidence = 'proven' order by s.name`,
      );
      expect(kept).toEqual([
        { source: 'harbor', base_image: 'base/java:17', base_confidence: 'proven' },
        { source: 'prod', base_image: 'base/java:17', base_confidence: 'proven' },
      ]);
    },
  );

  test('have the base in another registry, with its current names there', async () => {
    registries.prod.push('team/app', '1', APP);
    await audit('harbor');
    await audit('prod');
    expect(await basesOf('team/app')).toEqual([{ source: 'prod', ...PROVEN }]);
    registries.harbor.push('base/java', '17.0.9', image({ layers: BASE, created: '2026-01-01T00:00:00Z' }));
    await audit('harbor');
    await audit('prod');
    expect(await basesOf('team/app')).toMatchObject([{ base_image: 'base/java:17;base/java:17.0.9' }]);
  });

  test('do not have an earlier build of their own as base, even from another registry', async () => {
    const LATER = image({ layers: [...BASE, 'app', 'more'], created: '2026-03-01T00:00:00Z' });
    registries.prod.push('team/app', '1', APP);
    registries.harbor.push('team/app', '2', LATER);
    await audit('prod');
    await audit('harbor');
    expect(await basesOf('team/app')).toEqual([
      { source: 'harbor', ...PROVEN },
      { source: 'prod', base_image: 'scratch', base_confidence: 'inferred', base_evidence: expect.any(String) },
    ]);
    await audit('prod');
    expect(await basesOf('team/app')).toEqual([
      { source: 'harbor', ...PROVEN },
      { source: 'prod', ...PROVEN },
    ]);
  });

  test('are not assessed again while no registry changes', async () => {
    registries.harbor.push('team/app', '1', APP);
    registries.prod.push('team/app', '1', APP);
    for (const source of ['harbor', 'prod', 'harbor', 'prod'] as const) await audit(source);
    const last = await audit('harbor');
    const [row] = await db.query('select judged_tasks, totals_of < id as holds from audit where id = $1', [last.id]);
    expect(row).toEqual({ judged_tasks: 0, holds: true });
  });
});
