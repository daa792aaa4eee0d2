import { expect, test } from 'vitest';
import type { Tag } from '../../../src/oci/reference.ts';
import { closeListings } from '../../../src/store/listing-store.ts';
import { POSTGRES, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { recordPlans } from '../../support/plans.ts';

const TAGS = 2_000;
const db = useEmptyDatabase(POSTGRES.open);

test.each([
  ['no statistics', 0, -1],
  ['those of an empty table', 4, 0],
])('what a listing lacks is found by reading it once, with %s', async (_statistics, pages, rows) => {
  const inventory = new Inventory(db);
  const repositoryId = await inventory.repository(await inventory.source('lab'), 'app', 'unowned', '2024-01-01Z');
  await db.query("delete from pg_statistic where starelid = 'tag'::regclass");
  await db.query("update pg_class set relpages = $1, reltuples = $2 where oid = 'tag'::regclass", [pages, rows]);
  await db.query(
    `insert into manifest (digest, media_type, kind, fetched_at)
     select sha256(n::text::bytea), 'application/json', 'image', now() from generate_series(1, $1::int) n`,
    [TAGS],
  );
  await db.query(
    'insert into tag (repository_id, name, manifest_id, started_at) select $1, id, id, now() from manifest',
    [repositoryId],
  );
  const tags = await db.query<{ name: Tag }>('select name from tag order by id');
  const [gone, ...listed] = tags.map(({ name }) => name);
  const plans: string[] = [];
  const listing = { untagged: [], tagsListed: TAGS - 1, tagsWanted: TAGS - 1, tagsUnlisted: 0, isGone: false };
  await closeListings(
    recordPlans(db, /update tag/, plans),
    1,
    [{ repository: { id: repositoryId }, tags: listed, ...listing }],
    '2099-01-01T00:00:00Z',
  );
  const ended = await db.query('select name from tag where ended_at is not null');
  expect(ended).toEqual([{ name: gone }]);
  expect(Math.max(...[...plans.join('\n').matchAll(/loops=(\d+)/g)].map(([, loops]) => Number(loops)))).toBe(1);
});
