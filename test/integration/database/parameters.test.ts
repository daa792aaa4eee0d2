import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Queryable } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { GROUPINGS } from '../../../src/report/names.ts';
import { filterParametersOf } from '../../../src/serve/report-query.ts';
import { auditRegistry } from '../../support/audits.ts';
import { visit } from '../../support/dashboard.ts';
import { databaseWith } from '../../support/databases.ts';
import { image, index } from '../../support/image-builder.ts';
import { answer } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';

/** In whatever comes from outside, so that a statement that holds it was put together from data. */
const MARK = 'zqmark';
const HOSTILE = `${MARK}'"; drop table tag; --`;

let db: Database;
const statements = new Set<string>();

/** The database, with every statement noted. */
function noting(inner: Database): Database {
  const note = <T extends Queryable>(queryable: T): Queryable['query'] => {
    return (sql, parameters) => {
      statements.add(sql);
      return queryable.query(sql, parameters);
    };
  };
  return databaseWith(inner, {
    query: note(inner),
    transaction: (work) => inner.transaction((tx) => work({ query: note(tx) })),
    streamTexts(sql, ...rest) {
      statements.add(sql);
      return inner.streamTexts(sql, ...rest);
    },
  });
}

beforeAll(async () => {
  db = noting(await openDatabase({ dataDir: ':memory:' }));
  await migrate(db);
  await auditHostileRegistry();
});
afterAll(() => db.close());

async function auditHostileRegistry(): Promise<void> {
  const registry = await startRegistry();
  const app = image({
    layers: ['app', MARK],
    config: {
      User: HOSTILE,
      Env: [`PATH=${HOSTILE}`, `NODE_VERSION=${HOSTILE}`, `DB_PASSWORD=${HOSTILE}`],
      Labels: { team: HOSTILE, [HOSTILE]: HOSTILE, 'org.opencontainers.image.base.name': HOSTILE },
    },
    history: [{ created_by: `RUN ${HOSTILE}` }, { created_by: `COPY ${HOSTILE}` }],
  });
  registry.push(`${MARK}/app`, `${MARK}-1`, app);
  registry.push(`${MARK}/multi`, `${MARK}-2`, index([app]));
  registry.push(`${MARK}/lost`, `${MARK}-3`, image({ layers: ['lost'] }));
  registry.listAlso({ repositories: [HOSTILE], tags: { [`${MARK}/app`]: [HOSTILE] } });
  registry.fault({ path: /lost\/manifests/ }, answer(403, {}, HOSTILE));
  const teams = [{ name: HOSTILE, repositories: [`${MARK}/**`] }];
  await auditRegistry(db, registry, { teams, source: { name: HOSTILE, platforms: 'all' } });
  registry.untag(`${MARK}/app`, `${MARK}-1`);
  await auditRegistry(db, registry, { teams, source: { name: HOSTILE, platforms: 'all' } });
  await registry.close();
}

/** Values that each parameter takes: those that need a form have it, all others are hostile. */
const valueFor = (parameter: string): string => ({ since: '30d', min_size: '1MB' })[parameter] ?? HOSTILE;

function addresses(): readonly string[] {
  const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();
  const reports = Object.values(KINDS).flatMap((kind) =>
    [...filterParametersOf(kind), 'q', 'sort', 'audit'].map(
      (parameter) => `/api/v1/reports/${kind.name}?${query({ [parameter]: valueFor(parameter) })}`,
    ),
  );
  const leaderboards = GROUPINGS.map((by) => `/api/v1/leaderboard?${query({ by, source: HOSTILE, sort: HOSTILE })}`);
  const name = encodeURIComponent(HOSTILE);
  const pages = [
    ...['/', `/images?q=${name}`, `/teams/${name}`, `/repository?name=${name}&registry=${name}`, `/base?name=${name}`],
    ...[`/compare?old=${name}&new=${name}`, `/api/v1/compare?old=${MARK}/app:${MARK}-1&new=${name}`, `/images/${name}`],
  ];
  return [...reports, ...leaderboards, ...pages];
}

test.each(addresses())('no statement of %s holds what was asked', async (address) => {
  const { status } = await visit(db, address);
  expect([200, 400, 404]).toContain(status);
});

test('audits and reports never write values into statements', async () => {
  expect(statements.size).toBeGreaterThan(100);
  expect([...statements].filter((sql) => sql.includes(MARK))).toEqual([]);
  const [kept] = await db.query('select count(*)::int as tags from tag');
  expect(kept).toMatchObject({ tags: expect.any(Number) });
});
