import { MalformedContentError, TooLargeError } from '../../errors.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** The last hex digit may be anything. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;

/** Whether a stream that begins with this magic number is zstd; it may begin with a skippable frame (zstd:chunked). */
export function isZstdMagic(magic: number): boolean {
  return magic === FRAME_MAGIC || isSkippable(magic);
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

type Part = 'magic' | 'frame-header' | 'block-header' | 'block' | 'checksum' | 'skippable-size' | 'skippable';

/**
 * Checks the frames and blocks of a zstd stream without decoding them, for a decoder that allocates whatever window a
 * frame header requests. Splits the stream into pieces no longer than a block, so that the caller can pause between
 * them, and drops skippable frames.
 * @see RFC 8878, section 3.1
 */
export class ZstdGuard {
  readonly #maxWindowBytes: number;
  #part: Part = 'magic';
  #need = MAGIC_BYTES;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #hasChecksum = false;
  #isLastBlock = false;
  #windowBytes = 0;
  #movedBytes = 0;

  constructor(maxWindowBytes: number) {
    this.#maxWindowBytes = maxWindowBytes;
  }

  /** Whether the last piece ended a frame, or nothing was split yet. */
  get isBetweenFrames(): boolean {
    return this.#part === 'magic' && this.#heldBytes === 0;
  }

  /** Bytes moved so far by a decoder that moves its window for each block. */
  get movedBytes(): number {
    return this.#movedBytes;
  }

  /**
   * Splits the next bytes into pieces for the decoder. Bytes of incomplete parts are held back for the next call.
   * @throws TooLargeError when a frame requests a window over the limit
   * @throws MalformedContentError when the bytes are not zstd frames
   */
  *split(chunk: Buffer): Generator<Buffer> {
    let at = 0;
    while (at < chunk.length) {
      const piece = chunk.subarray(at, at + this.#need - this.#heldBytes);
      at += piece.length;
      if (this.#part === 'skippable') this.#skip(piece.length);
      else {
        const whole = this.#gather(piece);
        if (whole) yield* this.#pass(whole);
      }
    }
  }

  /** Ends the input. @throws MalformedContentError when the stream ends within a frame */
  end(): void {
    if (!this.isBetweenFrames) throw new MalformedContentError('zstd stream ends within a frame');
  }

  #skip(bytes: number): void {
    this.#need -= bytes;
    if (this.#need === 0) this.#expect('magic', MAGIC_BYTES);
  }

  #gather(piece: Buffer): Buffer | undefined {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes < this.#need) return undefined;
    const whole = this.#held.length === 1 ? piece : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  #expect(part: Part, bytes: number): void {
    this.#part = part;
    this.#need = bytes;
  }

  *#pass(bytes: Buffer): Generator<Buffer> {
    if (this.#part === 'magic') return this.#onMagic(bytes);
    if (this.#part === 'skippable-size') return this.#onSkippableSize(bytes.readUInt32LE());
    if (this.#part === 'frame-header') yield* this.#onFrameHeader(bytes);
    else {
      this.#afterPassed(bytes);
      yield bytes;
    }
  }

  #onMagic(bytes: Buffer): void {
    const magic = bytes.readUInt32LE();
    if (magic === FRAME_MAGIC) this.#expect('frame-header', 1);
    else if (isSkippable(magic)) this.#expect('skippable-size', 4);
    else throw new MalformedContentError('zstd stream: data after a frame is not another frame');
  }

  #onSkippableSize(bytes: number): void {
    if (bytes === 0) this.#expect('magic', MAGIC_BYTES);
    else this.#expect('skippable', bytes);
  }

  /**
   * Called twice for a frame: with the descriptor byte, which determines the header's length, and with the whole
   * header.
   */
  *#onFrameHeader(bytes: Buffer): Generator<Buffer> {
    const length = frameHeaderBytes(bytes.readUInt8());
    if (bytes.length < length) {
      this.#held = [bytes];
      this.#heldBytes = bytes.length;
      this.#need = length;
      return;
    }
    const window = windowBytes(bytes);
    if (window > this.#maxWindowBytes) {
      throw new TooLargeError(`zstd frame asks for a window of ${window} bytes; the limit is ${this.#maxWindowBytes}`);
    }
    this.#windowBytes = window;
    this.#hasChecksum = (bytes.readUInt8() & 4) !== 0;
    this.#expect('block-header', BLOCK_HEADER_BYTES);
    const magic = Buffer.alloc(MAGIC_BYTES);
    magic.writeUInt32LE(FRAME_MAGIC);
    yield Buffer.concat([magic, bytes]);
  }

  #afterPassed(bytes: Buffer): void {
    if (this.#part === 'block-header') this.#onBlockHeader(bytes.readUIntLE(0, BLOCK_HEADER_BYTES));
    else if (this.#part === 'block') this.#afterBlock();
    else this.#expect('magic', MAGIC_BYTES);
  }

  #onBlockHeader(header: number): void {
    const isRun = ((header >> 1) & 3) === 1;
    const size = isRun ? 1 : header >> 3;
    this.#isLastBlock = (header & 1) === 1;
    if (size === 0) this.#afterBlock();
    else this.#expect('block', size);
  }

  #afterBlock(): void {
    this.#movedBytes += this.#windowBytes;
    if (!this.#isLastBlock) this.#expect('block-header', BLOCK_HEADER_BYTES);
    else if (this.#hasChecksum) this.#expect('checksum', CHECKSUM_BYTES);
    else this.#expect('magic', MAGIC_BYTES);
  }
}

const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

function frameHeaderBytes(descriptor: number): number {
  const { isSingleSegment, dictionaryBytes, contentSizeBytes } = partsOf(descriptor);
  return 1 + (isSingleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes;
}

function partsOf(descriptor: number): {
  isSingleSegment: boolean;
  dictionaryBytes: number;
  contentSizeBytes: number;
} {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
  return {
    isSingleSegment,
    dictionaryBytes: DICTIONARY_ID_BYTES[descriptor & 3] ?? 0,
    contentSizeBytes: contentSizeBytes || (isSingleSegment ? 1 : 0),
  };
}

function windowBytes(header: Buffer): number {
  const { isSingleSegment, dictionaryBytes, contentSizeBytes } = partsOf(header.readUInt8());
  if (!isSingleSegment) {
    const descriptor = header.readUInt8(1);
    const base = 2 ** (10 + (descriptor >> 3));
    return base + (base / 8) * (descriptor & 7);
  }
  const at = 1 + dictionaryBytes;
  if (contentSizeBytes === 8) return Number(header.readBigUInt64LE(at));
  return header.readUIntLE(at, contentSizeBytes) + (contentSizeBytes === 2 ? 256 : 0);
}
