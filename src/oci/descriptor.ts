import { MalformedContentError } from '../errors.ts';
import { type Digest, isDigest } from './digest.ts';
import { type JsonObject, readObject, readOptionalString, readSize, readString, readStringMap } from './json.ts';
import { type Platform, readPlatform } from './platform.ts';

/** Media type, digest and size (bytes) of some content. @see image-spec, descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly artifactType?: string;
  /** Where a foreign layer can be had. */
  readonly urls?: readonly string[];
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
    ...optionalFields(object),
  };
}

function optionalFields(object: JsonObject): Pick<Descriptor, 'platform' | 'artifactType' | 'urls'> {
  const platform = readPlatform(object.platform);
  const artifactType = readOptionalString(object.artifactType);
  const urls = Array.isArray(object.urls)
    ? object.urls.filter((url): url is string => typeof url === 'string')
    : undefined;
  return { ...(platform ? { platform } : {}), ...(artifactType ? { artifactType } : {}), ...(urls ? { urls } : {}) };
}
