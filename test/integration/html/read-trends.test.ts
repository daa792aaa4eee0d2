import { describe, expect, test } from 'vitest';
import { readTrends } from '../../../src/html/overview/read-trends.ts';
import { BACKENDS, useEmptyDatabase } from '../../support/databases.ts';

const NOW = new Date('2026-11-24T02:00:00Z');

describe.each(BACKENDS)('the trends of many sources on $name', ({ open }) => {
  const db = useEmptyDatabase(open);

  /** Nightly audits; each source has its own, and each later source stores more at the end, and less before. */
  async function audited(sources: number, nights: number): Promise<void> {
    await db.query(
      `insert into source (name, kind, dedup) select 'source ' || n, 'oci', 'registry' from generate_series(1, $1::int4) n`,
      [sources],
    );
    await db.query(
      `insert into audit (lane, status, stage, options, started_at, finished_at, heartbeat_at)
       select 'nightly', 'finished', 'deliver', '{}', at, at, at
       from generate_series(1, $1::int4) night, lateral (select timestamptz '2024-01-01Z' + night * interval '1 day' as at) t
       cross join generate_series(1, $2::int4) source order by night, source`,
      [nights, sources],
    );
    await db.query(
      'insert into audit_source (audit_id, source_id, running) select id, (id - 1) % $1 + 1, false from audit',
      [sources],
    );
    await db.query(
      `insert into source_total (audit_id, source_id, repositories, tags, images, blobs, logical_bytes, stored_bytes)
       select x.audit_id, x.source_id, 1, 1, 1, 1, 7, case when x.audit_id > $1::int8 then x.source_id else 1000 - x.source_id end
       from audit_source x`,
      [sources * (nights - 1)],
    );
  }

  test('are those that store most now, largest first', async () => {
    await audited(6, 2);
    const trends = await readTrends(db, { scope: 'source' }, NOW);
    expect(trends.map(({ title }) => title)).toEqual(['source 6', 'source 5', 'source 4', 'source 3']);
    expect(trends[0]?.points).toEqual([
      { at: '2024-01-02T00:00:00Z', storedBytes: 994, logicalBytes: 7 },
      { at: '2024-01-03T00:00:00Z', storedBytes: 6, logicalBytes: 7 },
    ]);
  });

  test('go back as far as those of one source', async () => {
    await audited(30, 60);
    const trends = await readTrends(db, { scope: 'source' }, NOW);
    expect(trends.map(({ points }) => points.length)).toEqual([60, 60, 60, 60]);
  });

  test('are the newest thousand points of each source', async () => {
    await audited(4, 1_001);
    const trends = await readTrends(db, { scope: 'source' }, NOW);
    expect(trends.map(({ points }) => points.length)).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(trends[0]?.points[0]?.at).toBe('2024-01-03T00:00:00Z');
  });

  test('of a base image are those with most pull sizes on it', async () => {
    await audited(6, 1);
    await db.query(
      `insert into base_total (audit_id, source_id, place, base_image, images, tags, repositories, logical_bytes)
       select audit_id, source_id, 1, 'library/node:22', 1, 1, 1, case source_id when 2 then 50 else source_id end from audit_source`,
    );
    const trends = await readTrends(db, { scope: 'base', name: 'library/node:22' }, NOW);
    expect(trends.map(({ title }) => title)).toEqual(['source 2', 'source 6', 'source 5', 'source 4']);
  });
});
