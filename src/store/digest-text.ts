/**
 * SQL: a digest as text, `sha256:…` or `sha512:…`, of the bytes that are kept of it; null of null.
 * @see digestFromBytes, which does the same to bytes that were read
 */
export function digestText(bytes: string): string {
  return `(case octet_length(${bytes}) when 64 then 'sha512:' else 'sha256:' end || encode(${bytes}, 'hex'))`;
}
