import { createGunzip } from 'node:zlib';
import type { Decompressor, OnData } from './decompressor.ts';
import type { LayerLimits } from './limits.ts';
import { openNativeZstd } from './native-zstd.ts';
import { ScriptZstd } from './script-zstd.ts';
import { OUTPUT_BYTES, StreamDecompressor } from './stream-decompressor.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** How many bytes {@link compressionOf} wants to see. */
export const MAGIC_BYTES = 4;

/** Judged by the first bytes: media types lie now and then, and registries keep what was pushed. */
export function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < MAGIC_BYTES) return 'none';
  const magic = head.readUInt32LE();
  // A skippable frame may come first (zstd:chunked, seekable formats).
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : 'none';
}

/**
 * Unpacks a stream of a layer.
 * @param onData gets the bytes piece by piece; the next is unpacked when it has taken one
 */
export function openDecompressor(compression: Compression, limits: LayerLimits, onData: OnData): Decompressor {
  if (compression === 'gzip') return new StreamDecompressor(createGunzip({ chunkSize: OUTPUT_BYTES }), onData);
  if (compression === 'none') return plain(onData);
  return openNativeZstd(limits, onData) ?? new ScriptZstd(limits, onData);
}

function plain(onData: OnData): Decompressor {
  return { write: async (bytes) => onData(bytes), end: async () => undefined, close: () => undefined };
}
