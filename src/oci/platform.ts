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

/** Whether a platform is among those wanted; a wanted platform without a variant takes any variant (arm64 is arm64/v8). */
export function platformMatches(platform: Platform, selection: PlatformSelection): boolean {
  return isWantedPlatform(formatPlatform(platform), selection);
}

/** The same of a platform's name, which an index may have made up; SQL's `is_wanted_platform` answers as this does. */
export function isWantedPlatform(name: string, selection: PlatformSelection): boolean {
  return selection === 'all' || selection.some((wanted) => `${name}/`.startsWith(`${formatPlatform(wanted)}/`));
}
