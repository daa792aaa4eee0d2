import type { Database } from '../database/database.ts';

const WHAT_IS_MISSING = `
  select current_setting('transaction_read_only') = 'on' as "readOnly", current_user as role,
    has_database_privilege(current_database(), 'temporary') as temporary,
    -- Other applications may have tables in the same schema.
    (select min(t.relname) from pg_class t join pg_class a on a.relnamespace = t.relnamespace and a.relowner = t.relowner
     where a.oid = 'audit'::regclass and t.relkind = 'r' and t.relname <> 'schema_migration'
       and not (has_table_privilege(t.oid, 'select') and has_table_privilege(t.oid, 'insert')
         and has_table_privilege(t.oid, 'update') and has_table_privilege(t.oid, 'delete'))) as table`;

interface Missing {
  readonly readOnly: boolean;
  readonly role: string;
  readonly temporary: boolean;
  readonly table: string | null;
}

/** Why audits cannot be written to a database whose schema is up to date, and what to do; undefined if they can. */
export async function whatKeepsFromWriting(db: Database): Promise<string | undefined> {
  const [missing] = await db.query<Missing>(WHAT_IS_MISSING);
  if (!missing) return undefined;
  const { readOnly, role, temporary, table } = missing;
  if (readOnly)
    return 'it is read-only: its URL leads to a standby, or default_transaction_read_only is set for its role';
  if (table !== null)
    return `the role "${role}" lacks a right to the table ${table}: grant it select, insert, update and delete`;
  if (!temporary) return `the role "${role}" may not create temporary tables: grant it temporary on the database`;
  return undefined;
}
