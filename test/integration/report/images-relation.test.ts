import { describe, expect, test } from 'vitest';
import type { Queryable, SqlValue } from '../../../src/database/database.ts';
import { teams } from '../../../src/report/leaderboard.ts';
import { auditConditions, imagesRelation, type QueryScope, SqlParameters } from '../../../src/report/query-scope.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';

const audit = { id: 1, endedAt: '2026-11-23 02:00:00.123456+00' };

async function planOf(db: Queryable, sql: string, parameters: readonly SqlValue[]): Promise<string> {
  const lines = await db.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, parameters);
  return lines.map((line) => line['QUERY PLAN']).join('\n');
}

describe.each(BACKENDS)('the plan of a report as of an audit, in $name', ({ open }) => {
  const db = useDatabase(open);

  test('selects the images of the audit within each part of the union', async () => {
    const parameters = new SqlParameters();
    const relation = imagesRelation({ audit, parameters });
    const plan = await planOf(db, `select * from ${relation} i`, parameters.values);
    expect(plan).toContain('audit_source');
    // A join to the union would compare each of its rows, of which Postgres expects one in two hundred to match.
    expect(plan).not.toContain('audit_source.source_id');
  });

  test('expects as many tags as were open: of a third of them, Postgres would look up each image by itself', async () => {
    const parameters = new SqlParameters();
    const { isOpen } = auditConditions(audit, parameters);
    const plan = await db.transaction(async (tx) => {
      await tx.query(
        `create temp table seen on commit drop as
         select timestamptz '2026-11-01' + n * interval '1 minute' as started_at, null::timestamptz as ended_at from generate_series(1, 1000) n`,
      );
      await tx.query('analyze seen');
      return planOf(tx, `select * from seen where ${isOpen('started_at', 'ended_at')}`, parameters.values);
    });
    expect(plan).toContain('rows=1000 ');
  });

  test('looks for no untagged manifests where tags alone are asked for', async () => {
    const parameters = new SqlParameters();
    const relation = imagesRelation({ audit, parameters });
    const untagged = /Anti Join|SubPlan/;
    expect(await planOf(db, `select * from ${relation} i`, parameters.values)).toMatch(untagged);
    const plan = await planOf(db, `select * from ${relation} i where i.tag <> ''`, parameters.values);
    expect(plan).toContain('Scan');
    expect(plan).not.toMatch(untagged);
  });

  test('reads no tag for teams when none has images in several sources', async () => {
    const parameters = new SqlParameters();
    const scope: QueryScope = {
      where: 'true',
      rowWhere: 'true',
      source: undefined,
      isFiltered: true,
      audit,
      parameters,
      storagePerGBMonth: undefined,
    };
    const plan = await planOf(db, teams.query(scope), parameters.values);
    expect(plan).toContain('One-Time Filter');
  });
});
