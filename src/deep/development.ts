import type { LayerPackage } from './packages/package.ts';

/** Compilers and build drivers, by where Debian, Alpine, Fedora and the official images put them. */
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

/** The compiler or build driver that a file belongs to, or undefined. */
export function toolOf(path: string): string | undefined {
  return TOOLS.find(([, place]) => place.test(path))?.[0];
}

/** Packages of npm that run tests, check or compile sources; their plug-ins and types go with them. */
const NPM_DEVELOPMENT =
  /^(?:typescript|ts-node|tsx|eslint|prettier|mocha|chai|jest|vitest|jasmine|karma|cypress|playwright|nodemon|webpack|webpack-cli|rollup|vite|esbuild|nyc|c8|sinon|supertest|husky|lint-staged|@biomejs\/biome)$|^(?:@types|@typescript-eslint|@jest|@vitest|@playwright|@swc)\/|^eslint-(?:plugin|config)-/;
const PYPI_DEVELOPMENT =
  /^(?:pytest|tox|nox|black|flake8|pylint|mypy|ruff|isort|coverage|pre[-_]commit|ipython|sphinx)$/i;
/** Header files and static libraries, by the suffix of Debian and Alpine. */
const OS_DEVELOPMENT = /-dev$/;

/** What comes with Node itself; sources that are built under `usr/src` are the image's own. */
const OF_NODE = /^usr\/(?!src\/)/;

/** Whether only development needs a package. */
export function isDevelopmentPackage({ ecosystem, name, path }: LayerPackage): boolean {
  if (ecosystem === 'npm') return NPM_DEVELOPMENT.test(name) && !OF_NODE.test(path);
  if (ecosystem === 'pypi') return PYPI_DEVELOPMENT.test(name);
  return (ecosystem === 'deb' || ecosystem === 'apk') && OS_DEVELOPMENT.test(name);
}
