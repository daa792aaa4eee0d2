import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auditRegistry, errorsOf } from '../../support/audits.ts';
import { emptyTables, PGLITE, useDatabase } from '../../support/databases.ts';
import { fuzzRuns } from '../../support/fuzz.ts';
import { expectSameImages } from '../../support/image-history.ts';
import { fill, type RandomRegistry, randomRegistry } from '../../support/random-registry.ts';
import { startRegistry } from '../../support/registry-server.ts';

const db = useDatabase(PGLITE.open);

/** Whatever is in a registry and whatever goes wrong: an audit ends, nothing is lost without a word, sums add up. */
async function auditHoldsItsLaws(content: RandomRegistry): Promise<void> {
  await emptyTables(db);
  const registry = await startRegistry({ pageSize: 3 });
  try {
    fill(registry, content);
    const audit = await auditRegistry(db, registry, { source: { platforms: 'all' } });
    const errors = await errorsOf(db, audit.id);
    await expectNothingLost(content, errors);
    await expectSums();
    await expectSameImages(db);
  } finally {
    await registry.close();
  }
}

async function expectNothingLost(
  { tags, corruptions }: RandomRegistry,
  errors: readonly { repository: string; tag: string; code: string }[],
): Promise<void> {
  const rows = await db.query<{ name: string }>(
    "select distinct repository || ':' || tag as name from slimboard_images",
  );
  const told = new Set([
    ...rows.map(({ name }) => name),
    ...errors.map(({ repository, tag }) => `${repository}:${tag}`),
  ]);
  // A listing that was answered by something else names nothing: what it hid, nobody can tell.
  if (corruptions.some(({ path }) => path.test('_catalog') || path.test('tags/list') || path.test('team-a/one/')))
    return;
  for (const { repository, tag } of tags) expect(told).toContain(`${repository}:${tag}`);
  for (const { code } of errors) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
}

async function expectSums(): Promise<void> {
  const sums = await db.query(
    `select s.stored_bytes as source, (select coalesce(sum(stored_bytes), 0) from team_total t where t.source_id = s.source_id) as teams,
       (select coalesce(sum(b.size), 0) from blob b where b.id in
         (select l.blob_id from manifest_layer l join tag_content c on c.manifest_id = l.manifest_id
          union select m.config_id from manifest m join tag_content c on c.manifest_id = m.id)) as blobs
     from source_total s`,
  );
  for (const row of sums) {
    const { source, teams, blobs } = row as Record<'source' | 'teams' | 'blobs', number>;
    expect({ teams, blobs }).toEqual({ teams: source, blobs: source });
  }
}

test('audits of random registries with random faults', async () => {
  await fc.assert(fc.asyncProperty(randomRegistry(), auditHoldsItsLaws), {
    numRuns: Math.min(fuzzRuns(15), 300),
    interruptAfterTimeLimit: 900_000,
  });
}, 960_000);
