import { InvalidReferenceError } from '../errors.ts';
import { isObject, readOptionalString } from './json.ts';

/**
 * An operating system and CPU architecture, as written in a descriptor or config.
 * @see image-spec, image-index.md, "platform"
 */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** The platforms that an audit reads: a list, or `all`. */
export type PlatformSelection = readonly Platform[] | 'all';

/** The platform that most images run on, by name: the one that counts where none is asked for. */
export const DEFAULT_PLATFORM = 'linux/amd64';

/** `linux/amd64`, `linux/arm/v7`. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant ? `${base}/${platform.variant}` : base;
}

/** The platform that {@link formatPlatform} named, also of an image that does not say which it is for. */
export function platformNamed(name: string): Platform {
  const [os = '', architecture = '', variant] = name.split('/');
  return variant ? { os, architecture, variant } : { os, architecture };
}

/** Parses a platform. @throws InvalidReferenceError when the text is not `os/architecture[/variant]` */
export function parsePlatform(text: string): Platform {
  if (!/^[\w.-]+\/[\w.-]+(?:\/[\w.-]+)?$/.test(text))
    throw new InvalidReferenceError(
      `"${text}" is not a platform: expected for example linux/amd64, linux/arm64 or linux/arm/v7`,
    );
  return platformNamed(text);
}

/** Reads a descriptor's platform from JSON; undefined if os or architecture is missing. */
export function readPlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const os = readOptionalString(value.os);
  const architecture = readOptionalString(value.architecture);
  if (!os || !architecture) return undefined;
  const variant = readOptionalString(value.variant);
  return { os, architecture, ...(variant ? { variant } : {}) };
}

/** Aliases of architectures; some imply a variant. */
const ARCHITECTURES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['i386', ['386', '']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** The variants that an architecture stands for when none is given. */
const DEFAULT_VARIANTS: ReadonlySet<string> = new Set(['amd64/v1', 'arm64/v8']);

/** A platform by its canonical name. @see containerd/platforms, database.go, `normalizeOS` and `normalizeArch` */
function normalized({ os, architecture, variant = '' }: Platform): Platform {
  const system = os.toLowerCase().replace(/^macos$/, 'darwin');
  const alias = architecture.toLowerCase();
  const [name, stated = variant.toLowerCase()] = ARCHITECTURES.get(alias) ?? [alias];
  const full = name.startsWith('arm') ? stated.replace(/^[5-8]$/, 'v$&') : stated;
  const isDefault = DEFAULT_VARIANTS.has(`${name}/${full}`);
  return { os: system, architecture: name, ...(full && !isDefault ? { variant: full } : {}) };
}

/** A platform's name for matching against a selection: `linux/arm64` for `linux/arm64/v8`, too. Never printed. */
export function comparedName(platform: Platform): string {
  const { os, architecture, variant = architecture === 'arm' ? 'v7' : '' } = normalized(platform);
  return formatPlatform({ os, architecture, variant });
}

/** The names to match {@link comparedName} against, or null for all. `linux/arm` matches any variant, not just v7. */
export function wantedNames(selection: PlatformSelection): string[] | null {
  return selection === 'all' ? null : [...new Set(selection.map((wanted) => formatPlatform(normalized(wanted))))];
}

/** Whether a selection includes a platform; a selected platform without a variant includes all its variants. */
export function platformMatches(platform: Platform, selection: PlatformSelection): boolean {
  return isWantedName(comparedName(platform), selection);
}

/** {@link platformMatches} for a stored {@link comparedName}. SQL's `is_wanted_platform` must give the same answers. */
export function isWantedName(compared: string, selection: PlatformSelection): boolean {
  return wantedNames(selection)?.some((wanted) => `${compared}/`.startsWith(`${wanted}/`)) ?? true;
}

/** Whether an image is for Windows. */
export function isWindows({ os }: Pick<Platform, 'os'>): boolean {
  return os === 'windows';
}
