import { snakeCase } from '../common/snake-case.ts';
import { storableJson } from '../database/storable.ts';

/** Objects as rows for `jsonb_to_recordset`: their own keys become snake_case; what a row lacks is null. */
export function jsonRows(objects: readonly object[]): string {
  return storableJson(objects.map(rowOf));
}

function rowOf(members: object): object {
  return Object.fromEntries(Object.entries(members).map(([key, value]) => [snakeCase(key), value]));
}
