/**
 * SQL: the text of a digest, `sha256:…` or `sha512:…`; null for null.
 * @param bytes SQL of the stored bytes
 * @see digestBytes, the inverse
 */
export function digestText(bytes: string): string {
  return `(case octet_length(${bytes}) when 64 then 'sha512:' else 'sha256:' end || encode(${bytes}, 'hex'))`;
}
