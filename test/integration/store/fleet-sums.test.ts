import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Database, Queryable } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { keepFleetSums } from '../../../src/store/fleet-sums.ts';
import { auditRegistry } from '../../support/audits.ts';
import { BACKENDS, emptyTables, newPostgresUrl } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { Inventory } from '../../support/inventory.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-01T02:00:00Z';

const tagsOf = async (db: Queryable, table: string) => {
  const [row] = await db.query<{ tags: number | null }>(`select sum(tags)::int4 as tags from ${table}`);
  return row?.tags ?? null;
};

describe.each(BACKENDS)('sums of all sources on $name', ({ open }) => {
  let db: Database;
  let registry: RegistryServer;
  beforeAll(async () => {
    db = await open();
    registry = await startRegistry();
    registry.push('shop/cart', '1', image());
  });
  afterAll(async () => {
    await registry?.close();
    await db?.close();
  });
  beforeEach(() => emptyTables(db));

  test('are stored once there are several sources, survive audits without changes, and are stored again when missing', async () => {
    const auditAs = (name: string) => auditRegistry(db, registry, { source: { name } });
    await auditAs('east');
    expect(await tagsOf(db, 'fleet_base')).toBeNull();
    await auditAs('west');
    expect(await tagsOf(db, 'fleet_base')).toBe(2);
    // What the other source brought may be bases of this one's images: looked at once.
    await auditAs('east');
    await db.query('update fleet_base set tags = 99');
    await auditAs('east');
    expect(await tagsOf(db, 'fleet_base')).toBe(99);
    for (const table of ['fleet_base', 'fleet_group']) await db.query(`delete from ${table}`);
    await auditAs('east');
    expect(await tagsOf(db, 'fleet_base')).toBe(2);
    registry.push('shop/cart', '2', image());
    await auditAs('east');
    expect(await tagsOf(db, 'fleet_base')).toBe(3);
    expect(await readRecords(db, KINDS.bases)).toEqual(
      await readRecords(db, KINDS.bases, { filters: { repository: '**' } }),
    );
  });

  test('are discarded by a small audit, and stored by the first report that needs them, unless an audit is running', async () => {
    for (const tag of ['3', '4', '5']) registry.push('shop/cart', tag, image());
    for (const name of ['east', 'west']) await auditRegistry(db, registry, { source: { name, include: ['shop/*'] } });
    registry.push('tools/lint', '1', image());
    await auditRegistry(db, registry, { source: { name: 'tools', include: ['tools/*'] } });
    expect(await tagsOf(db, 'fleet_base')).toBeNull();
    const board = leaderboard({ by: 'base', metric: 'stored' });

    await db.query("update audit set status = 'running', finished_at = null where id = 1");
    const computed = [await readRecords(db, KINDS.bases), await readRecords(db, board)];
    expect(await tagsOf(db, 'fleet_base')).toBeNull();
    await db.query("update audit set status = 'finished', finished_at = now() where id = 1");

    await readRecords(db, KINDS.bases, { filters: { source: 'east' } });
    await readRecords(db, KINDS.bases, { filters: { repository: '**' } });
    expect(await tagsOf(db, 'fleet_base')).toBeNull();
    expect([await readRecords(db, KINDS.bases), await readRecords(db, board)]).toEqual(computed);
    await db.query('update fleet_base set tags = 99');
    await db.query('update fleet_group set tags = 99');
    expect(await readRecords(db, KINDS.bases)).toMatchObject([{ tags: 99 }]);
    expect(await readRecords(db, board)).toMatchObject([{ tags: 99 }]);
  });
});

test('two audits that end at the same time store what both found, once', async () => {
  const db = await openDatabase({ url: await newPostgresUrl(), dataDir: '' });
  try {
    await migrate(db);
    const inventory = new Inventory(db);
    const sources = [await inventory.source('east'), await inventory.source('west')] as const;
    const id = await inventory.image({ name: 'cart', layers: [['layer', 10]] });
    const repositories: number[] = [];
    for (const source of sources) {
      repositories.push(await inventory.repository(source, 'shop/cart', 'shop', AT));
      await inventory.audit(source, AT);
    }
    const end = async (tx: Queryable, place: 0 | 1) => {
      await tx.query('insert into tag (repository_id, name, manifest_id, started_at) values ($1, $2, $3, $4)', [
        repositories[place] ?? 0,
        '1',
        id,
        AT,
      ]);
      await keepFleetSums(tx, [sources[place]]);
    };
    let later: Promise<void> | undefined;
    await db.transaction(async (tx) => {
      await end(tx, 0);
      later = db.transaction((other) => end(other, 1));
      const waiting = () => db.query("select from pg_locks where relation = 'fleet_base'::regclass and not granted");
      await vi.waitUntil(async () => (await waiting()).length > 0);
    });
    await later;
    expect(await tagsOf(db, 'fleet_base')).toBe(2);
    expect(await tagsOf(db, "fleet_group where grouping = 'base'")).toBe(2);
  } finally {
    await db.close();
  }
});
