import { type LayerPackage, packageText } from './package.ts';

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const HEADER_BYTES = 32;
const FLAGS_AT = 15;
const INLINE_STRINGS = 2;
/** The length of the sentinels before and after the module text. */
const SENTINEL_BYTES = 16;
const MAX_INFO_BYTES = 2_097_152;
const MAX_VERSION_BYTES = 256;

/**
 * Finds the build information that Go's linker writes into an executable, while the executable streams past.
 * Executables built by Go before 1.18 refer to it by pointers, and are not read.
 * @see golang/go, src/debug/buildinfo/buildinfo.go
 */
export class GoBuildInfoScanner {
  #tail = Buffer.alloc(0);
  #kept: Buffer | undefined;
  #found: GoBuildInfo | undefined;

  get found(): GoBuildInfo | undefined {
    return this.#found ?? (this.#kept ? parseBuildInfo(this.#kept) : undefined);
  }

  push(piece: Buffer): void {
    if (this.#found) return;
    const before = this.#kept ?? this.#tail;
    let bytes = before.length > 0 ? Buffer.concat([before, piece]) : piece;
    this.#kept = undefined;
    // The magic also occurs in programs that look for it, such as the Go tool itself.
    for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, MAGIC.length)) {
      bytes = bytes.subarray(at);
      if (!isComplete(bytes)) {
        this.#kept = Buffer.from(bytes);
        return;
      }
      this.#found = parseBuildInfo(bytes);
      if (this.#found) return;
    }
    this.#tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - MAGIC.length + 1)));
  }
}

/** The Go version and the modules that an executable was built from, the main module first. */
export interface GoBuildInfo {
  readonly goVersion: string;
  readonly modules: readonly { readonly name: string; readonly version: string }[];
}

/**
 * Converts build information to packages: the main module, with the executable's size, the modules built into it, and
 * the standard library. Without modules, the executable itself stands for the main module.
 */
export function goPackages(info: GoBuildInfo, path: string, bytes: number): readonly LayerPackage[] {
  const modules = info.modules.map((module, at): LayerPackage => {
    return { ecosystem: 'go', ...module, ...(at === 0 ? { bytes } : {}), path };
  });
  const program = modules.length === 0 ? [{ ecosystem: 'go' as const, name: path, version: '', bytes, path }] : modules;
  return [...program, { ecosystem: 'go', name: 'stdlib', version: info.goVersion, path }];
}

/** Whether everything that {@link parseBuildInfo} looks at is there, or as much of it as is ever held. */
function isComplete(bytes: Buffer): boolean {
  if (bytes.length < HEADER_BYTES + MAX_VERSION_BYTES) return false;
  const end = stringsOf(bytes)?.end ?? 0;
  return end <= bytes.length || bytes.length >= MAX_INFO_BYTES;
}

function parseBuildInfo(bytes: Buffer): GoBuildInfo | undefined {
  const strings = stringsOf(bytes);
  if (!strings || strings.end > bytes.length) return undefined;
  const goVersion = packageText(bytes.toString('utf8', strings.version.from, strings.version.to));
  if (!/^(?:go\d|devel)/.test(goVersion)) return undefined;
  const { from, to } = strings.modules;
  const text = to - from > 2 * SENTINEL_BYTES ? bytes.toString('utf8', from + SENTINEL_BYTES, to - SENTINEL_BYTES) : '';
  return { goVersion, modules: modulesOf(text) };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Locates the two strings; undefined when they are not inline. Their ends may be beyond the bytes at hand. */
function stringsOf(bytes: Buffer): { version: Span; modules: Span; end: number } | undefined {
  if (bytes.length < HEADER_BYTES || ((bytes[FLAGS_AT] ?? 0) & INLINE_STRINGS) === 0) return undefined;
  const version = spanAt(bytes, HEADER_BYTES);
  if (version.to - version.from > MAX_VERSION_BYTES) return undefined;
  const modules = spanAt(bytes, version.to);
  return { version, modules, end: modules.to };
}

/** Locates a string that follows its length, an unsigned varint. If the length is incomplete, the end is infinite. */
function spanAt(bytes: Buffer, at: number): Span {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { from: at + index + 1, to: at + index + 1 + length };
  }
  return { from: at, to: Number.POSITIVE_INFINITY };
}

/** Parses lines of `mod` or `dep`, name, version and checksum; a line of `=>` replaces the module before it. */
function modulesOf(text: string): readonly { name: string; version: string }[] {
  const modules: { name: string; version: string }[] = [];
  for (const line of text.split('\n')) {
    const [kind, name, version] = line.split('\t');
    const module = { name: packageText(name), version: packageText(version) };
    if (kind === 'mod' || kind === 'dep') modules.push(module);
    else if (kind === '=>' && modules.length > 0) modules[modules.length - 1] = module;
  }
  return modules;
}
