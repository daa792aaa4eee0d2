import { createHash, type Hash } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import {
  ContentMismatchError,
  MalformedContentError,
  RegistryUnavailableError,
  SlimboardError,
  TooLargeError,
} from '../errors.ts';
import { algorithmOf, type Digest } from '../oci/digest.ts';
import type { Decompressor } from './compression/decompressor.ts';
import { compressionOf, MAGIC_BYTES, openDecompressor } from './compression/open-decompressor.ts';
import type { LayerContents } from './contents.ts';
import { LayerInspector } from './layer-inspector.ts';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from './limits.ts';
import { TarReader } from './tar/tar-reader.ts';

/** A layer to read. `atMost`: what manifests say of its size is not known for certain, and its digest alone proves its bytes. */
export interface LayerToRead {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number | { readonly atMost: number };
}

/** Options of {@link readLayer}; limits that are absent are those of DEFAULT_LAYER_LIMITS. */
export interface ReadLayerOptions {
  readonly limits?: Partial<LayerLimits>;
  readonly signal?: AbortSignal;
}

/**
 * Reads a whole layer in one pass: verifies it against its descriptor, decompresses it, and collects what its tar
 * contains. Writes nothing to disk, and memory does not grow with the size of files.
 * @param stream the compressed blob; at its end or destroyed when the promise settles
 * @throws ContentMismatchError when the digest or the size differs from the descriptor's
 * @throws TooLargeError over a limit, or past the descriptor's size
 * @throws MalformedContentError when the verified bytes are not a tar, or cannot be decompressed
 * @throws RegistryUnavailableError when the stream breaks, or takes longer than `limits.durationMs`
 */
export async function readLayer(
  stream: Readable,
  layer: LayerToRead,
  options: ReadLayerOptions = {},
): Promise<LayerContents> {
  const limits = { ...DEFAULT_LAYER_LIMITS, ...options.limits };
  const deadline = AbortSignal.timeout(limits.durationMs);
  addAbortSignal(options.signal ? AbortSignal.any([options.signal, deadline]) : deadline, stream);
  const blob = new BlobVerifier(layer);
  const tar = new LayerTar(limits, blob);
  try {
    await pump(stream, blob, tar);
    return tar.finish();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof SlimboardError) throw error;
    const what = deadline.aborted ? `took more than ${limits.durationMs} ms` : 'broke off';
    throw new RegistryUnavailableError(`layer ${layer.digest}: the download ${what}`, { cause: error });
  } finally {
    tar.close();
    stream.destroy();
  }
}

/**
 * Passes every byte to the verifier and the tar. Malformed content is reported only after verification: if the bytes
 * are not those asked for, that is the more useful error.
 */
async function pump(stream: Readable, blob: BlobVerifier, tar: LayerTar): Promise<void> {
  let malformed: unknown;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    blob.add(chunk);
    if (malformed === undefined) malformed = await findMalformed(tar.write(chunk));
  }
  if (malformed === undefined) malformed = await findMalformed(tar.end());
  blob.verify();
  if (malformed !== undefined) throw malformed;
}

async function findMalformed(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof MalformedContentError) return error;
    throw error;
  }
}

/** Counts and hashes the compressed blob. */
class BlobVerifier {
  readonly #digest: Digest;
  readonly #size: number | undefined;
  readonly #maxBytes: number;
  readonly #hash: Hash;
  bytes = 0;

  constructor({ digest, size }: LayerToRead) {
    this.#digest = digest;
    this.#size = typeof size === 'number' ? size : undefined;
    this.#maxBytes = typeof size === 'number' ? size : size.atMost;
    this.#hash = createHash(algorithmOf(digest));
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#maxBytes) {
      const whose = this.#size === undefined ? 'that any of its images has in all' : 'of its descriptor';
      throw new TooLargeError(`layer ${this.#digest}: more bytes came than the ${this.#maxBytes} ${whose}`);
    }
    this.#hash.update(chunk);
  }

  verify(): void {
    if (this.#size !== undefined && this.bytes !== this.#size) {
      throw new ContentMismatchError(
        `layer ${this.#digest}: ${this.bytes} bytes came, its descriptor says ${this.#size}`,
      );
    }
    const actual = `${algorithmOf(this.#digest)}:${this.#hash.digest('hex')}`;
    if (actual !== this.#digest) {
      throw new ContentMismatchError(`layer: other bytes than asked for: expected ${this.#digest}, got ${actual}`);
    }
  }
}

/** Decompresses the blob, and checks, hashes and parses the tar. */
class LayerTar {
  readonly #limits: LayerLimits;
  readonly #blob: BlobVerifier;
  readonly #hash = createHash('sha256');
  readonly #inspector = new LayerInspector();
  readonly #reader: TarReader;
  #head = Buffer.alloc(0);
  #decompressor: Decompressor | undefined;
  #tarBytes = 0;

  constructor(limits: LayerLimits, blob: BlobVerifier) {
    this.#limits = limits;
    this.#blob = blob;
    this.#reader = new TarReader(this.#inspector, limits);
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#decompressor) return this.#decompressor.write(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= MAGIC_BYTES) await this.#open().write(this.#head);
  }

  async end(): Promise<void> {
    if (!this.#decompressor) await this.#open().write(this.#head);
    await this.#decompressor?.end();
    this.#reader.end();
  }

  close(): void {
    this.#decompressor?.close();
  }

  finish(): LayerContents {
    return this.#inspector.finish({
      diffId: `sha256:${this.#hash.digest('hex')}` as Digest,
      tarBytes: this.#tarBytes,
    });
  }

  #open(): Decompressor {
    this.#decompressor = openDecompressor(compressionOf(this.#head), this.#limits, (piece) => this.#take(piece));
    return this.#decompressor;
  }

  #take(piece: Buffer): void {
    this.#tarBytes += piece.length;
    this.#checkSize();
    this.#hash.update(piece);
    this.#reader.write(piece);
  }

  #checkSize(): void {
    const { tarBytes, ratio, ratioFromBytes } = this.#limits;
    if (this.#tarBytes > tarBytes) throw new TooLargeError(`layer unpacks to more than ${tarBytes} bytes`);
    if (this.#tarBytes > ratioFromBytes && this.#tarBytes > ratio * this.#blob.bytes) {
      throw new TooLargeError(`layer unpacks to more than ${ratio} times its ${this.#blob.bytes} bytes`);
    }
  }
}
