import { InvalidReferenceError } from '../errors.ts';
import { isObject, readOptionalString } from './json.ts';

/** @see image-spec, image-index.md, "platform" */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** Which platforms an audit reads: some, or `all`. */
export type PlatformSelection = readonly Platform[] | 'all';

/** `linux/amd64`, `linux/arm/v7`; Windows versions are told apart elsewhere. */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant ? `${base}/${platform.variant}` : base;
}

/** @throws InvalidReferenceError when the text is no `os/architecture[/variant]` */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || variant === '' || rest.length > 0 || /[^\w./-]/.test(text)) {
    throw new InvalidReferenceError(
      `"${text}" is no platform: write for example linux/amd64, linux/arm64 or linux/arm/v7`,
    );
  }
  return variant ? { os, architecture, variant } : { os, architecture };
}

/** The platform of a descriptor or config; undefined where os or architecture is missing. */
export function readPlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const os = readOptionalString(value.os);
  const architecture = readOptionalString(value.architecture);
  if (!os || !architecture) return undefined;
  const variant = readOptionalString(value.variant);
  const osVersion = readOptionalString(value['os.version']);
  return { os, architecture, ...(variant ? { variant } : {}), ...(osVersion ? { osVersion } : {}) };
}

/** Architectures by other names, some of which say the variant. */
const ARCHITECTURES: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['i386', ['386', '']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** What an architecture means without a variant. */
const PLAIN: ReadonlySet<string> = new Set(['amd64/v1', 'arm64/v8']);

/** One platform's many names made one. @see containerd/platforms, database.go, `normalizeOS` and `normalizeArch` */
function normalized({ os, architecture, variant = '' }: Platform): Platform {
  const system = os.toLowerCase().replace(/^macos$/, 'darwin');
  const written = architecture.toLowerCase();
  const [name, said = variant.toLowerCase()] = ARCHITECTURES.get(written) ?? [written];
  const full = name.startsWith('arm') ? said.replace(/^[5-8]$/, 'v$&') : said;
  return { os: system, architecture: name, ...(full && !PLAIN.has(`${name}/${full}`) ? { variant: full } : {}) };
}

/** The name that a platform is compared by with those wanted: `linux/arm64` for `linux/arm64/v8`, too. Nothing prints it. */
export function comparedName(platform: Platform): string {
  const { os, architecture, variant = architecture === 'arm' ? 'v7' : '' } = normalized(platform);
  return formatPlatform({ os, architecture, variant });
}

/** The names that {@link comparedName} is compared with, or null for all; `linux/arm` takes any variant, not v7 alone. */
export function wantedNames(selection: PlatformSelection): string[] | null {
  return selection === 'all' ? null : [...new Set(selection.map((wanted) => formatPlatform(normalized(wanted))))];
}

/** Whether a platform is among those wanted; a wanted platform without a variant takes any variant. */
export function platformMatches(platform: Platform, selection: PlatformSelection): boolean {
  return isWantedName(comparedName(platform), selection);
}

/** The same of a name that was kept to be compared; SQL's `is_wanted_platform` answers as this does. */
export function isWantedName(compared: string, selection: PlatformSelection): boolean {
  return wantedNames(selection)?.some((wanted) => `${compared}/`.startsWith(`${wanted}/`)) ?? true;
}
