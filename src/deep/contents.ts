import { gunzipSync, gzipSync } from 'node:zlib';
import type { Digest } from '../oci/digest.ts';
import type { Area } from './areas.ts';
import type { Compression } from './decompress.ts';
import type { LayerPackage } from './packages/package.ts';

/** What reading one layer showed: facts of the layer alone, so they hold for every image that has it. */
export interface LayerContents extends LayerFacts {
  /** Every entry, in the tar's order, packed: {@link readEntries} of entries.ts reads it. */
  readonly entries: Uint8Array;
}

/** All sizes are bytes. Paths are relative to the root. JSON without loss. */
export interface LayerFacts {
  /** Of the uncompressed tar, as computed. */
  readonly diffId: Digest;
  /** As found in the bytes, whatever the media type says. */
  readonly compression: Compression;
  readonly compressedBytes: number;
  /** The uncompressed tar: contents, headers and padding. */
  readonly tarBytes: number;
  /** Contents of regular files; a hard link adds nothing, a sparse file what it stores. */
  readonly fileBytes: number;
  readonly files: number;
  readonly directories: number;
  /** Symbolic and hard links. */
  readonly links: number;
  /** Whiteouts, opaque directories among them. */
  readonly whiteouts: number;
  /** Entries whose path or target is absolute, climbs (`..`), holds a NUL or is no UTF-8. */
  readonly oddPaths: number;
  /** The largest files first. */
  readonly largest: readonly FileSize[];
  /** Bytes and files in each area that occurs. */
  readonly areas: Readonly<Partial<Record<Area, AreaSize>>>;
  /** Executables that run with their owner's or group's rights. */
  readonly setuid: readonly { readonly path: string; readonly mode: number }[];
  /** Files that hold secrets by their names. */
  readonly sensitive: readonly FileSize[];
  readonly releases: readonly OsRelease[];
  readonly packages: readonly LayerPackage[];
  /** Package databases that lie in the layer and were not read, with the reason. */
  readonly unread: readonly { readonly path: string; readonly reason: 'format' | 'size' | 'link' }[];
  /** How many rows the lists above leave out, each being capped. */
  readonly omitted: number;
}

export interface FileSize {
  readonly path: string;
  readonly bytes: number;
}

export interface AreaSize {
  readonly files: number;
  readonly bytes: number;
}

/** @see os-release(5) */
export interface OsRelease {
  readonly path: string;
  readonly id: string;
  readonly versionId: string;
  readonly prettyName: string;
}

/** Raise it when reading a layer finds more, or finds otherwise: layers of an older reader are read again. */
export const LAYER_READER_VERSION = 3;
/** Of the packed form; another one is not read but made anew. */
const FORMAT = 1;

/** One value to store for a layer: gzip of the facts' length (4 bytes, little-endian), the facts as JSON, the entries. */
export function packContents(contents: LayerContents): Uint8Array {
  const { entries, ...facts } = contents;
  const json = Buffer.from(JSON.stringify({ format: FORMAT, ...facts }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return gzipSync(Buffer.concat([length, json, entries]));
}

/** The inverse of {@link packContents}; undefined when another version packed it. */
export function findContents(packed: Uint8Array): LayerContents | undefined {
  const bytes = gunzipSync(packed);
  const end = 4 + bytes.readUInt32LE();
  const { format, ...facts } = JSON.parse(bytes.toString('utf8', 4, end)) as LayerFacts & { format: number };
  return format === FORMAT ? { ...facts, entries: new Uint8Array(bytes.subarray(end)) } : undefined;
}
