import { type LayerPackage, packageText } from './package.ts';

const JAR = /^([A-Za-z][\w.-]*?)-(\d[\w.+-]*?)\.jar$/;
const GEM = /^([\w.-]+?)-(\d[\w.]*)(?:-[\w-]+)?\.gemspec$/;
const GEM_FOLDER = /(?:^|\/)specifications\/(?:default\/)?$/;
/**
 * Linux has no longer file names (limits.h, NAME_MAX). Without a limit, finding the version takes time quadratic in the
 * length.
 */
const MAX_NAME = 255;

/**
 * Recognises a package by its file name: `NAME-VERSION.jar`, with the jar's size, or a gem's `NAME-VERSION.gemspec`.
 */
export function packageOfFileName(path: string, bytes: number): LayerPackage | undefined {
  const at = path.lastIndexOf('/') + 1;
  if (path.length - at > MAX_NAME) return undefined;
  const name = path.slice(at);
  if (name.endsWith('.jar')) return named('maven', JAR.exec(name), { bytes, path });
  if (name.endsWith('.gemspec') && GEM_FOLDER.test(path.slice(0, at))) return named('gem', GEM.exec(name), { path });
  return undefined;
}

function named(
  ecosystem: 'maven' | 'gem',
  match: RegExpExecArray | null,
  file: { bytes?: number; path: string },
): LayerPackage | undefined {
  const [, name, version] = match ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { ecosystem, name: packageText(name), version: packageText(version), ...file };
}
