import { expect, test } from 'vitest';
import type { Digest } from '../../../src/oci/digest.ts';
import { findMissingChildren } from '../../../src/store/index-store.ts';
import { digestText } from '../../../src/store/sql/digest-text.ts';
import { POSTGRES, useEmptyDatabase } from '../../support/databases.ts';
import { recordPlans } from '../../support/plans.ts';

const db = useEmptyDatabase(POSTGRES.open);

test('what some indexes lack is found without reading the entries of all', async () => {
  await db.query(
    `insert into manifest (digest, media_type, kind, fetched_at)
     select sha256(n::text::bytea), 'application/json', 'index', now() from generate_series(1, 4000) n`,
  );
  await db.query(
    `insert into index_child (index_id, position, digest, platform)
     select id, n, sha256((id || ' ' || n)::bytea), 'linux/arm64' from manifest cross join generate_series(1, 20) n`,
  );
  await db.query('analyze manifest, index_child');
  const rows = await db.query<{ digest: Digest }>(
    `select ${digestText('digest')} as digest from manifest order by id limit 100`,
  );
  const plans: string[] = [];
  const indexes = rows.map(({ digest }) => digest);
  expect(await findMissingChildren(recordPlans(db, /listed/, plans), indexes)).toHaveLength(2_000);
  expect(plans.join('\n')).not.toContain('Seq Scan on index_child');
});
