import { setImmediate } from 'node:timers/promises';
import { Decompress } from 'fzstd';
import { SlimboardError, TooLargeError } from '../../errors.ts';
import type { LayerLimits } from '../limits.ts';
import { type Decompressor, malformedStream, type OnData } from './decompressor.ts';
import { ZstdGuard } from './zstd-guard.ts';

/**
 * The largest window accepted. The decoder moves its whole window for each block, and 32 MiB is the largest window that
 * Go's encoder (klauspost/compress) writes.
 */
const SCRIPT_WINDOW_BYTES = 33_554_432;
const PAUSE_AFTER_MS = 20;

/**
 * Limits on how much memory is moved: an allowance for each byte of output, and a fixed one. Encoders fill blocks of
 * 128 KiB, so a window of 8 MiB moves 64 bytes for each byte of output; a hostile stream of tiny blocks could keep a
 * worker busy for hours.
 */
const MAX_MOVED_PER_OUTPUT_BYTE = 1_024;
const ALWAYS_ALLOWED_MOVED_BYTES = 2_147_483_648;

/** Decodes zstd in JavaScript, for Node.js before 22.15. Runs on this thread, and yields to other work every 20 ms. */
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
    // Nothing to release but memory.
  }

  #checkEffort(): void {
    if (this.#guard.movedBytes <= ALWAYS_ALLOWED_MOVED_BYTES + MAX_MOVED_PER_OUTPUT_BYTE * this.#outputBytes) return;
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
