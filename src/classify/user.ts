import type { ImageConfig } from '../oci/image-config.ts';
import { isWindows } from '../oci/platform.ts';

/**
 * Whether an image runs as uid 0, by the user part of its USER. Undefined on Windows, and for a name other than root,
 * which may map to any uid.
 */
export function runsAsRoot(config: Pick<ImageConfig, 'os' | 'user'>): boolean | undefined {
  if (isWindows(config)) return undefined;
  const name = config.user.split(':', 1)[0]?.trim() ?? '';
  if (name === '' || name === 'root') return true;
  return /^\d+$/.test(name) ? Number(name) === 0 : undefined;
}
