import { remember } from '../../common/remember.ts';
import { snakeCase } from '../../common/snake-case.ts';
import { storableJson } from '../../database/storable.ts';

/** Objects as rows for `jsonb_to_recordset`: their own keys become snake_case; what a row lacks is null. */
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
