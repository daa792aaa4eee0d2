import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import type { Text } from './write-destination.ts';

/**
 * Writes a temporary file in the same folder, flushes it, and renames it, so that the path always names a whole file.
 * It follows symbolic links, also to a file that does not exist yet, and grants no more permissions than an existing
 * file had. A device or a pipe is written to directly, because the rename would replace it by a file.
 */
export async function writeFileAtomically(path: string, text: Text, signal: AbortSignal): Promise<void> {
  const existing = await stat(path).catch(undefinedIfMissing);
  if (existing && !existing.isFile()) return writeInto(path, text, { flags: 'w', signal });
  const target = existing ? await realpath(path) : await linkedPath(path);
  await makeFolder(dirname(target));
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await writeInto(temporary, text, { flags: 'wx', mode: existing && existing.mode & 0o777, signal });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** Follows links that end at a missing file; `stat` has refused those that lead to themselves. */
async function linkedPath(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : linkedPath(resolve(dirname(path), link));
}

interface OpenOptions {
  /** `wx`: the file is new. */
  readonly flags: 'w' | 'wx';
  /** The permissions of a new file; default: what the process grants. */
  readonly mode?: number | undefined;
  readonly signal: AbortSignal;
}

async function writeInto(path: string, text: Text, { flags, mode, signal }: OpenOptions): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await writeText(file, text, signal);
    // Devices and pipes have nothing to flush.
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

const BUFFER_BYTES = 1_048_576;

/** Writes text as UTF-8, through one buffer: a new one for each piece of a large report was a twentieth of its time. */
async function writeText(file: FileHandle, text: Text, signal: AbortSignal): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let used = 0;
  for await (const piece of text) {
    signal.throwIfAborted();
    if (used + Buffer.byteLength(piece) > BUFFER_BYTES) {
      await writeBytes(file, buffer.subarray(0, used));
      used = 0;
    }
    if (Buffer.byteLength(piece) > BUFFER_BYTES) await writeBytes(file, Buffer.from(piece));
    else used += buffer.write(piece, used);
  }
  await writeBytes(file, buffer.subarray(0, used));
}

async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
