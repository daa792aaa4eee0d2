import table from '../../../config/distros.json' with { type: 'json' };
import { lookUp } from '../../common/look-up.ts';
import { sum } from '../../common/sum.ts';
import type { Context } from '../context.ts';

/** Tags by Windows build number. @see config/distros.json, "windowsBuilds" */
const TAGS: Readonly<Record<string, string>> = table.windowsBuilds;
/** Compressed. Nano Server has 0.1 to 0.4 GB, Server Core 1.3 to 2.8 GB; Windows and Windows Server are larger. */
const NANO_LIMIT_BYTES = 600_000_000;
const CORE_LIMIT_BYTES = 3_000_000_000;

/**
 * The name of the Windows image at the bottom: the release by `os.version`, the edition by the size of its layers.
 * Empty if either is unknown.
 */
export function windowsNames({ input, stack, history }: Context): readonly string[] {
  const build = (input.config.osVersion ?? '').split('.')[2] ?? '';
  const tag = lookUp(TAGS, build);
  if (tag === undefined) return [];
  const layers = input.manifest.layers.slice(0, Math.max(1, Math.min(stack.rootfs?.end ?? 1, history.steps.length)));
  const bytes = sum(layers.map(({ size }) => size));
  if (bytes === 0 || bytes >= CORE_LIMIT_BYTES) return [];
  if (bytes >= NANO_LIMIT_BYTES) return [`mcr.microsoft.com/windows/servercore:${tag}`];
  // The tag of Nano Server 2019 is its release number.
  return [`mcr.microsoft.com/windows/nanoserver:${tag === 'ltsc2019' ? '1809' : tag}`];
}
