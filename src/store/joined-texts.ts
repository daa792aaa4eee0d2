import { type Digest, digestHex } from '../oci/digest.ts';

// Columns of digests and of bodies are sent as one text each: drivers take five times as long to write an array of bytea.

/** SQL: texts that were joined by commas, as an array; null where there was none. */
export function textsOf(parameter: string): string {
  return `string_to_array(${parameter}::text, ',', '')`;
}

/** Digests in hex, as one text; empty where there is none. */
export function joinDigests(digests: readonly (Digest | undefined)[]): string {
  return digests.map((digest) => (digest ? digestHex(digest) : '')).join(',');
}
