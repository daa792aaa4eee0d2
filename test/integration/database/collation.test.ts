import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { readMap } from '../../../src/html/overview/read-map.ts';
import { readTagShares } from '../../../src/html/overview/read-summaries.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { leaderboard } from '../../../src/report/leaderboard.ts';
import { GROUPINGS, KIND_NAMES } from '../../../src/report/names.ts';
import { auditRegistry } from '../../support/audits.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { databaseSnapshot } from '../../support/database-snapshot.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { image } from '../../support/image-builder.ts';
import { createDatabase } from '../../support/postgres.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';
import { readRecords } from '../../support/report-records.ts';

/**
 * By bytes, `B` comes before `a`, `x-2` before `x.1`, and `1.5` before `12`; by the rules of English, where
 * punctuation does not count, the other way round.
 */
const REPOSITORIES = ['a-b/x', 'a.b/x', 'a/b', 'a_b/x', 'ab/x', 'a1/x', 'base/z', 'base/a-z', 'base/a_z'];
const TAGS = ['A', 'a', 'B', 'b', '_x', 'x-2', 'x.1', '1.5', '12'];
/** The second build grew, and installs packages as it should. */
const BUILDS = [
  { layer: 'first', command: 'RUN apt-get update && apt-get install -y curl # buildkit' },
  {
    layer: `second ${digestOf('grown')}`,
    command:
      'RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/* # buildkit',
  },
];
const now = new Date('2026-11-23T02:00:00Z');
/** Not `audits`, which took different times. */
const COMPARED = KIND_NAMES.filter((name) => name !== 'audits');

let registry: RegistryServer;
beforeAll(async () => {
  registry = await startRegistry();
  // The oldest two can be removed.
  for (let day = 10; day < 22; day++)
    pushTags('old/x', [`A-${day}`, `a-${day}`, `B${day}`], [`build ${day}`], 'COPY . /', `2020-01-${day}T00:00:00Z`);
});
afterAll(() => registry.close());

/** Pushes one image under several tags. */
function pushTags(
  repository: string,
  tags: readonly string[],
  layers: readonly string[],
  command: string,
  created?: string,
): void {
  const built = image({
    layers,
    history: layers.map((_, at) => ({ created_by: at === layers.length - 1 ? command : 'COPY /base /' })),
    config: { Labels: { team: repository.slice(0, 3) } },
    ...(created ? { created } : {}),
  });
  for (const tag of tags) registry.push(repository, tag, built);
}

/** Everything that reports say of two audits into a database. */
async function reportsIn(url: string): Promise<Readonly<Record<string, unknown>>> {
  const db = closedAfterTest(await openDatabase({ url, dataDir: '' }));
  await migrate(db);
  for (const { layer, command } of BUILDS) {
    for (const name of REPOSITORIES)
      pushTags(name, TAGS, name.startsWith('base/') ? ['base'] : ['base', layer], command);
    await auditRegistry(db, registry, { clock: () => now });
  }
  const found: Record<string, unknown> = {
    snapshot: await databaseSnapshot(db),
    lists: await db.query('select lists from source_summary order by audit_id'),
  };
  for (const kind of COMPARED) {
    found[kind] = await readRecords(db, KINDS[kind], { now });
    found[`a page of ${kind}`] = await readRecords(db, KINDS[kind], { now, limit: 5 });
    for (const { name } of KINDS[kind].columns)
      found[`${kind} by ${name}`] = await readRecords(db, KINDS[kind], { now, sort: name, limit: 5 });
  }
  for (const by of GROUPINGS) found[`by ${by}`] = await readRecords(db, leaderboard({ by, metric: 'stored' }), { now });
  found.map = await readMap(db);
  found.shares = [await readTagShares(db, 'base'), await readTagShares(db, 'distro')];
  return found;
}

test('what reports say, and in which order, does not depend on how the database sorts text', async () => {
  const english = await createDatabase(
    inject('postgresUrl'),
    'sorted_as_in_english',
    "template template0 locale_provider icu icu_locale 'en-US-u-ka-shifted'",
  );
  const expected = await reportsIn(await newPostgresUrl());
  for (const kind of ['regressions', 'improvements', 'reclaim'] as const) expect(expected[kind]).not.toEqual([]);
  for (const [name, said] of Object.entries(await reportsIn(english))) expect(said, name).toEqual(expected[name]);
});
