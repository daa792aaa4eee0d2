import type { Queryable, Row, SqlValue } from '../../src/store/database.ts';

/** The same database, which tells how it ran the statements of a form: as `explain (analyze, format text)` has it. */
export function explaining(db: Queryable, statements: RegExp, plans: string[]): Queryable {
  return {
    async query<R = Row>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly R[]> {
      if (statements.test(sql)) {
        const plan = await db.query<Record<string, string>>(`explain (analyze, format text) ${sql}`, parameters);
        plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
      }
      return db.query<R>(sql, parameters);
    },
  };
}
