/**
 * Characters that Postgres accepts in no text: NUL, and lone surrogates (which are left when a text is cut inside a
 * pair).
 */
const NOT_STORABLE = /[\0\p{Surrogate}]/u;
const ALL_NOT_STORABLE = /[\0\p{Surrogate}]/gu;

/** Replaces characters that Postgres does not accept in a text by U+FFFD. */
export function storableText(text: string): string {
  return NOT_STORABLE.test(text) ? text.replace(ALL_NOT_STORABLE, '\uFFFD') : text;
}

/**
 * Serialises a value for a parameter of type json or jsonb: Postgres rejects escapes of characters that it does not
 * accept in a text, so they are replaced as by {@link storableText}.
 */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify writes \u escapes for these characters and control characters only.
  if (!json.includes('\\u')) return json;
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === 'string' ? storableText(field) : field));
}
