import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { currentSteps } from '../../../src/store/current-steps.ts';
import { POSTGRES } from '../../support/databases.ts';

let db: Database;
beforeAll(async () => {
  db = await POSTGRES.open();
});
afterAll(() => db?.close());

test('many builds of one date, all current, are found in linear time', async () => {
  // Tables of these names, of 20,000 builds in one repository, where Postgres expects few.
  const builds = 'unnest((select array_agg(n) from generate_series(1, 20000) n)) manifest_id';
  const query = `
    with tag_content as (select 1 as repository_id, manifest_id, manifest_id::text as tag from ${builds}),
    image as (select manifest_id, 'linux/amd64' as platform, null::timestamptz as created_at from ${builds}),
    step as materialized (select 1 as repository_id, manifest_id, 7 as gain from ${builds}), ${currentSteps('gain')}
    select count(*) as steps from current_step`;
  const found = await db.transaction(async (tx) => {
    await tx.query("set local statement_timeout = '8s'");
    return tx.query(query);
  });
  expect(found).toEqual([{ steps: 20_000 }]);
});
