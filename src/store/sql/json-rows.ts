import { remember } from '../../common/remember.ts';
import { snakeCase } from '../../common/snake-case.ts';
import { storableJson } from '../../database/storable.ts';
import { type Digest, digestHex } from '../../oci/digest.ts';

/** Objects as rows for `json_to_recordset`: their own keys become snake_case; what a row lacks is null. */
export function jsonRows(objects: readonly object[]): string {
  return storableJson(objects.map(rowOf));
}

/** An audit writes some thirty members per image, whose names are always the same. */
const columnOf = remember(snakeCase);

function rowOf(members: object): object {
  const row: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) row[columnOf(key)] = value;
  return row;
}

/** A digest as the value of a column of type bytea in {@link jsonRows}. */
export function jsonDigest(digest: Digest | undefined): string | undefined {
  return digest && `\\x${digestHex(digest)}`;
}

/** The names among columns with their types, as `json_to_recordset` takes them: `id int8, name text`. */
export function columnNames(columns: string): readonly string[] {
  return columns.split(',').map((column) => column.trim().split(' ', 1).join());
}

/**
 * SQL: inserts {@link jsonRows}, $1, into a table. Read as json, which takes Postgres four fifths of the time of jsonb.
 * @param columns names with types, as for {@link columnNames}
 */
export function insertJson(table: string, columns: string): string {
  const names = columnNames(columns).join(', ');
  return `insert into ${table} (${names}) select ${names} from json_to_recordset($1::json) as n (${columns})`;
}
