import { anyOf } from '../common/any-of.ts';

/**
 * The paths of each area; the first that matches counts. They are the tools' own defaults, for root and for users:
 * Debian apt.conf(5) Dir::State::lists and Dir::Cache; apk-cache(5); dnf.conf(5) cachedir; zypper(8), "Caching"; `pip
 * cache dir`; conda's pkgs_dirs; `npm config get cache`; `yarn cache dir`; `pnpm store path`; Maven settings reference,
 * localRepository; Gradle "Directories and files"; `go env GOCACHE GOMODCACHE`; The Cargo Book, "Cargo Home"; `composer
 * config cache-dir`; NuGet global-packages; the Filesystem Hierarchy Standard for documentation, logs and temporary files.
 */
const AREA_PATHS = [
  ['apt-lists', /^var\/lib\/apt\/lists\//],
  ['apt-archives', /^var\/cache\/apt\//],
  ['apk-cache', /^(?:var\/cache\/apk|etc\/apk\/cache)\//],
  ['yum-cache', /^var\/cache\/(?:yum|dnf|libdnf5|microdnf|tdnf|zypp)\//],
  ['pip-cache', /(?:^|\/)\.cache\/(?:pip|uv|pypoetry)\//],
  ['conda-cache', /(?:^|\/)\.?\w*(?:conda|mamba|miniforge|mambaforge)\d*\/pkgs\//],
  ['npm-cache', /(?:^|\/)\.npm\/_/],
  ['yarn-cache', /(?:^|\/)(?:\.cache\/yarn|\.yarn\/berry\/cache)\//],
  ['pnpm-store', /(?:^|\/)(?:\.local\/share\/pnpm|\.pnpm-store|\.cache\/pnpm)\//],
  ['maven-cache', /(?:^|\/)\.m2\/repository\//],
  ['gradle-cache', /(?:^|\/)\.gradle\/(?:caches|wrapper)\//],
  ['go-build-cache', /(?:^|\/)\.cache\/go-build\//],
  ['go-module-cache', /(?:^|\/)go\/pkg\/mod\//],
  ['cargo-cache', /(?:^|\/)\.?cargo\/(?:registry|git)\//],
  ['composer-cache', /(?:^|\/)\.(?:cache\/composer|composer\/cache)\//],
  ['gem-cache', /(?:^|\/)(?:usr\/local\/bundle|gems\/[\d.]+|ruby\/[\d.]+)\/cache\//],
  ['nuget-cache', /(?:^|\/)\.nuget\/packages\//],
  ['version-control', /(?:^|\/)\.(?:git|hg|svn)\//],
  ['debug-symbols', /^usr\/lib\/debug\/|\.(?:debug|dwo|dwp|pdb)$|\.dSYM\//],
  // Except files named copyright: licences require them, and slim bases keep them.
  ['documentation', /^usr\/(?:local\/)?share\/(?:doc\/(?!(?:.*\/)?copyright$)|(?:man|info|gtk-doc|doc-base)\/)/],
  ['locales', /^usr\/(?:share\/(?:locale|i18n)|lib\/locale)\//],
  ['source-maps', /\.(?:js|mjs|cjs|css|ts)\.map$/],
  ['dependency-tests', /(?:^|\/)(?:node_modules|site-packages)\/(?:.*\/)?(?:tests?|__tests__)\//],
  ['logs', /^var\/log\//],
  ['temporary', /^(?:var\/)?tmp\//],
] as const satisfies readonly (readonly [string, RegExp])[];

/** A kind of content that many images could do without. */
export type Area = (typeof AREA_PATHS)[number][0];

/** Most files are in no area: one combined pattern finds that out in a fifth of the time of two dozen. */
const ANY_AREA = anyOf(AREA_PATHS.map(([, place]) => place));

/** Finds the area of a file. @param path relative to the root; undefined is returned for a file in no area */
export function areaOf(path: string): Area | undefined {
  return ANY_AREA.test(path) ? AREA_PATHS.find(([, place]) => place.test(path))?.[0] : undefined;
}
