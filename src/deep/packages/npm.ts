import { findJsonObject } from '../../oci/json.ts';
import { type PackageReader, packageText } from './package.ts';

const MODULES = 'node_modules/';
const MANIFEST = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
/** Manifests that pnpm links from its store. @see pnpm.io, "Symlinked node_modules structure" */
const LINKED = /(?:^|\/)node_modules\/\.pnpm\/([^/]+)\/node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/;

/** Packages below a `node_modules`; their sizes are counted in the layer. @see docs.npmjs.com, package.json */
export const npm: PackageReader = {
  matches: (path) => path.endsWith('/package.json') && MANIFEST.test(path),
  maxBytes: 1_048_576,
  read: (path, content) => {
    const manifest = findJsonObject(content);
    const name = textOf(manifest?.name);
    return name === '' ? [] : [{ ecosystem: 'npm', name, version: textOf(manifest?.version), path }];
  },
  readLink: (path) => {
    const [, folder = '', name = ''] = LINKED.exec(path) ?? [];
    const version = versionIn(folder, name);
    return version === '' ? undefined : { ecosystem: 'npm', name: packageText(name), version, path };
  },
};

/** Finds the folder of the innermost package that a file belongs to; undefined outside of any `node_modules`. */
export function npmPackageFolder(path: string): string | undefined {
  const at = path.lastIndexOf(MODULES);
  if (at < 0 || (at > 0 && path[at - 1] !== '/')) return undefined;
  const from = at + MODULES.length;
  const scopeEnd = path[from] === '@' ? path.indexOf('/', from) : from;
  const end = scopeEnd < 0 ? -1 : path.indexOf('/', scopeEnd + 1);
  return end < 0 ? undefined : path.slice(0, end);
}

/**
 * Parses the version from `NAME@VERSION`, where a slash in a name is written as a plus. The packages that it was
 * resolved with may follow.
 * @returns the empty string when the folder has another name
 */
function versionIn(folder: string, name: string): string {
  const start = `${name.replace('/', '+')}@`;
  return folder.startsWith(start) ? packageText(/^\d[^_(]*/.exec(folder.slice(start.length))?.[0]) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? packageText(value) : '';
}
