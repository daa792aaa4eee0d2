import type { Queryable, SqlValue } from '../../database/database.ts';

/** Runs a statement. @returns whether it returns any row: something exists, or was changed */
export async function hasRows(db: Queryable, sql: string, parameters: readonly SqlValue[] = []): Promise<boolean> {
  return (await db.query(sql, parameters)).length > 0;
}
