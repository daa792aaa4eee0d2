import { MalformedContentError, TooLargeError } from '../../errors.ts';
import type { LayerLimits } from '../limits.ts';
import { layerPath, pathText } from './entry-path.ts';
import { type EntryOverrides, parsePax } from './pax.ts';
import { BLOCK_BYTES, type EntryKind, isHeaderOnly, kindOfType, parseTarHeader, type TarHeader } from './tar-header.ts';

/** One entry of a layer's tar. */
export interface TarEntry {
  readonly kind: EntryKind;
  /** Relative to the root, which is the empty path. */
  readonly path: string;
  /** Hard links: the linked file's path. Symbolic links: the target as written. Otherwise empty. */
  readonly target: string;
  readonly mode: number;
  /** Bytes stored in the tar: for a sparse file without its holes. */
  readonly size: number;
}

/**
 * Receives the entries in the tar's order: `open`, the content in pieces, `close`. Pieces share memory: a sink must
 * copy what it keeps.
 */
export interface TarSink {
  open(entry: TarEntry): void;
  data(piece: Buffer): void;
  close(): void;
}

type Body = 'data' | 'pax' | 'global-pax' | 'long-name' | 'long-link' | 'skip';

const META: Readonly<Record<string, Body>> = { x: 'pax', g: 'global-pax', L: 'long-name', K: 'long-link' };

type TarLimits = Pick<LayerLimits, 'entries' | 'pathBytes' | 'allPathsBytes' | 'headerBytes'>;

/**
 * Parses a tar stream in one pass without copying file contents: ustar, pax, GNU long names, sparse files. Written for
 * speed: creating a stream for each entry would cost more than decompressing it.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #limits: TarLimits;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #blockFill = 0;
  #body: Body = 'skip';
  #bodyLeft = 0;
  #padding = 0;
  #meta: Buffer[] = [];
  #global: EntryOverrides = {};
  #next: EntryOverrides = {};
  /** An old GNU sparse file whose sparse map continues in the next block. */
  #waiting: TarHeader | undefined;
  #zeroBlocks = 0;
  #entries = 0;
  #pathBytes = 0;
  #position = 0;

  constructor(sink: TarSink, limits: TarLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /**
   * Parses the next bytes.
   * @throws MalformedContentError when the bytes are not a tar
   * @throws TooLargeError when a count or a length is over its limit
   */
  write(chunk: Buffer): void {
    let at = 0;
    // Two blocks of zeros end the archive; runtimes ignore what follows.
    while (at < chunk.length && this.#zeroBlocks < 2) at += this.#take(at === 0 ? chunk : chunk.subarray(at));
  }

  /** Ends the input. @throws MalformedContentError when the tar ends within an entry */
  end(): void {
    const isWhole = this.#blockFill === 0 && this.#bodyLeft === 0 && this.#padding === 0 && !this.#waiting;
    if (!isWhole) throw new MalformedContentError(`tar ends within an entry, after ${this.#position} bytes`);
  }

  #take(bytes: Buffer): number {
    const taken =
      this.#bodyLeft > 0
        ? this.#takeBody(bytes)
        : this.#padding > 0
          ? this.#takePadding(bytes)
          : this.#takeBlock(bytes);
    this.#position += taken;
    return taken;
  }

  #takeBody(bytes: Buffer): number {
    const piece = bytes.length > this.#bodyLeft ? bytes.subarray(0, this.#bodyLeft) : bytes;
    this.#bodyLeft -= piece.length;
    if (this.#body === 'data') this.#sink.data(piece);
    else if (this.#body !== 'skip') this.#meta.push(Buffer.from(piece));
    if (this.#bodyLeft === 0) this.#endBody();
    return piece.length;
  }

  #takePadding(bytes: Buffer): number {
    const taken = Math.min(bytes.length, this.#padding);
    this.#padding -= taken;
    return taken;
  }

  #takeBlock(bytes: Buffer): number {
    if (this.#blockFill === 0 && bytes.length >= BLOCK_BYTES) {
      this.#onBlock(bytes.subarray(0, BLOCK_BYTES));
      return BLOCK_BYTES;
    }
    const taken = bytes.copy(this.#block, this.#blockFill, 0, BLOCK_BYTES - this.#blockFill);
    this.#blockFill += taken;
    if (this.#blockFill === BLOCK_BYTES) {
      this.#blockFill = 0;
      this.#onBlock(this.#block);
    }
    return taken;
  }

  #onBlock(block: Buffer): void {
    if (this.#waiting) {
      if (block[504] === 0) this.#openEntry(this.#waiting);
      return;
    }
    if (isZero(block)) {
      this.#zeroBlocks++;
      return;
    }
    if (this.#zeroBlocks > 0) throw new MalformedContentError(`tar goes on after its end, at byte ${this.#position}`);
    this.#onHeader(parseTarHeader(block, this.#position));
  }

  #onHeader(header: TarHeader): void {
    // Extended headers count as well: a hostile tar may consist of nothing else.
    if (++this.#entries > this.#limits.entries) {
      throw new TooLargeError(`layer has more than ${this.#limits.entries} entries`);
    }
    const meta = META[header.type];
    if (meta) this.#openMeta(meta, header.size);
    else if (header.moreSparseBlocks) this.#waiting = header;
    else this.#openEntry(header);
  }

  #openMeta(body: Body, size: number): void {
    if (size > this.#limits.headerBytes) {
      throw new TooLargeError(`extended tar header of ${size} bytes; the limit is ${this.#limits.headerBytes}`);
    }
    this.#startBody(body, size);
  }

  #openEntry(header: TarHeader): void {
    this.#waiting = undefined;
    const overrides = { ...this.#global, ...this.#next };
    this.#next = {};
    const entry = this.#entryOf(header, overrides);
    const size = isHeaderOnly(header.type) ? 0 : (overrides.size ?? header.size);
    this.#sink.open(entry.kind === 'file' ? { ...entry, size } : entry);
    if (entry.kind === 'file' && size > 0) this.#startBody('data', size);
    else {
      this.#sink.close();
      this.#startBody('skip', size);
    }
  }

  #entryOf(header: TarHeader, overrides: EntryOverrides): TarEntry {
    const name = overrides.path ?? header.name;
    const linkName = overrides.linkPath ?? header.linkName;
    if (Math.max(name.length, linkName.length) > this.#limits.pathBytes) {
      throw new TooLargeError(`layer has a path of more than ${this.#limits.pathBytes} bytes`);
    }
    const kind = kindOfType(header.type, name);
    const path = layerPath(name);
    const target = kind === 'symlink' ? pathText(linkName) : kind === 'hardlink' ? layerPath(linkName) : '';
    this.#countPaths(path, target);
    return { kind, path, target, mode: header.mode, size: 0 };
  }

  #countPaths(path: string, target: string): void {
    this.#pathBytes += Buffer.byteLength(path) + Buffer.byteLength(target);
    if (this.#pathBytes > this.#limits.allPathsBytes) {
      throw new TooLargeError(`layer has paths of more than ${this.#limits.allPathsBytes} bytes together`);
    }
  }

  #startBody(body: Body, size: number): void {
    this.#body = body;
    this.#bodyLeft = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    if (size === 0 && body !== 'data' && body !== 'skip') this.#endBody();
  }

  #endBody(): void {
    if (this.#body === 'data') this.#sink.close();
    if (this.#body === 'data' || this.#body === 'skip') return;
    const meta = Buffer.concat(this.#meta);
    this.#meta = [];
    if (this.#body === 'pax') parsePax(meta, this.#next);
    else if (this.#body === 'global-pax') parsePax(meta, this.#global);
    else this.#next[this.#body === 'long-name' ? 'path' : 'linkPath'] = withoutNul(meta);
  }
}

function withoutNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.every((byte) => byte === 0);
}
