import { MalformedContentError } from '../errors.ts';
import { type Digest, isDigest } from './digest.ts';
import { readObject, readOptionalString, readSize, readString, readStringList, readStringMap } from './json.ts';
import { type Platform, readPlatform } from './platform.ts';

/** Media type, digest and size (bytes) of some content. @see image-spec, descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: Platform | undefined;
  readonly artifactType?: string | undefined;
  /** Where a foreign layer can be had. */
  readonly urls?: readonly string[] | undefined;
}

/** @throws MalformedContentError naming the field */
export function readDescriptor(value: unknown, path: string): Descriptor {
  const object = readObject(value, path);
  const digest = readString(object.digest, `${path}.digest`);
  if (!isDigest(digest))
    throw new MalformedContentError(`${path}.digest: "${digest.slice(0, 80)}" is no sha256 or sha512 digest`);
  return {
    mediaType: readString(object.mediaType, `${path}.mediaType`),
    digest,
    size: readSize(object.size, `${path}.size`),
    annotations: readStringMap(object.annotations),
    platform: readPlatform(object.platform),
    artifactType: readOptionalString(object.artifactType) || undefined,
    urls: Array.isArray(object.urls) ? readStringList(object.urls) : undefined,
  };
}
