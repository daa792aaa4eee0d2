import { type LayerPackage, packageText } from './package.ts';

const JAR = /(?:^|\/)([A-Za-z][\w.-]*?)-(\d[\w.+-]*?)\.jar$/;
const GEM = /(?:^|\/)specifications\/(?:default\/)?([\w.-]+?)-(\d[\w.]*)(?:-[\w-]+)?\.gemspec$/;

/** A package whose file name says all: `NAME-VERSION.jar` with the jar's size, `NAME-VERSION.gemspec` of a gem. */
export function packageOfFileName(path: string, bytes: number): LayerPackage | undefined {
  if (path.endsWith('.jar')) return named('maven', JAR.exec(path), { bytes, path });
  if (path.endsWith('.gemspec')) return named('gem', GEM.exec(path), { path });
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
