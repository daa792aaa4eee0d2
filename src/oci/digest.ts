import { hash } from 'node:crypto';
import { ContentMismatchError, InvalidReferenceError, MalformedContentError } from '../errors.ts';
import type { Branded } from './brand.ts';
import { readString } from './json.ts';

/**
 * A content address: `sha256:` followed by 64, or `sha512:` by 128, lower-case hex digits.
 * @see image-spec, descriptor.md, "Digests"
 */
export type Digest = Branded<'Digest'>;

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest with an algorithm that slimboard can verify. @see image-spec, descriptor.md */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Parses a digest. @throws InvalidReferenceError when the text is not a sha256 or sha512 digest */
export function parseDigest(text: string): Digest {
  if (!isDigest(text))
    throw new InvalidReferenceError(
      `"${text.slice(0, 140)}" is not a digest: expected sha256: and 64 lower-case hex digits`,
    );
  return text;
}

/**
 * Reads a digest from parsed JSON.
 * @param path the path of the digest's field, for error messages
 * @throws MalformedContentError when the value is anything else
 */
export function readDigest(value: unknown, path: string): Digest {
  const text = readString(value, path);
  if (isDigest(text)) return text;
  throw new MalformedContentError(`${path}: "${text.slice(0, 80)}" is not a sha256 or sha512 digest`);
}

/** The sha256 digest of bytes, or of a string's UTF-8 encoding. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
}

/** The first half of a text's sha256, as 32 hex digits: short enough for a key. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}

/**
 * Checks bytes against the digest that they were requested by.
 * @param what names the content in the error message
 * @throws ContentMismatchError naming both digests
 */
export function verifyDigest(bytes: Uint8Array, expected: Digest, what: string): void {
  const algorithm = algorithmOf(expected);
  const actual = `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
  if (actual !== expected)
    throw new ContentMismatchError(
      `${what}: the content does not match its digest: expected ${expected}, got ${actual}`,
    );
}

/** The algorithm that made a digest. */
export function algorithmOf(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The digest's hex digits, without the algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest as the database stores it: 32 bytes for sha256, 64 for sha512. */
export function digestBytes(digest: Digest): Buffer {
  return Buffer.from(digestHex(digest), 'hex');
}
