/** What Postgres takes in no text: NUL, and halves of surrogate pairs (a cut through a pair leaves one). */
const NOT_STORABLE = /[\0\p{Surrogate}]/u;
const ALL_NOT_STORABLE = /[\0\p{Surrogate}]/gu;

/** The text with a replacement character for whatever Postgres takes in no text. */
export function storableText(text: string): string {
  return NOT_STORABLE.test(text) ? text.replace(ALL_NOT_STORABLE, '\uFFFD') : text;
}

/** JSON for a parameter; jsonb refuses the escapes of what Postgres takes in no text. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Only such characters, and control characters, are written as escapes of four digits.
  if (!json.includes('\\u')) return json;
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === 'string' ? storableText(field) : field));
}
