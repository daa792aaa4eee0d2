import { setImmediate } from 'node:timers/promises';
import { Decompress } from 'fzstd';
import { SlimboardError, TooLargeError } from '../errors.ts';
import { type Decompressor, malformedStream, type OnData } from './decompressor.ts';
import type { LayerLimits } from './limits.ts';
import { ZstdGuard } from './zstd-guard.ts';

/** The decoder moves its whole window once a block; 32 MiB is the largest that Go's encoder (klauspost/compress) writes. */
const SCRIPT_WINDOW_BYTES = 33_554_432;
const PAUSE_AFTER_MS = 20;

/**
 * Encoders fill blocks of 128 KiB, so a window of 8 MiB is moved 64 bytes for each that comes out; hostile streams of
 * tiny blocks would keep a worker busy for hours.
 */
const MOVED_PER_BYTE = 1_024;
const MOVED_FREELY_BYTES = 2_147_483_648;

/** For Node before 22.15: inflates on this thread, and lets others have it now and then. */
export class ScriptZstd implements Decompressor {
  readonly #guard: ZstdGuard;
  readonly #decoder: Decompress;
  #pausedAt = performance.now();
  #outputBytes = 0;

  constructor(limits: LayerLimits, onData: OnData) {
    this.#guard = new ZstdGuard(Math.min(limits.windowBytes, SCRIPT_WINDOW_BYTES));
    this.#decoder = new Decompress((piece) => {
      this.#outputBytes += piece.length;
      if (piece.length > 0) onData(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    });
  }

  async write(bytes: Buffer): Promise<void> {
    for (const piece of this.#guard.split(bytes)) {
      this.#push(piece, false);
      this.#checkEffort();
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

  #checkEffort(): void {
    if (this.#guard.movedBytes <= MOVED_FREELY_BYTES + MOVED_PER_BYTE * this.#outputBytes) return;
    throw new TooLargeError('zstd stream: its blocks are too small for its window');
  }

  #push(piece: Buffer, isLast: boolean): void {
    try {
      this.#decoder.push(piece, isLast);
    } catch (error) {
      throw error instanceof SlimboardError ? error : malformedStream(error);
    }
  }
}
