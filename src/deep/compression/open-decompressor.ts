import { createGunzip } from 'node:zlib';
import type { LayerLimits } from '../limits.ts';
import type { Decompressor, OnData } from './decompressor.ts';
import { openNativeZstd } from './native-zstd.ts';
import { ScriptZstd } from './script-zstd.ts';
import { OUTPUT_BYTES, StreamDecompressor } from './stream-decompressor.ts';
import { isZstdMagic } from './zstd-guard.ts';

/** How a layer's tar is compressed. */
type Compression = 'gzip' | 'zstd' | 'none';

/** The number of bytes that {@link compressionOf} needs. */
export const MAGIC_BYTES = 4;

/**
 * Detects the compression by the first bytes of a blob. Media types are sometimes wrong, and registries store what was
 * pushed.
 */
export function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < MAGIC_BYTES) return 'none';
  return isZstdMagic(head.readUInt32LE()) ? 'zstd' : 'none';
}

/**
 * Opens a decompressor for a layer. zstd is decoded by Node.js if it can, else by a decoder in JavaScript.
 * @param onData receives the output piece by piece; at most a few pieces are ever decompressed ahead of it
 */
export function openDecompressor(compression: Compression, limits: LayerLimits, onData: OnData): Decompressor {
  if (compression === 'gzip') return new StreamDecompressor(createGunzip({ chunkSize: OUTPUT_BYTES }), onData);
  if (compression === 'none') return plain(onData);
  return openNativeZstd(limits, onData) ?? new ScriptZstd(limits, onData);
}

function plain(onData: OnData): Decompressor {
  return { write: async (bytes) => onData(bytes), end: async () => undefined, close: () => undefined };
}
