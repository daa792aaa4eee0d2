import { setImmediate } from 'node:timers/promises';
import { Decompress } from 'fzstd';
import { SlimboardError } from '../errors.ts';
import { type Decompressor, malformedStream } from './decompressor.ts';
import type { LayerLimits } from './limits.ts';
import { ZstdGuard } from './zstd-guard.ts';

/** The decoder moves its whole window once a block; 32 MiB is the largest that Go's encoder (klauspost/compress) writes. */
const SCRIPT_WINDOW_BYTES = 33_554_432;
const PAUSE_AFTER_MS = 20;

/** For Node before 22.15: inflates on this thread, and lets others have it now and then. */
export class ScriptZstd implements Decompressor {
  readonly #guard: ZstdGuard;
  readonly #decoder: Decompress;
  #pausedAt = performance.now();

  constructor(limits: LayerLimits, onData: (piece: Buffer) => void) {
    this.#guard = new ZstdGuard(Math.min(limits.windowBytes, SCRIPT_WINDOW_BYTES));
    this.#decoder = new Decompress((piece) => {
      if (piece.length > 0) onData(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    });
  }

  async write(bytes: Buffer): Promise<void> {
    for (const piece of this.#guard.split(bytes)) {
      this.#push(piece, false);
      if (performance.now() - this.#pausedAt > PAUSE_AFTER_MS) {
        await setImmediate();
        this.#pausedAt = performance.now();
      }
    }
  }

  async end(): Promise<void> {
    this.#guard.end();
    this.#push(Buffer.alloc(0), true);
  }

  close(): void {
    // Holds nothing but memory.
  }

  #push(piece: Buffer, isLast: boolean): void {
    try {
      this.#decoder.push(piece, isLast);
    } catch (error) {
      throw error instanceof SlimboardError ? error : malformedStream(error);
    }
  }
}
