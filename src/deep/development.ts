import table from '../../config/files.json' with { type: 'json' };
import { anyOf } from '../common/any-of.ts';
import type { LayerPackage } from './packages/package.ts';

const TOOLS = table.tools.map(({ tool, path }) => ({ tool, path: new RegExp(path) }));

/** Finds the compiler or build tool that a file belongs to; undefined if there is none. */
export function toolOf(path: string): string | undefined {
  return TOOLS.find((tool) => tool.path.test(path))?.tool;
}

const NPM_DEVELOPMENT = anyOf(table.npmForDevelopment.map((names) => new RegExp(names)));
const PYPI_DEVELOPMENT =
  /^(?:pytest|tox|nox|black|flake8|pylint|mypy|ruff|isort|coverage|pre[-_]commit|ipython|sphinx)$/i;
/** The suffix of packages of header files and static libraries in Debian and Alpine. */
const OS_DEVELOPMENT = /-dev$/;

/** Packages installed with Node.js itself. Sources under `usr/src` belong to the image's own application. */
const BUNDLED_WITH_NODE = /^usr\/(?!src\/)/;

/** Whether a package is needed for development only. */
export function isDevelopmentPackage({ ecosystem, name, path }: LayerPackage): boolean {
  if (ecosystem === 'npm') return NPM_DEVELOPMENT.test(name) && !BUNDLED_WITH_NODE.test(path);
  if (ecosystem === 'pypi') return PYPI_DEVELOPMENT.test(name);
  return (ecosystem === 'deb' || ecosystem === 'apk') && OS_DEVELOPMENT.test(name);
}
