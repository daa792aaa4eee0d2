import { posix } from 'node:path';

const PLAIN = /^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))/s;

/**
 * Normalises the path of a tar entry by its text alone: relative to the root, which is the empty path, without `/` at
 * either end. `..` stops at the root, as in a container runtime's chroot.
 */
export function layerPath(bytes: Buffer): string {
  const path = pathText(bytes)
    .replace(/^(?:\.\/+)+/, '')
    .replace(/\/$/, '');
  return PLAIN.test(path) ? path : posix.resolve('/', path).slice(1);
}

/**
 * Decodes a path to text that JSON and the database accept: NUL, and bytes that are not valid UTF-8, are written as
 * `\x..`.
 */
export function pathText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const isUtf8 = !text.includes('\ufffd') || Buffer.from(text).equals(bytes);
  return isUtf8 ? text.replaceAll('\0', '\\x00') : escapeBytes(bytes);
}

function escapeBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    text += byte > 0 && byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
