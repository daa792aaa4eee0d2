import { type Digest, digestHex } from '../oci/digest.ts';

// Long columns are sent as one text each: drivers take five times as long to write an array, of bytea most of all.

/** SQL: texts that were joined by commas, as an array; null where there was none. */
export function textsOf(parameter: string): string {
  return `string_to_array(${parameter}::text, ',', '')`;
}

/** SQL: numbers that were joined by commas, as an array; null where there was none. */
export function integersOf(parameter: string): string {
  return `${textsOf(parameter)}::int4[]`;
}

/** Digests in hex, as one text; empty where there is none. */
export function joinDigests(digests: readonly (Digest | undefined)[]): string {
  return digests.map((digest) => (digest ? digestHex(digest) : '')).join(',');
}
