import type { EntryKind } from './tar/tar-header.ts';

/** One entry of a layer, as stored. */
export interface LayerEntry {
  readonly path: string;
  readonly kind: EntryKind;
  /** Size of the content in bytes; 0 for anything but files. */
  readonly size: number;
  /** The first 64 bits of the content's SHA-256 in hex; empty for files without content. */
  readonly hash: string;
  /** Hard links: the linked file's path. Symbolic links: the target as written. Otherwise empty. */
  readonly target: string;
}

const KINDS: readonly EntryKind[] = ['file', 'directory', 'symlink', 'hardlink', 'other'];
const HASH_BYTES = 8;

/**
 * Packs entries, in the tar's order, into few bytes: each path is stored without the prefix that it shares with the
 * previous one. A layer of 50,000 files takes about 2 MB, less than half of that when compressed. {@link readEntries}
 * unpacks them.
 */
export class EntryWriter {
  #buffer = Buffer.alloc(4_096);
  #length = 0;
  #before = Buffer.alloc(0);

  add(entry: LayerEntry): void {
    const path = Buffer.from(entry.path);
    const target = Buffer.from(entry.target);
    const shared = sharedBytes(this.#before, path);
    this.#reserve(path.length + target.length + 64);
    this.#buffer[this.#length++] = KINDS.indexOf(entry.kind);
    this.#number(shared);
    this.#bytes(path.subarray(shared));
    if (entry.kind === 'file') this.#content(entry);
    else if (entry.kind === 'symlink' || entry.kind === 'hardlink') this.#bytes(target);
    this.#before = path;
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length));
  }

  #content(entry: LayerEntry): void {
    this.#number(entry.size);
    if (entry.size > 0) this.#length += this.#buffer.write(entry.hash, this.#length, HASH_BYTES, 'hex');
  }

  #bytes(bytes: Buffer): void {
    this.#number(bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
  }

  /** Writes a varint: seven bits a byte, low bits first; the highest bit is set if more bytes follow. */
  #number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.alloc((this.#buffer.length + bytes) * 2);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Reads the entries that an {@link EntryWriter} wrote, one at a time. */
export function* readEntries(bytes: Uint8Array): Generator<LayerEntry> {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  let before = Buffer.alloc(0);
  while (!reader.isDone) {
    const kind = KINDS[reader.byte()] ?? 'other';
    const path = Buffer.concat([before.subarray(0, reader.number()), reader.bytes()]);
    const size = kind === 'file' ? reader.number() : 0;
    const hash = size > 0 ? reader.hex(HASH_BYTES) : '';
    const target = kind === 'symlink' || kind === 'hardlink' ? reader.bytes().toString() : '';
    before = path;
    yield { path: path.toString(), kind, size, hash, target };
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.byte();
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
    }
  }

  bytes(): Buffer {
    const length = this.number();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  hex(length: number): string {
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }
}

function sharedBytes(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at++;
  return at;
}
