import { anyOf } from '../common/any-of.ts';
import type { LayerPackage } from './packages/package.ts';

/** Compilers and build tools, by where Debian, Alpine, Fedora and the official images install them. */
const TOOLS: readonly (readonly [string, RegExp])[] = [
  [
    'gcc',
    /^usr\/(?:lib|libexec)\/gcc\/|^usr\/bin\/(?:[\w-]+-linux-(?:gnu|musl)\w*-)?(?:gcc|g\+\+|c\+\+|cc|cpp)(?:-\d+)?$/,
  ],
  ['clang', /^usr\/(?:lib\/llvm[\w.-]*\/)?bin\/clang(?:\+\+)?(?:-\d+)?$/],
  ['go', /^usr\/(?:local|lib)\/go\//],
  ['rust', /^usr\/local\/(?:rustup|cargo)\/|^usr\/bin\/(?:rustc|cargo)$/],
  ['make', /^usr\/bin\/(?:g?make|cmake|ninja|meson)$/],
  ['maven', /^usr\/share\/(?:maven|java\/maven[\w.-]*)\//],
  ['gradle', /^opt\/gradle\//],
  ['.net sdk', /^usr\/(?:share|lib)\/dotnet\/sdk\//],
];

/** Finds the compiler or build tool that a file belongs to; undefined if there is none. */
export function toolOf(path: string): string | undefined {
  return TOOLS.find(([, place]) => place.test(path))?.[0];
}

/** npm packages that run tests or check or compile sources, with their plug-ins and types. */
const NPM_DEVELOPMENT = anyOf([
  /^(?:typescript|ts-node|tsx|nodemon|webpack|webpack-cli|rollup|vite|esbuild)$/,
  /^(?:mocha|chai|jest|vitest|jasmine|karma|cypress|playwright|sinon|supertest|nyc|c8)$/,
  /^(?:eslint|prettier|husky|lint-staged|@biomejs\/biome)$|^eslint-(?:plugin|config)-/,
  /^(?:@types|@typescript-eslint|@jest|@vitest|@playwright|@swc)\//,
]);
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
