import { createHash, type Hash, hash } from 'node:crypto';
import { CappedList } from './capped-list.ts';
import type { FileSize, LayerContents, LayerFacts, OsRelease } from './contents.ts';
import { EntryWriter } from './entries.ts';
import { OS_RELEASE_MAX_BYTES, OS_RELEASE_PATHS, parseOsRelease } from './os-release.ts';
import { PackageCollector } from './packages/collector.ts';
import { isSensitive, needsContent } from './sensitive.ts';
import type { TarEntry, TarSink } from './tar/tar-reader.ts';
import { findWhiteout } from './whiteout.ts';

/** Maximum length of lists that are far shorter for any honest layer. */
const MAX_ROWS = 10_000;
const HASH_HEX = 16;

/** The facts that only the reader of the stream knows. */
type StreamFacts = Pick<LayerFacts, 'diffId' | 'tarBytes'>;

/**
 * Collects the contents of a layer from its tar in one pass. Holds no file contents except those of small files that
 * are inspected.
 */
export class LayerInspector implements TarSink {
  readonly #entries = new EntryWriter();
  readonly #packages = new PackageCollector();
  readonly #setuid = new CappedList<{ path: string; mode: number }>(MAX_ROWS);
  readonly #sensitive = new CappedList<FileSize>(MAX_ROWS);
  readonly #releases = new CappedList<OsRelease>(MAX_ROWS);
  #whiteouts = 0;
  #entry: TarEntry | undefined;
  #hash: Hash | undefined;
  #hex = '';
  /** The content of the current file, if it is inspected. */
  #content: Buffer[] | undefined;

  open(entry: TarEntry): void {
    this.#entry = entry;
    this.#hash = undefined;
    this.#hex = '';
    if (findWhiteout(entry.path)) this.#whiteouts++;
    if (entry.kind !== 'file') return;
    const isWanted = this.#packages.open(entry) || isRelease(entry) || needsContent(entry.path, entry.size);
    this.#content = isWanted ? [] : undefined;
  }

  data(piece: Buffer): void {
    if (this.#entry?.size === piece.length) this.#hex = hash('sha256', piece, 'hex').slice(0, HASH_HEX);
    else this.#hashPiece(piece);
    this.#content?.push(Buffer.from(piece));
    this.#packages.data(piece);
  }

  close(): void {
    const entry = this.#entry;
    if (!entry) return;
    if (this.#hash) this.#hex = this.#hash.digest('hex').slice(0, HASH_HEX);
    this.#entries.add({ ...entry, hash: this.#hex });
    if (entry.kind === 'file') this.#closeFile(entry);
    else if (entry.kind === 'hardlink') this.#packages.link(entry);
  }

  finish(stream: StreamFacts): LayerContents {
    return {
      ...stream,
      whiteouts: this.#whiteouts,
      setuid: this.#setuid.items,
      sensitive: this.#sensitive.items,
      releases: this.#releases.items,
      ...this.#packages.finish(),
      entries: this.#entries.finish(),
    };
  }

  #hashPiece(piece: Buffer): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(piece);
  }

  #closeFile(entry: TarEntry): void {
    const { path, size: bytes, mode } = entry;
    if (isSetuid(mode)) this.#setuid.add({ path, mode });
    const content = this.#content && Buffer.concat(this.#content);
    this.#content = undefined;
    if (isSensitive(path, content)) this.#sensitive.add({ path, bytes });
    if (content && isRelease(entry)) this.#releases.add(parseOsRelease(path, content));
    this.#packages.close(entry, content);
  }
}

function isRelease({ path, size }: TarEntry): boolean {
  return OS_RELEASE_PATHS.includes(path) && size <= OS_RELEASE_MAX_BYTES;
}

/**
 * Whether an executable runs with its owner's permissions, or with its group's. Setgid on a file that its group cannot
 * execute means mandatory locking.
 */
function isSetuid(mode: number): boolean {
  const byOwner = (mode & 0o4000) !== 0 && (mode & 0o111) !== 0;
  const byGroup = (mode & 0o2010) === 0o2010;
  return byOwner || byGroup;
}
