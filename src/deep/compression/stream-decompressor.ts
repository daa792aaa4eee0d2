import type { Transform } from 'node:stream';
import { type Decompressor, malformedStream, type OnData } from './decompressor.ts';

/** Measured on a layer of 115 MB: with Node's default of 16 KiB, inflating has two fifths of the speed. */
export const OUTPUT_BYTES = 262_144;

/**
 * One piece is being inflated while the next one waits, so that the thread has work while this one reads the output.
 */
const MAX_UNWRITTEN = 2;

/** A decompressor of node:zlib, which decompresses in another thread. */
export class StreamDecompressor implements Decompressor {
  readonly #transform: Transform;
  readonly #onData: OnData;
  #failure: unknown;
  #isEnding = false;
  #unwritten = 0;
  #waiting: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | undefined;

  constructor(transform: Transform, onData: OnData) {
    this.#transform = transform;
    this.#onData = onData;
    transform.on('error', (cause) => this.#fail(malformedStream(cause)));
    // Deferred until the thread has the next piece to inflate, so that both threads work at the same time.
    transform.on('data', (piece: Buffer) => queueMicrotask(() => this.#passOn(piece)));
    transform.on('end', () => queueMicrotask(() => this.#finish()));
  }

  /** Resolves when there is room for the next piece. A failure may be reported by a later call. */
  write(bytes: Buffer): Promise<void> {
    return this.#wait((resolve) => {
      this.#unwritten++;
      this.#transform.write(bytes, (error) => {
        if (!error) this.#onWritten();
      });
      if (this.#unwritten < MAX_UNWRITTEN) resolve();
    });
  }

  end(): Promise<void> {
    this.#isEnding = true;
    return this.#wait(() => this.#transform.end());
  }

  close(): void {
    this.#transform.destroy();
  }

  #wait(start: (resolve: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else {
        this.#waiting = { resolve, reject };
        start(resolve);
      }
    });
  }

  #onWritten(): void {
    this.#unwritten--;
    if (!this.#isEnding) this.#waiting?.resolve();
  }

  #passOn(piece: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#onData(piece);
    } catch (error) {
      this.#transform.destroy();
      this.#fail(error);
    }
  }

  /**
   * Node.js stops at the end of the compressed data, and may ignore bytes that follow; Go's gzip rejects them, and so
   * container runtimes do.
   */
  #finish(): void {
    if (this.#isEnding) this.#waiting?.resolve();
    else this.#fail(malformedStream('there is other data after the compressed data'));
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#waiting?.reject(this.#failure);
  }
}
