import { gunzipSync, gzipSync } from 'node:zlib';
import type { Digest } from '../oci/digest.ts';
import type { LayerPackage } from './packages/package.ts';

/** The result of reading one layer. It depends on the layer alone, and so holds for every image that has the layer. */
export interface LayerContents extends LayerFacts {
  /** All entries, in the tar's order, packed by EntryWriter; `readEntries` of entries.ts reads them. */
  readonly entries: Uint8Array;
}

/**
 * What a layer contains. Sizes are bytes, paths are relative to the root. Can be converted to JSON and back without
 * loss.
 */
export interface LayerFacts {
  /** The digest of the uncompressed tar, as computed. */
  readonly diffId: Digest;
  /** Size of the uncompressed tar: contents, headers and padding. */
  readonly tarBytes: number;
  /** Whiteouts, including those of opaque directories. */
  readonly whiteouts: number;
  /** Executables that run with their owner's or group's permissions. */
  readonly setuid: readonly { readonly path: string; readonly mode: number }[];
  /** Files that by their names hold secrets; see sensitive.ts. */
  readonly sensitive: readonly FileSize[];
  readonly releases: readonly OsRelease[];
  readonly packages: readonly LayerPackage[];
  /** Package databases in the layer that were not read, with the reason. */
  readonly unread: readonly { readonly path: string; readonly reason: 'format' | 'size' | 'link' }[];
}

/** A file with its size in bytes. */
export interface FileSize {
  readonly path: string;
  readonly bytes: number;
}

/** What an os-release file says; fields that it does not have are empty. @see os-release(5) */
export interface OsRelease {
  readonly path: string;
  readonly id: string;
  readonly versionId: string;
}

/**
 * Raise this when reading a layer finds more or something different: layers read by an older reader are then read
 * again.
 */
export const LAYER_READER_VERSION = 3;
/** Version of the packed format. Contents packed in another one are ignored. */
const FORMAT = 1;

/**
 * Packs a layer's contents into one value to store: gzip of the facts' length (4 bytes, little-endian), the facts as
 * JSON, and the entries.
 */
export function packContents(contents: LayerContents): Uint8Array {
  const { entries, ...facts } = contents;
  const json = Buffer.from(JSON.stringify({ format: FORMAT, ...facts }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return gzipSync(Buffer.concat([length, json, entries]));
}

/**
 * The inverse of {@link packContents}.
 * @returns undefined when the contents were packed by another version of the format
 */
export function unpackContents(packed: Uint8Array): LayerContents | undefined {
  const bytes = gunzipSync(packed);
  const end = 4 + bytes.readUInt32LE();
  const { format, ...facts } = JSON.parse(bytes.toString('utf8', 4, end)) as LayerFacts & { format: number };
  return format === FORMAT ? { ...facts, entries: new Uint8Array(bytes.subarray(end)) } : undefined;
}
