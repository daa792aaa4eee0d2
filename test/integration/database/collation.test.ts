import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { readTagShares } from '../../../src/html/overview/read-summaries.ts';
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

/** By bytes, `B` comes before `a`, and `a-b` before `a/b` before `a_b`; by the rules of English, the other way round. */
const REPOSITORIES = ['a-b/x', 'a.b/x', 'a/b', 'a_b/x', 'ab/x', 'a1/x', 'base/z', 'base/a-z', 'base/a_z'];
const TAGS = ['A', 'a', 'B', 'b', '_x', '1.0', '1-0', '10'];
const now = new Date('2026-11-23T02:00:00Z');
/** Not `audits`, which took different times. Nor `regressions`, which has the first tag of a build by the database's order, as its view. */
const COMPARED = KIND_NAMES.filter((name) => name !== 'audits' && name !== 'regressions');

let registry: RegistryServer;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

/** Everything that reports say of two audits into a database. */
async function reportsIn(url: string): Promise<Readonly<Record<string, unknown>>> {
  const db = closedAfterTest(await openDatabase({ url, dataDir: '' }));
  await migrate(db);
  for (const build of ['first', 'second']) {
    for (const name of REPOSITORIES) {
      const own = name.startsWith('base/') ? [] : ['app', build];
      for (const tag of TAGS)
        registry.push(name, tag, image({ layers: ['base', ...own], config: { labels: { team: name.slice(0, 3) } } }));
    }
    await auditRegistry(db, registry, { clock: () => now });
  }
  const found: Record<string, unknown> = { snapshot: await databaseSnapshot(db) };
  for (const kind of COMPARED) {
    found[kind] = await readRecords(db, KINDS[kind], { now });
    found[`a page of ${kind}`] = await readRecords(db, KINDS[kind], { now, limit: 5 });
    for (const { name } of KINDS[kind].columns)
      found[`${kind} by ${name}`] = await readRecords(db, KINDS[kind], { now, sort: name, limit: 5 });
  }
  for (const by of GROUPINGS) found[`by ${by}`] = await readRecords(db, leaderboard({ by, metric: 'stored' }), { now });
  found.shares = [await readTagShares(db, 'base'), await readTagShares(db, 'distro')];
  return found;
}

test('what reports say, and in which order, does not depend on how the database sorts text', async () => {
  const english = await createDatabase(
    inject('postgresUrl'),
    'sorted_as_in_english',
    "template template0 locale_provider icu icu_locale 'en-US'",
  );
  const expected = await reportsIn(await newPostgresUrl());
  for (const [name, said] of Object.entries(await reportsIn(english))) expect(said, name).toEqual(expected[name]);
});
