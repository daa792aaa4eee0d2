import type { Transform } from 'node:stream';
import { type Decompressor, malformedStream, type OnData } from './decompressor.ts';

/** Measured on a layer of 115 MB: Node's default of 16 KiB inflates at two fifths of this one's speed. */
export const OUTPUT_BYTES = 262_144;

/** One piece is inflated and the next one waits: so the thread goes on while this one reads what came out. */
const MAX_UNWRITTEN = 2;

/** A decompressor of node:zlib, which inflates in a thread of its own. */
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
    // Handed on once the thread has the next piece to inflate, so that both work at the same time.
    transform.on('data', (piece: Buffer) => queueMicrotask(() => this.#handOn(piece)));
    transform.on('end', () => queueMicrotask(() => this.#finish()));
  }

  /** Resolves when there is room for the next piece. What fails may be told by a later call. */
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

  #handOn(piece: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#onData(piece);
    } catch (error) {
      this.#transform.destroy();
      this.#fail(error);
    }
  }

  /** Node stops at the end of what is compressed, and may leave out what follows; Go's gzip refuses that, and so runtimes do. */
  #finish(): void {
    if (this.#isEnding) this.#waiting?.resolve();
    else this.#fail(malformedStream('something else follows what is compressed'));
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#waiting?.reject(this.#failure);
  }
}
