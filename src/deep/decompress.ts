import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { type Decompressor, malformedStream } from './decompressor.ts';
import type { LayerLimits } from './limits.ts';
import { ScriptZstd } from './script-zstd.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

type OnData = (piece: Buffer) => void;

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

export function openDecompressor(compression: Compression, limits: LayerLimits, onData: OnData): Decompressor {
  if (compression === 'gzip') return new StreamDecompressor(zlib.createGunzip({ chunkSize: OUTPUT_BYTES }), onData);
  if (compression === 'none') return plain(onData);
  return openNativeZstd(limits, onData) ?? new ScriptZstd(limits, onData);
}

/** Measured on a layer of 115 MB: Node's default of 16 KiB inflates at two fifths of this one's speed. */
const OUTPUT_BYTES = 262_144;

function plain(onData: OnData): Decompressor {
  return { write: async (bytes) => onData(bytes), end: async () => undefined, close: () => undefined };
}

/** What Node has from 22.15 on; the types of Node 20 do not know it. */
interface NativeZstd {
  createZstdDecompress?: (options: { chunkSize: number; params: Record<number, number> }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
}

function openNativeZstd(limits: LayerLimits, onData: OnData): Decompressor | undefined {
  const { createZstdDecompress, constants } = zlib as NativeZstd;
  if (!createZstdDecompress || constants.ZSTD_d_windowLogMax === undefined) return undefined;
  const params = { [constants.ZSTD_d_windowLogMax]: Math.floor(Math.log2(limits.windowBytes)) };
  return new StreamDecompressor(createZstdDecompress({ chunkSize: OUTPUT_BYTES, params }), onData);
}

/** A decompressor of node:zlib, which inflates in a thread of its own. */
class StreamDecompressor implements Decompressor {
  readonly #transform: Transform;
  readonly #failed: Promise<never>;

  constructor(transform: Transform, onData: OnData) {
    this.#transform = transform;
    this.#failed = new Promise((_, reject) => {
      transform.on('error', (cause) => reject(malformedStream(cause)));
      transform.on('data', (piece: Buffer) => {
        // Handed on once the thread has the next piece to inflate, so that both work at the same time.
        queueMicrotask(() => {
          try {
            if (!transform.destroyed) onData(piece);
          } catch (error) {
            transform.destroy();
            reject(error);
          }
        });
      });
    });
    this.#failed.catch(() => undefined);
  }

  write(bytes: Buffer): Promise<void> {
    return this.#race((done) => this.#transform.write(bytes, () => done()));
  }

  end(): Promise<void> {
    return this.#race((done) => {
      this.#transform.once('end', () => queueMicrotask(done));
      this.#transform.end();
    });
  }

  close(): void {
    this.#transform.destroy();
  }

  #race(start: (done: () => void) => void): Promise<void> {
    return Promise.race([this.#failed, new Promise<void>(start)]);
  }
}
