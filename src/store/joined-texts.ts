import { type Digest, digestHex } from '../oci/digest.ts';

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
