import { CappedList } from '../capped-list.ts';
import type { LayerFacts } from '../contents.ts';
import type { TarEntry } from '../tar/tar-reader.ts';
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

/** Collects the packages of a layer from its files as they pass. */
export class PackageCollector {
  readonly #packages = new CappedList<LayerPackage>(MAX_PACKAGES);
  readonly #unread = new CappedList<LayerFacts['unread'][number]>(MAX_UNREAD);
  /** Bytes of packages whose manifests do not state them, by the folder that holds the manifest. */
  readonly #countedBytes = { npm: new Map<string, number>(), pypi: new Map<string, number>() };
  #reader: PackageReader | undefined;
  #go: GoBuildInfoScanner | undefined;

  /** Begins a file. @returns whether {@link PackageCollector.close} needs its content */
  open(entry: TarEntry): boolean {
    const { path, size } = entry;
    this.#go = isProgram(entry) ? new GoBuildInfoScanner() : undefined;
    this.#reader = findPackageReader(path);
    if (isRpmDatabase(path)) this.#unread.add({ path, reason: 'format' });
    if (!this.#reader) return isPythonRecord(path) && size <= MAX_RECORD_BYTES;
    if (size > this.#reader.maxBytes) this.#unread.add({ path, reason: 'size' });
    return size <= this.#reader.maxBytes;
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
    this.#go?.push(piece);
  }

  /** Ends a file. @param content undefined where {@link PackageCollector.open} did not ask for it */
  close(entry: TarEntry, content: Buffer | undefined): void {
    this.#countNpm(entry);
    const named = packageOfFileName(entry.path, entry.size);
    if (named) this.#packages.add(named);
    if (content) this.#read(entry.path, content);
    const info = this.#go?.found;
    if (info) for (const found of goPackages(info, entry.path, entry.size)) this.#packages.add(found);
  }

  finish(): Pick<LayerFacts, 'packages' | 'unread'> {
    const packages = this.#packages.items.map((found) => this.#withCountedBytes(found));
    return { packages, unread: this.#unread.items };
  }

  #read(path: string, content: Buffer): void {
    if (this.#reader) for (const found of this.#reader.read(path, content)) this.#packages.add(found);
    else if (isPythonRecord(path)) this.#countedBytes.pypi.set(folderOf(path), recordBytes(content));
  }

  #countNpm(entry: TarEntry): void {
    const folder = npmPackageFolder(entry.path);
    const { npm } = this.#countedBytes;
    if (folder !== undefined) npm.set(folder, (npm.get(folder) ?? 0) + entry.size);
  }

  #withCountedBytes(found: LayerPackage): LayerPackage {
    const { ecosystem, path } = found;
    const isCounted = ecosystem === 'npm' || ecosystem === 'pypi';
    const bytes = isCounted ? this.#countedBytes[ecosystem].get(folderOf(path)) : undefined;
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
