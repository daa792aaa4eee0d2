import { MalformedContentError } from '../../errors.ts';

/** What extended headers override for the next entry. */
export interface EntryOverrides {
  path?: Buffer;
  linkPath?: Buffer;
  size?: number;
  /** The file has holes: fewer bytes are stored than its length. */
  sparse?: boolean;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/**
 * Parses the records `LENGTH KEY=VALUE\n` of an extended header. An empty value deletes an earlier one.
 * @throws MalformedContentError when the bytes are not such records
 * @see POSIX.1-2017, pax, "pax Extended Header"
 */
export function parsePax(bytes: Buffer, into: EntryOverrides): void {
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const space = bytes.indexOf(SPACE, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString('latin1', at, Math.min(space, at + 16)));
    const end = at + length;
    const equals = bytes.indexOf(EQUALS, space);
    if (!(end <= bytes.length) || equals < 0 || equals >= end || bytes[end - 1] !== NEWLINE) {
      throw new MalformedContentError('extended tar header: its records have the wrong lengths');
    }
    applyRecord(bytes.toString('latin1', space + 1, equals), bytes.subarray(equals + 1, end - 1), into);
    at = end;
  }
}

function applyRecord(key: string, value: Buffer, into: EntryOverrides): void {
  if (key === 'path') override(into, 'path', value);
  else if (key === 'linkpath') override(into, 'linkPath', value);
  else if (key === 'size') overrideSize(into, value);
  else if (key === 'GNU.sparse.name') into.path = Buffer.from(value);
  if (key.startsWith('GNU.sparse.')) into.sparse = true;
}

function override(into: EntryOverrides, key: 'path' | 'linkPath', value: Buffer): void {
  if (value.length === 0) delete into[key];
  // GNU sparse files have their real name in GNU.sparse.name, and a made-up one in path.
  else if (key !== 'path' || !into.sparse || into.path === undefined) into[key] = Buffer.from(value);
}

function overrideSize(into: EntryOverrides, value: Buffer): void {
  if (value.length === 0) {
    delete into.size;
    return;
  }
  const size = /^\d{1,16}$/.test(value.toString('latin1')) ? Number(value.toString('latin1')) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new MalformedContentError('extended tar header: its size is not a number');
  into.size = size;
}
