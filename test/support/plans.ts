import type { Queryable, Row, SqlValue } from '../../src/database/database.ts';

/** Wraps a database: for each statement that matches, it adds the text of `explain (analyze)` to `plans`. */
export function recordPlans(db: Queryable, statements: RegExp, plans: string[]): Queryable {
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
