import { expect, test } from 'vitest';
import type { Queryable } from '../../../../src/database/database.ts';
import { PLAN_AS_A_WHOLE } from '../../../../src/database/planning.ts';
import { currentSteps } from '../../../../src/store/totals/current-steps.ts';
import { POSTGRES, useEmptyDatabase } from '../../../support/databases.ts';
import { Inventory } from '../../../support/inventory.ts';
import { recordPlans } from '../../../support/plans.ts';

const AT = '2026-11-24T02:00:00Z';
const db = useEmptyDatabase(POSTGRES.open);

/** Stores builds, each in a line of tags that has no other. One of five is an index that lists the image before it. */
async function store(repositories: number, builds: number): Promise<void> {
  const source = await new Inventory(db).source('shop');
  await db.query(
    `insert into repository (source_id, registry, name, first_seen_at, last_seen_at)
     select $1, 'registry.example.com', 'app-' || n, now(), now() from generate_series(1, $2::int4) n`,
    [source, repositories],
  );
  await db.query(
    `insert into manifest (digest, media_type, kind, fetched_at)
     select sha256(n::text::bytea), 'application/json', case when n % 5 = 0 then 'index' else 'image' end, now()
     from generate_series(1, $1::int4) n`,
    [builds],
  );
  await db.query(
    `insert into image (manifest_id, platform, pull_bytes, layer_count)
     select id, 'linux/amd64', 7, 1 from manifest where kind = 'image'`,
  );
  await db.query(
    `insert into index_child (index_id, position, digest, child_id, platform)
     select m.id, 0, c.digest, c.id, 'linux/amd64' from manifest m join manifest c on c.id = m.id - 1 where m.kind = 'index'`,
  );
  await db.query(
    `insert into tag (repository_id, name, manifest_id, started_at)
     select r.id, 'build-' || translate(m.id::text, '0123456789', 'abcdefghij'), m.id, now()
     from manifest m join repository r on r.id % $1 = m.id % $1`,
    [repositories],
  );
  await db.query('analyze repository, manifest, image, index_child, tag');
}

/** Counts the images with a current step, of all that are tagged: Postgres expects few of them. */
async function countSteps(tx: Queryable): Promise<unknown> {
  await tx.query(PLAN_AS_A_WHOLE);
  return tx.query(`
    with tagged as (select t.repository_id, t.manifest_id from tag t join image i on i.manifest_id = t.manifest_id),
    step as materialized (
      select *, 7 as gain from unnest(
        (select array_agg(repository_id order by manifest_id) from tagged),
        (select array_agg(manifest_id order by manifest_id) from tagged)) s (repository_id, manifest_id)),
    ${currentSteps('gain')}
    select count(*) as steps from current_step`);
}

test('many current builds of one repository are found in linear time', async () => {
  await store(1, 20_000);
  const found = await db.transaction(async (tx) => {
    await tx.query("set local statement_timeout = '8s'");
    return countSteps(tx);
  });
  expect(found).toEqual([{ steps: 16_000 }]);
});

test('the images of a small registry are not all read for each repository', async () => {
  await store(160, 8_000);
  const plans: string[] = [];
  const found = await db.transaction((tx) => countSteps(recordPlans(tx, /current_step/, plans)));
  expect(found).toEqual([{ steps: 6_400 }]);
  expect(plans.join('\n')).not.toMatch(/Seq Scan on image .*loops=\d\d/);
});

test('images of an index for platforms that the source does not audit make no other image old', async () => {
  await store(1, 5);
  // Two variants of one architecture, which their configs do not tell; another source has read the newer one.
  await db.query(`update source set platforms = '{linux/arm/v7}'`);
  await db.query(`update index_child set platform = 'linux/arm/v7'`);
  await db.query(
    `insert into index_child (index_id, position, digest, child_id, platform)
     select c.index_id, 1, m.digest, m.id, 'linux/arm/v6' from index_child c join manifest m on m.id = c.child_id - 1`,
  );
  await db.query(`update image set created_at = to_timestamp(-manifest_id), platform = 'linux/arm'`);
  await db.query('delete from tag t using manifest m where m.id = t.manifest_id and m.kind = $1', ['image']);
  const found = await db.query(
    `with step as materialized (
       select t.repository_id, c.child_id as manifest_id, 7 as gain from tag t join index_child c on c.index_id = t.manifest_id and c.position = 0),
     ${currentSteps('gain')}
     select count(*) as steps from current_step`,
  );
  expect(found).toEqual([{ steps: 1 }]);
});

test('of repositories with equal steps, the first by name count, whichever was stored first', async () => {
  const inventory = new Inventory(db);
  const source = await inventory.source('equals');
  const image = await inventory.image({ name: 'equals', layers: [['equals', 1]] });
  const names = Array.from({ length: 250 }, (_, at) => `equals/${100 + at}`);
  for (const name of names.toReversed())
    await inventory.tag(await inventory.repository(source, name, 'equals', AT), '1', image, AT);
  const found = await db.query<{ name: string }>(
    `with step as materialized (select repository_id, manifest_id, 7 as gain from tag where manifest_id = $1), ${currentSteps('gain')}
     select r.name from current_step c join repository r on r.id = c.repository_id order by 1`,
    [image],
  );
  expect(found.map(({ name }) => name)).toEqual(names.slice(0, 200));
});
