import { beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { computeTotals } from '../../../src/store/totals/totals-store.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { readRecords } from '../../support/report-records.ts';

const AT = '2026-11-24T02:00:00Z';
const LATER = '2026-11-25T02:00:00Z';

describe.each(BACKENDS)('reports as of an earlier audit on $name', ({ open }) => {
  const db = useDatabase(open);
  beforeAll(async () => {
    const inventory = new Inventory(db);
    const image = (bytes: number) =>
      inventory.image({ name: `${bytes}`, layers: [[`layer of ${bytes}`, bytes]], configBytes: 0 });
    const [east, west] = [await inventory.source('east'), await inventory.source('west')];
    /** One audit of both sources. */
    const audit = async (at: string): Promise<void> => {
      const id = await inventory.audit(east, at);
      await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [id, west]);
      await db.transaction((tx) => computeTotals(tx, west, id));
    };
    const cart = await inventory.repository(east, 'shop/cart', 'shop', AT);
    const gone = await inventory.repository(west, 'shop/gone', 'shop', AT);
    const tags = [
      await inventory.tag(cart, '1', await image(10), AT),
      await inventory.tag(gone, '1', await image(20), AT),
    ];
    await audit(AT);
    for (const tag of tags) await inventory.endTag(tag, LATER);
    await db.query('update repository set ended_at = $2 where id = $1', [gone, LATER]);
    await inventory.tag(cart, '2', await image(30), LATER);
    const added = await inventory.repository(west, 'shop/added', 'shop', LATER);
    await inventory.tag(added, '1', await image(40), LATER);
    await audit(LATER);
  });

  test('have the repositories and sizes of that time', async () => {
    const now = await readRecords(db, KINDS.repositories);
    expect(now).toMatchObject([
      { repository: 'shop/added', stored_bytes: 40 },
      { repository: 'shop/cart', stored_bytes: 30, growth_bytes: 20 },
    ]);
    expect(await readRecords(db, KINDS.repositories, { audit: 1 })).toMatchObject([
      { repository: 'shop/gone', stored_bytes: 20, growth_bytes: null },
      { repository: 'shop/cart', stored_bytes: 10, growth_bytes: null },
    ]);
    expect(await readRecords(db, KINDS.repositories, { audit: 2 })).toEqual(now);
  });

  test('have the times at which things were last seen by then', async () => {
    await db.query('update repository set last_seen_at = $1 where ended_at is null', [LATER]);
    const [first] = await readRecords(db, KINDS.audits, { sort: 'id', limit: 1 });
    for (const request of [{}, { sort: 'tag', limit: 9 }, { filters: { tag: '*' } }]) {
      const rows = await readRecords(db, KINDS.images, { audit: 1, ...request });
      expect(rows.map(({ tag, last_seen_at, audited_at }) => ({ tag, last_seen_at, audited_at }))).toEqual(
        rows.map(() => ({ tag: '1', last_seen_at: first?.finished_at, audited_at: expect.any(String) })),
      );
      expect(rows.every(({ audited_at }) => String(audited_at) <= String(first?.finished_at))).toBe(true);
    }
    const repositories = await readRecords(db, KINDS.repositories, { audit: 1 });
    expect(repositories.every(({ last_seen_at }) => String(last_seen_at) <= String(first?.finished_at))).toBe(true);
  });

  test('rank the repositories of that time', async () => {
    const board = leaderboard({ by: 'repository', metric: 'stored' });
    const names = async (audit: number) => (await readRecords(db, board, { audit })).map((row) => row.repository);
    expect(await names(1)).toEqual(['registry.example.com/shop/gone', 'registry.example.com/shop/cart']);
    expect(await names(2)).toEqual(['registry.example.com/shop/added', 'registry.example.com/shop/cart']);
  });

  test('have the median sizes of that time for teams over several sources', async () => {
    expect(await readRecords(db, KINDS.teams, { audit: 1 })).toMatchObject([{ median_bytes: 10, p90_bytes: 20 }]);
    expect(await readRecords(db, KINDS.teams, { audit: 2 })).toMatchObject([{ median_bytes: 30, p90_bytes: 40 }]);
  });

  test("have the figures of an audit's own sources, where totals of an audit of more sources apply to it", async () => {
    const [{ id = 0 } = {}] = await db.query<{ id: number }>(
      `insert into audit (lane, status, stage, options, started_at, finished_at, heartbeat_at, totals_of)
       select lane, status, stage, options, finished_at, finished_at, finished_at, id from audit where id = 2 returning id`,
    );
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, 1, false)', [id]);
    expect(await readRecords(db, KINDS.audits, { audit: id })).toMatchObject([{ sources: 'east', stored_bytes: 30 }]);
    expect(await readRecords(db, KINDS.audits, { audit: 2 })).toMatchObject([
      { sources: 'east;west', stored_bytes: 70 },
    ]);
    await db.query('delete from audit where id = $1', [id]);
  });

  test('have the trend up to that time', async () => {
    const audits = async (audit: number) =>
      new Set((await readRecords(db, KINDS.trends, { audit })).map((row) => row.audit_id));
    expect(await audits(1)).toEqual(new Set([1]));
    expect(await audits(2)).toEqual(new Set([1, 2]));
  });

  test('have the builds that had grown by that time', async () => {
    const grown = await readRecords(db, KINDS.regressions);
    expect(grown).toMatchObject([{ repository: 'shop/cart', tag: '2', change_bytes: 20 }]);
    expect(await readRecords(db, KINDS.regressions, { audit: 2 })).toEqual(grown);
    expect(await readRecords(db, KINDS.regressions, { audit: 1 })).toEqual([]);
  });

  test.each(['improvements', 'techniques', 'reclaim'] as const)(
    'are refused where they would tell of now: %s',
    async (kind) => {
      await expect(readRecords(db, KINDS[kind], { audit: 1 })).rejects.toThrow(
        `report ${kind} shows only the present, and audit 1 is not the newest of its sources: leave --audit out`,
      );
      expect(await readRecords(db, KINDS[kind], { audit: 2 })).toEqual(await readRecords(db, KINDS[kind]));
    },
  );
});
