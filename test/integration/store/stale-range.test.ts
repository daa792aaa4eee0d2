import { expect, test } from 'vitest';
import { readStaleImages } from '../../../src/store/stale-images.ts';
import { POSTGRES, useEmptyDatabase } from '../../support/databases.ts';
import { Inventory } from '../../support/inventory.ts';
import { recordPlans } from '../../support/plans.ts';

const IMAGES = 5_000;
const LAYERS = 3;
const db = useEmptyDatabase(POSTGRES.open);

test('images of a range are found, and what they are built on, without reading all images', async () => {
  const inventory = new Inventory(db);
  const sourceId = await inventory.source('lab');
  const repositoryId = await inventory.repository(sourceId, 'app', 'unowned', '2024-01-01Z');
  await db.query(
    `insert into blob (digest, size, media_type, stored)
     select sha256(n::text::bytea), 1, 'application/octet-stream', true from generate_series(1, $1::int) n`,
    [IMAGES],
  );
  await db.query(
    `insert into manifest (digest, media_type, kind, body, config_id, fetched_at)
     select digest, 'application/json', 'image', '{}', id, now() from blob`,
  );
  await db.query(
    `insert into image (manifest_id, platform, pull_bytes, layer_count, chain_id)
     select id, 'linux/amd64', 1, $1, digest from manifest`,
    [LAYERS],
  );
  await db.query(
    `insert into manifest_layer (manifest_id, position, blob_id, chain_id)
     select m.id, n - 1, m.config_id, sha256((m.id || ' ' || n)::bytea) from manifest m cross join generate_series(1, $1::int) n`,
    [LAYERS],
  );
  await db.query(
    'insert into tag (repository_id, name, manifest_id, started_at) select $1, id, id, now() from manifest',
    [repositoryId],
  );
  await db.query(
    `insert into assessment (manifest_id, rules_key, bases_key, base_evidence, multi_stage, multi_stage_evidence, run_user, savings_min_bytes,
       savings_max_bytes, slim_score, techniques)
     select manifest_id, 'old', '', '', 'unknown', '', '', 0, 0, 0, '[]' from image`,
  );
  await db.query('analyze');
  const [{ from } = { from: 0 }] = await db.query<{ from: number }>('select min(id) + 100 as from from manifest');
  const plans: string[] = [];
  await readStaleImages(recordPlans(db, /with (held|beneath)/, plans), [sourceId], 'new', { from, to: from + 50 });
  expect(plans).toHaveLength(2);
  for (const plan of plans) expect(plan).not.toMatch(/Seq Scan on (image|assessment) /);
});
