import { CappedList } from '../capped-list.ts';
import type { LayerFacts } from '../contents.ts';
import type { TarEntry } from '../tar-reader.ts';
import { findPackageReader, isRpmDatabase } from './databases.ts';
import { GoBuildInfoScanner, goPackages } from './go.ts';
import { packageOfFileName } from './named-files.ts';
import { npmPackageFolder } from './npm.ts';
import type { LayerPackage, PackageReader } from './package.ts';
import { isPythonRecord, recordBytes } from './python.ts';

/** Twice as many as in the largest monorepo images. */
const MAX_PACKAGES = 100_000;
const MAX_UNREAD = 10_000;
const MAX_RECORD_BYTES = 16_777_216;

/** Collects the packages of a layer from its files as they pass. Holds one file's content at a time. */
export class PackageCollector {
  readonly #packages = new CappedList<LayerPackage>(MAX_PACKAGES);
  readonly #unread = new CappedList<LayerFacts['unread'][number]>(MAX_UNREAD);
  readonly #npmBytes = new Map<string, number>();
  readonly #recordBytes = new Map<string, number>();
  #reader: PackageReader | undefined;
  #content: Buffer[] | undefined;
  #go: GoBuildInfoScanner | undefined;

  open(entry: TarEntry): void {
    this.#reader = findPackageReader(entry.path);
    const isRecord = isPythonRecord(entry.path);
    const maxBytes = this.#reader?.maxBytes ?? (isRecord ? MAX_RECORD_BYTES : 0);
    this.#content = entry.size <= maxBytes ? [] : undefined;
    if (this.#reader && !this.#content) this.#unread.add({ path: entry.path, reason: 'size' });
    if (isRpmDatabase(entry.path)) this.#unread.add({ path: entry.path, reason: 'format' });
    this.#go = isProgram(entry) ? new GoBuildInfoScanner() : undefined;
  }

  /**
   * A hard link has no content of its own. If its target is not a file that declares packages, only its path can tell.
   */
  link({ path, target }: TarEntry): void {
    const reader = findPackageReader(path);
    if (!reader || reader.matches(target)) return;
    const named = reader.readLink?.(path);
    if (named) this.#packages.add(named);
    else this.#unread.add({ path, reason: 'link' });
  }

  data(piece: Buffer): void {
    this.#content?.push(Buffer.from(piece));
    this.#go?.push(piece);
  }

  close(entry: TarEntry): void {
    this.#countNpm(entry);
    const named = packageOfFileName(entry.path, entry.size);
    if (named) this.#packages.add(named);
    if (this.#content) this.#read(entry.path, Buffer.concat(this.#content));
    const info = this.#go?.found;
    if (info) for (const found of goPackages(info, entry.path, entry.size)) this.#packages.add(found);
    this.#content = undefined;
    this.#go = undefined;
  }

  finish(): Pick<LayerFacts, 'packages' | 'unread'> {
    const packages = this.#packages.items.map((found) => this.#withCountedBytes(found));
    return { packages, unread: this.#unread.items };
  }

  #read(path: string, content: Buffer): void {
    if (this.#reader) for (const found of this.#reader.read(path, content)) this.#packages.add(found);
    else if (isPythonRecord(path)) this.#recordBytes.set(folderOf(path), recordBytes(content));
  }

  #countNpm(entry: TarEntry): void {
    const folder = npmPackageFolder(entry.path);
    if (folder !== undefined) this.#npmBytes.set(folder, (this.#npmBytes.get(folder) ?? 0) + entry.size);
  }

  #withCountedBytes(found: LayerPackage): LayerPackage {
    const counts = found.ecosystem === 'npm' ? this.#npmBytes : this.#recordBytes;
    const bytes =
      found.ecosystem === 'npm' || found.ecosystem === 'pypi' ? counts.get(folderOf(found.path)) : undefined;
    return bytes === undefined ? found : { ...found, bytes };
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** No program linked by Go is smaller. */
const MIN_PROGRAM_BYTES = 65_536;

function isProgram(entry: TarEntry): boolean {
  return (entry.mode & 0o111) !== 0 && entry.size >= MIN_PROGRAM_BYTES;
}
