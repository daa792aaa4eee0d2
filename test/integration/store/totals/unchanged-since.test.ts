import { beforeEach, describe, expect, test } from 'vitest';
import { computeTotals } from '../../../../src/store/totals/totals-store.ts';
import { findUnchangedSince } from '../../../../src/store/totals/unchanged-since.ts';
import { BACKENDS, useEmptyDatabase } from '../../../support/databases.ts';
import { Inventory } from '../../../support/inventory.ts';

const BEFORE = '2026-11-01T01:00:00Z';
const STARTED = '2026-11-01T02:00:00Z';
const DURING = '2026-11-01T03:00:00Z';
const FINISHED = '2026-11-01T04:00:00Z';
const LATER = '2026-11-01T05:00:00Z';

const optionsOf = (settings: object) => ({ sources: ['east', 'west'].map((name) => ({ name, ...settings })) });
const SETTINGS = { platforms: ['linux/amd64'], provenance: true, dedup: 'registry', concurrency: 1 };

describe.each(BACKENDS)('the totals of an earlier audit, in $name', ({ open }) => {
  const db = useEmptyDatabase(open);
  let inventory: Inventory;
  /** An audited source, and another one. */
  let east: number;
  let west: number;

  beforeEach(async () => {
    inventory = new Inventory(db);
    east = await inventory.source('east');
    west = await inventory.source('west');
    for (const source of [east, west]) {
      const repository = await inventory.repository(source, 'app', 'shop', BEFORE);
      await inventory.tag(repository, '1', await inventory.image({ name: `${source}`, layers: [] }), BEFORE);
    }
    await audit(east);
  });

  async function audit(source: number, status = 'finished'): Promise<number> {
    const id = await inventory.audit(source, FINISHED, { status, options: optionsOf(SETTINGS) });
    await db.query('update audit set started_at = $2 where id = $1', [id, STARTED]);
    return id;
  }

  /** Which audit's totals hold for these sources, in an audit with these settings. */
  async function found(sources: readonly number[], settings: object = SETTINGS): Promise<number | undefined> {
    const [{ id = 0 } = {}] = await db.query<{ id: number }>(
      `insert into audit (lane, status, stage, options, started_at, heartbeat_at) values ('nightly', 'running', 'inventory', $1, $2, $2) returning id`,
      [JSON.stringify(optionsOf(settings)), LATER],
    );
    return (await findUnchangedSince(db, sources, id))?.auditId;
  }

  test('hold while nothing changes, also if that audit was incomplete', async () => {
    expect(await found([east])).toBe(1);
    const id = await audit(east, 'incomplete');
    expect(await found([east])).toBe(id);
    expect(await found([west])).toBeUndefined();
  });

  test('of an audit that failed never hold, and those of the one before still do', async () => {
    await audit(east, 'failed');
    expect(await found([east])).toBe(1);
  });

  test('do not hold once a repository came back that they count as gone, even if it has no tags any more', async () => {
    await db.query('update repository_total set gone = true where repository_id = 1');
    expect(await found([east])).toBeUndefined();
  });

  test.each([
    ['a tag came', 'update tag set started_at = $1 where repository_id = 1'],
    ['a tag went', 'update tag set ended_at = $1 where repository_id = 1'],
    ['a repository came', 'update repository set first_seen_at = $1 where id = 1'],
    ['a repository went', 'update repository set ended_at = $1 where id = 1'],
  ])('do not hold once %s after that audit; what it found itself is in them', async (_, change) => {
    await db.query(change, [DURING]);
    expect(await found([east])).toBe(1);
    await db.query(change, [LATER]);
    expect(await found([east])).toBeUndefined();
  });

  test.each([
    ['a tag came', 'update tag set started_at = $1 where repository_id = 2'],
    ['a tag went', 'update tag set ended_at = $1 where repository_id = 2'],
    ['a repository came', 'update repository set first_seen_at = $1 where id = 2'],
    ['a repository went', 'update repository set ended_at = $1 where id = 2'],
  ])('do not hold once %s in another source, also during that audit, which may have missed it', async (_, change) => {
    await db.query(change, [STARTED]);
    expect(await found([east])).toBe(1);
    await db.query(change, [DURING]);
    expect(await found([east])).toBeUndefined();
  });

  test('do not hold once a manifest was read after that audit, for whichever source', async () => {
    await db.query('update manifest set fetched_at = $1', [FINISHED]);
    expect(await found([east])).toBe(1);
    await db.query('update manifest set fetched_at = $1', [LATER]);
    expect(await found([east])).toBeUndefined();
  });

  test.each([
    [{ platforms: 'all' }, undefined],
    [{ provenance: false }, undefined],
    [{ dedup: 'repository' }, undefined],
    [{ concurrency: 9 }, 1],
  ])('hold for an audit with %j: %s', async (other, expected) => {
    expect(await found([east], { ...SETTINGS, ...other })).toBe(expected);
  });

  test('hold if other settings are those of another source', async () => {
    const [own, other] = optionsOf(SETTINGS).sources;
    await db.query('update audit set options = $1', [JSON.stringify({ sources: [own, { ...other, dedup: 'none' }] })]);
    expect(await found([east])).toBe(1);
  });

  test('hold for several sources if they are of one audit', async () => {
    expect(await found([east, west])).toBeUndefined();
    const second = await audit(west);
    expect(await found([east, west])).toBeUndefined();
    await db.query('insert into audit_source (audit_id, source_id, running) values ($1, $2, false)', [second, east]);
    await db.transaction((tx) => computeTotals(tx, east, second));
    expect(await found([east, west])).toBe(second);
  });
});
