import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { LayerLimits } from '../limits.ts';
import type { Decompressor, OnData } from './decompressor.ts';
import { OUTPUT_BYTES, StreamDecompressor } from './stream-decompressor.ts';
import { ZstdGuard } from './zstd-guard.ts';

/** The zstd API of Node.js, available from 22.15 on; the type definitions for Node.js 20 do not have it. */
interface ZlibWithZstd {
  createZstdDecompress?: (options: { chunkSize: number; params: Record<number, number> }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
}

/**
 * Opens the zstd decoder of Node.js. If a frame ends in the middle of a write, it ignores the rest, so each frame ends with
 * a write of its own.
 * @returns undefined when this version has none
 */
export function openNativeZstd(limits: LayerLimits, onData: OnData): Decompressor | undefined {
  const { createZstdDecompress, constants } = zlib as ZlibWithZstd;
  if (!createZstdDecompress || constants.ZSTD_d_windowLogMax === undefined) return undefined;
  const params = { [constants.ZSTD_d_windowLogMax]: Math.ceil(Math.log2(limits.windowBytes)) };
  const decoder = new StreamDecompressor(createZstdDecompress({ chunkSize: OUTPUT_BYTES, params }), onData);
  const guard = new ZstdGuard(limits.windowBytes);
  return {
    write: async (bytes) => {
      let pieces: Buffer[] = [];
      for (const piece of guard.split(bytes)) {
        pieces.push(piece);
        if (!guard.isBetweenFrames) continue;
        await decoder.write(Buffer.concat(pieces));
        pieces = [];
      }
      if (pieces.length > 0) await decoder.write(Buffer.concat(pieces));
    },
    end: async () => {
      guard.end();
      await decoder.end();
    },
    close: () => decoder.close(),
  };
}
