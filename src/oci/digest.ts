import { hash } from 'node:crypto';
import { ContentMismatchError, InvalidReferenceError } from '../errors.ts';
import type { Branded } from './brand.ts';

/** A content address, `sha256:` and 64 or `sha512:` and 128 lower-case hex digits. @see image-spec, descriptor.md, "Digests" */
export type Digest = Branded<'Digest'>;

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest by an algorithm that slimboard can check. @see image-spec, descriptor.md */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** @throws InvalidReferenceError when the text is no sha256 or sha512 digest */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new InvalidReferenceError(`"${text.slice(0, 140)}" is no digest: write sha256: and 64 lower-case hex digits`);
  }
  return text;
}

/** The sha256 digest of some bytes (of a string: of its UTF-8 bytes). */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
}

/** A short name for a text: half of its sha256, as 32 hex digits. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}

/**
 * Checks bytes against the digest they were asked by.
 * @throws ContentMismatchError naming both digests
 */
export function verifyDigest(bytes: Uint8Array, expected: Digest, what: string): void {
  const algorithm = expected.slice(0, expected.indexOf(':'));
  const actual = `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
  if (actual !== expected) {
    throw new ContentMismatchError(
      `${what}: the registry sent other bytes than asked for: expected ${expected}, got ${actual}`,
    );
  }
}

/** Its hex digits, without the name of the algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest as the bytes that the database keeps: a sha256 is 32 bytes long, a sha512 64. */
export function digestBytes(digest: Digest): Buffer {
  return Buffer.from(digestHex(digest), 'hex');
}

/** The inverse of {@link digestBytes}. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  const algorithm = bytes.length === 64 ? 'sha512' : 'sha256';
  return `${algorithm}:${Buffer.from(bytes).toString('hex')}` as Digest;
}
