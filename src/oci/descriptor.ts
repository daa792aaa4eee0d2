import { ContentMismatchError, MalformedContentError, TooLargeError } from '../errors.ts';
import { type Digest, readDigest, verifyDigest } from './digest.ts';
import { readObject, readSize, readString, readStringMap } from './json.ts';
import { type Platform, readPlatform } from './platform.ts';

/** Media type, digest and size (in bytes) of a piece of content. @see image-spec, descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: Platform | undefined;
}

/**
 * 10 TB, more than any registry accepts as one blob. Manifests may claim any size; the limit keeps sums of sizes exact.
 */
export const MAX_CONTENT_BYTES = 1e13;

/** @throws TooLargeError when the content has more than `maxBytes`. @param what names the content in the message */
export function checkSize({ size }: Descriptor, maxBytes: number, what: string): void {
  if (size > maxBytes) throw new TooLargeError(`${what}: ${size} bytes, but at most ${maxBytes} are read`);
}

/**
 * Checks bytes against the descriptor that they were requested by.
 * @param what names the content in the error message
 * @throws ContentMismatchError naming both sizes, or both digests
 */
export function verifyContent(bytes: Uint8Array, { digest, size }: Descriptor, what: string): void {
  if (bytes.length !== size) throw new ContentMismatchError(`${what}: expected ${size} bytes, got ${bytes.length}`);
  verifyDigest(bytes, digest, what);
}

/**
 * Reads a descriptor from parsed JSON.
 * @param path the path of the descriptor's field, for error messages
 * @throws MalformedContentError naming the field that is wrong
 */
export function readDescriptor(value: unknown, path: string): Descriptor {
  const object = readObject(value, path);
  return {
    mediaType: readString(object.mediaType, `${path}.mediaType`),
    digest: readDigest(object.digest, `${path}.digest`),
    size: readContentSize(object.size, `${path}.size`),
    annotations: readStringMap(object.annotations),
    platform: readPlatform(object.platform),
  };
}

function readContentSize(value: unknown, path: string): number {
  const size = readSize(value, path);
  if (size <= MAX_CONTENT_BYTES) return size;
  throw new MalformedContentError(`${path}: ${size} bytes, but content has at most ${MAX_CONTENT_BYTES}`);
}
