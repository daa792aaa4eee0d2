import { closeSync, createReadStream, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DEFAULT_LAYER_LIMITS } from '../deep/limits.ts';
import { type TarEntry, TarReader, type TarSink } from '../deep/tar/tar-reader.ts';
import { PRIVATE } from '../make-folder.ts';

/**
 * Unpacks an empty embedded database into a folder as a stream. PGlite itself would hold several copies of all of it in
 * memory, for the rest of the process.
 */
export async function unpackTemplate(templateFile: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: PRIVATE });
  const reader = new TarReader(new FolderWriter(folder), DEFAULT_LAYER_LIMITS);
  await pipeline(createReadStream(templateFile), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) reader.write(chunk);
  });
  reader.end();
}

/** Writes folders and files as they come; the template contains nothing else. */
class FolderWriter implements TarSink {
  readonly #folder: string;
  #file: number | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  open({ kind, path }: TarEntry): void {
    if (kind === 'directory') mkdirSync(join(this.#folder, path), { recursive: true });
    else if (kind === 'file') this.#file = openSync(join(this.#folder, path), 'wx');
  }

  data(piece: Buffer): void {
    // Writes all of it or throws; a plain write may write a part only, without an error, when the disk is full.
    if (this.#file !== undefined) writeFileSync(this.#file, piece);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
