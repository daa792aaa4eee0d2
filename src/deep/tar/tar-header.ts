import { MalformedContentError } from '../../errors.ts';

/** The kind of an entry. `other`: devices, pipes, and types that no runtime unpacks. */
export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

/** The fields of a 512-byte header that are used here. @see POSIX.1-2017, pax, "ustar Interchange Format" */
export interface TarHeader {
  readonly name: Buffer;
  readonly linkName: Buffer;
  readonly type: string;
  /** Permissions, including setuid (0o4000) and setgid (0o2000). */
  readonly mode: number;
  /** The number of bytes that follow the header. */
  readonly size: number;
  /** For old GNU sparse files: further blocks of the sparse map follow the header. */
  readonly moreSparseBlocks: boolean;
}

/** Tars consist of blocks of this size. */
export const BLOCK_BYTES = 512;

const CHECKSUM = { from: 148, to: 156 };
const CHECKSUM_SPACES = (CHECKSUM.to - CHECKSUM.from) * 0x20;

/**
 * Parses a header block, including its checksum.
 * @param position the block's offset in the tar, for error messages
 * @throws MalformedContentError when the block is not a tar header
 */
export function parseTarHeader(block: Buffer, position: number): TarHeader {
  verifyChecksum(block, position);
  const type = String.fromCharCode(block[156] ?? 0);
  return {
    name: nameOf(block),
    linkName: cString(block, 157, 257),
    type,
    mode: numberOf(block, 100, 108, position) & 0o7777,
    size: isHeaderOnly(type) ? 0 : numberOf(block, 124, 136, position),
    moreSparseBlocks: type === 'S' && block[482] !== 0,
  };
}

/**
 * Whether entries of a type have no data, whatever their size field says: links, devices, directories and pipes, as in
 * Go's archive/tar.
 */
export function isHeaderOnly(type: string): boolean {
  return type >= '1' && type <= '6';
}

/**
 * Maps a header's type to a kind. NUL is a regular file, or, before POSIX, a directory if its name ends with a slash.
 */
export function kindOfType(type: string, name: Buffer): EntryKind {
  if (type === '5' || (type === '\0' && name.at(-1) === 0x2f)) return 'directory';
  if (type === '0' || type === '\0' || type === '7' || type === 'S') return 'file';
  return type === '1' ? 'hardlink' : type === '2' ? 'symlink' : 'other';
}

/** Joins a POSIX prefix and the name; GNU uses the prefix's place for other fields. */
function nameOf(block: Buffer): Buffer {
  const name = cString(block, 0, 100);
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  if (!isPosix || block[345] === 0) return name;
  return Buffer.concat([cString(block, 345, 500), Buffer.from('/'), name]);
}

function cString(block: Buffer, from: number, to: number): Buffer {
  const end = block.indexOf(0, from);
  return Buffer.from(block.subarray(from, end < 0 || end > to ? to : end));
}

/** Parses octal digits, or GNU's base 256 if the first bit is set. */
function numberOf(block: Buffer, from: number, to: number, position: number): number {
  const first = block[from] ?? 0;
  const value = first >= 0x80 ? base256(block, from, to) : octal(block.toString('latin1', from, to));
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedContentError(`tar header at byte ${position}: a number is negative, too large or not octal`);
}

function base256(block: Buffer, from: number, to: number): number {
  const first = block[from] ?? 0;
  if (first !== 0x80) return Number.NaN;
  let value = 0;
  for (let at = from + 1; at < to; at++) value = value * 256 + (block[at] ?? 0);
  return value;
}

function octal(field: string): number {
  const digits = field.replace(/^[ \0]+/, '').replace(/[ \0].*$/s, '');
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/**
 * Compares the checksum, the sum of the header's bytes with its own field read as spaces. Some old writers summed
 * signed bytes.
 */
function verifyChecksum(block: Buffer, position: number): void {
  const expected = octal(block.toString('latin1', CHECKSUM.from, CHECKSUM.to));
  const sum = sumOf(block) - sumOf(block.subarray(CHECKSUM.from, CHECKSUM.to)) + CHECKSUM_SPACES;
  if (expected === sum || expected === sum - 256 * highBytes(block)) return;
  throw new MalformedContentError(`no tar header at byte ${position}: its checksum is wrong`);
}

/** Sums four bytes at a time in two lanes of 16 bits, which a block's sum fits into; takes a quarter of the time. */
function sumOf(bytes: Buffer): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let lanes = 0;
  for (let at = 0; at < view.byteLength; at += 4) {
    const word = view.getUint32(at);
    lanes += (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff);
  }
  return (lanes & 0xffff) + (lanes >>> 16);
}

function highBytes(block: Buffer): number {
  const isHigh = (byte: number, at: number) => byte >= 0x80 && (at < CHECKSUM.from || at >= CHECKSUM.to);
  return block.filter(isHigh).length;
}
