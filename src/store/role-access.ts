import type { Database } from '../database/database.ts';
import { StoreUnavailableError } from '../errors.ts';

/** Other applications may have tables in the same schema. */
const OWN_TABLES = `
  pg_class t join pg_class a on a.relnamespace = t.relnamespace and a.relowner = t.relowner
    and a.oid = 'audit'::regclass and t.relkind = 'r' and t.relname <> 'schema_migration'`;

const IS_READ_ONLY = `select current_setting('transaction_read_only') = 'on' as "readOnly"`;
const READ_ONLY = 'it is read-only: its URL leads to a standby, or default_transaction_read_only is set for its role';

const WHAT_IS_MISSING = `
  ${IS_READ_ONLY}, current_user as role,
    has_database_privilege(current_database(), 'temporary') as temporary,
    (select min(t.relname) from ${OWN_TABLES}
     where not (has_table_privilege(t.oid, 'select') and has_table_privilege(t.oid, 'insert')
       and has_table_privilege(t.oid, 'update') and has_table_privilege(t.oid, 'delete'))) as table`;

const WHAT_IS_HIDDEN = `
  select current_user as role, min(t.relname) as table from ${OWN_TABLES} where row_security_active(t.oid)`;

interface Missing {
  readonly readOnly: boolean;
  readonly role: string;
  readonly temporary: boolean;
  readonly table: string | null;
}

/** @throws StoreUnavailableError if the database is read-only, and what to do */
export async function requireWritable(db: Database): Promise<void> {
  const [row] = await db.query<Pick<Missing, 'readOnly'>>(IS_READ_ONLY);
  if (row?.readOnly) throw new StoreUnavailableError(`the database cannot be audited into: ${READ_ONLY}`);
}

/** Why audits cannot be written to a database whose schema is up to date, and what to do; undefined if they can. */
export async function whatKeepsFromWriting(db: Database): Promise<string | undefined> {
  const [missing] = await db.query<Missing>(WHAT_IS_MISSING);
  if (!missing) return undefined;
  const { readOnly, role, temporary, table } = missing;
  if (readOnly) return READ_ONLY;
  if (table !== null)
    return `the role "${role}" lacks a right to the table ${table}: grant it select, insert, update and delete`;
  if (!temporary) return `the role "${role}" may not create temporary tables: grant it temporary on the database`;
  return undefined;
}

/** Which rows of a database whose schema is up to date its role may not see, and what to do; undefined if it sees all. */
export async function whatHidesRows(db: Database): Promise<string | undefined> {
  const [hidden] = await db.query<Pick<Missing, 'role' | 'table'>>(WHAT_IS_HIDDEN);
  if (!hidden?.table) return undefined;
  return `row level security of the table ${hidden.table} may hide rows from the role "${hidden.role}": alter it with bypassrls`;
}
