import { type Digest, digestHex } from '../../oci/digest.ts';

// Long columns are sent as one text each: drivers take five times as long to write an array, above all of bytea.

/** SQL: splits texts joined by commas into an array; an empty text becomes null. */
export function textsOf(parameter: string): string {
  return `string_to_array(${parameter}::text, ',', '')`;
}

/** SQL: splits numbers joined by commas into an array; an empty text becomes null. */
export function integersOf(parameter: string, type: 'int4' | 'int8' = 'int4'): string {
  return `${textsOf(parameter)}::${type}[]`;
}

/** Joins the hex of digests by commas; undefined becomes an empty text. */
export function joinDigests(digests: readonly (Digest | undefined)[]): string {
  return digests.map((digest) => (digest ? digestHex(digest) : '')).join(',');
}

/**
 * SQL, to be joined on true: the row with a digest. "offset 0" has Postgres look each one up by its index: for the few
 * hundred rows of a batch it would read the whole of a table of some ten thousand.
 * @param hex SQL of the digest's hex, as {@link joinDigests} joins it
 */
export function rowByDigest(table: 'blob' | 'manifest', hex: string): string {
  return `lateral (select * from ${table} where digest = decode(${hex}, 'hex') offset 0)`;
}
