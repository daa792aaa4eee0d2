import { lookUp } from '../../classify/look-up.ts';
import type { PlacedCommand } from '../../policy/paths.ts';
import { type Command, hasOption, runs, setsOption, valuesOf } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { scriptNote, settingLines, startLines } from './closing.ts';
import { withoutCargoRun, withoutGoRun } from './compiled-start.ts';
import { baseName, type Copy, contextFolderOf, folderBelow, isAmong, sourceSteps } from './copies.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { linkerFlags } from './linker-flags.ts';
import { runWith } from './mounts.ts';
import { buildPackageNote, buildPackages, compilerSteps, installStep, runPackages } from './packages.ts';

/**
 * Returns a Dockerfile for Go: a static binary on an empty or small base. With cgo, it is built and run on the same
 * distribution.
 */
export function goDockerfile(image: DockerfileFacts): string {
  const facts = withoutGoRun(image);
  const { release, linksLibraries: cgo, program } = facts;
  const suite = cgo && facts.base !== 'alpine-base' ? DEBIAN : `alpine${ALPINE}`;
  const build = mainBuildOf(facts);
  const root = moduleFolderOf(facts, build);
  const folder = folderBelow(build?.folder ?? root, { folder: root });
  const isInside = folder !== '' && !facts.copies.some(namesModule);
  const mainPackage = isInside ? mainPackageOf(build) : below(folder, mainPackageOf(build));
  const from = contextFolderOf(GO_MODULE, { ...facts, folder: root });
  const modules = [`${from}go.mod`, `${from}go.sum`];
  const { flags, args } = linkerFlags(build);
  // With several packages, -o names a folder, in which each program is named after its package's folder.
  const output = ALL_PACKAGES.test(mainPackage) ? '/out/' : `/out/${program}`;
  return [
    `FROM golang:${release}-${suite} AS build`,
    ...(cgo ? compilerSteps(facts) : gitStep(facts)),
    'WORKDIR /src',
    // The module may be that of the sources, of the folder, or of one between them: Go finds it.
    ...(isInside ? [] : [`COPY ${from}go.mod ${from}go.su[m] ./`, `${runWith(facts, GO_MODULES)} go mod download`]),
    ...(from === '' ? ['COPY . .'] : sourceSteps({ ...facts, folder: root }, (source) => isAmong(modules, source))),
    ...cgoNote(facts),
    ...(args.length > 0 ? ['# Give these to the build, as --build-arg.', ...args.map((name) => `ARG ${name}`)] : []),
    `${runWith(facts, GO_MODULES, '/root/.cache/go-build')} \\`,
    `    ${isInside ? `cd ${folder} && ` : ''}CGO_ENABLED=${cgo ? 1 : 0} go build -trimpath${tagsOf(build)} -ldflags="${flags}" -o ${output} ${mainPackage}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

const GO_MODULES = '/go/pkg/mod';
const GO_MODULE = /^go\.(?:mod|\*)$/;

/** Returns the folder of the image that go.mod was copied to, else that of the whole context or of the build. */
function moduleFolderOf({ copies, folder }: DockerfileFacts, build: PlacedCommand<string> | undefined): string {
  const holds = ({ into }: Copy): boolean => `${build?.folder ?? folder}/`.startsWith(into === '/' ? into : `${into}/`);
  const above = copies.filter(holds);
  const copy = above.find(namesModule) ?? above.find(({ isContext }) => isContext) ?? above[0];
  return copy?.into ?? build?.folder ?? folder;
}

function namesModule({ sources }: Copy): boolean {
  return sources.some((source) => GO_MODULE.test(baseName(source)));
}

/** Returns a package that was named in a folder as it is named above: `./cmd/api` for `.` in `cmd/api`. */
function below(folder: string, name: string): string {
  return folder === '' || !name.startsWith('.') ? name : `./${folder}${name === '.' ? '' : name.slice(1)}`;
}

/** Returns the step that installs git, if the image's own build had it: Go fetches private modules by it. */
function gitStep(facts: DockerfileFacts): readonly string[] {
  return facts.packages.build.includes('git') ? [installStep({ ...facts, base: 'alpine-base' }, ['git'])] : [];
}

/** Returns a note that cgo is off, if the image's own build may have used it: Go's SQLite driver fails only when called. */
function cgoNote({ mayLinkLibraries, release }: DockerfileFacts): readonly string[] {
  if (!mayLinkLibraries) return [];
  return [
    `# Without cgo. If a package needs it, as go-sqlite3 does, set CGO_ENABLED=1, build on golang:${release}-${DEBIAN}, and run on debian:${DEBIAN}-slim.`,
  ];
}

const ALL_PACKAGES = /\.\.\.$/;

/** Returns the command that built the program: the last that names it, else the last build. Tools may be built too. */
function mainBuildOf({ commands, program }: DockerfileFacts): PlacedCommand<string> | undefined {
  const builds = commands.filter((command) => runs(command, ['go'], ['build', 'install']));
  const names = (command: Command): boolean =>
    [...valuesOf(command, '-o'), command.words.at(-1) ?? ''].some((path) => baseName(path) === program);
  return builds.findLast(names) ?? builds.findLast(({ words }) => words.includes('build')) ?? builds.at(-1);
}

/** Returns the package that the build named (`./cmd/status`, `cmd/status/main.go`, or a full import path), else `.`. */
function mainPackageOf(build: Command | undefined): string {
  const last = build?.words.at(-1) ?? '';
  if (last.endsWith('.go')) return folderOfFile(last);
  return /^(?:\.\/|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)[\w./-]*$/.test(last) ? last : '.';
}

/** Returns the build's `-tags` option, whose list may be separated by spaces. */
function tagsOf(build: Command | undefined): string {
  const lists = ['-tags', '--tags'].flatMap((option) => (build ? valuesOf(build, option) : []));
  const tags = listOf(lists.slice(-1)).filter((tag) => /^[\w.]+$/.test(tag));
  return tags.length > 0 ? ` -tags=${tags.join(',')}` : '';
}

/** Returns the items of lists that are separated by commas or spaces. */
function listOf(lists: readonly string[]): readonly string[] {
  return lists.flatMap((list) => list.split(/[\s,]+/));
}

function folderOfFile(file: string): string {
  const folder = file.replace(/^\.\//, '').replace(/\/?[^/]*$/, '');
  return /^[\w./-]+$/.test(folder) ? `./${folder}` : '.';
}

/**
 * Returns a Dockerfile for Rust: linked statically with musl, so that it needs no base. With C libraries, it is built
 * and run on the same distribution.
 */
export function rustDockerfile(image: DockerfileFacts): string {
  const facts = withoutCargoRun(image);
  const { program } = facts;
  const isDebian = facts.linksLibraries && facts.base !== 'alpine-base';
  return [
    `FROM rust:${facts.release}-${isDebian ? DEBIAN : `alpine${ALPINE}`} AS build`,
    ...(isDebian ? compilerSteps(facts) : muslSteps({ ...facts, base: 'alpine-base' })),
    'WORKDIR /src',
    'COPY . .',
    ...(image.program === 'cargo' && program === 'app'
      ? ['# Replace "app" with the name of the binary in Cargo.toml.']
      : []),
    `${runWith(facts, '/usr/local/cargo/registry', '/src/target')} \\`,
    `    cargo build --release --locked${cargoOptions(facts)} && install -Ds target/release/${program} /out/${program}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

const OPENSSL = ['pkgconf', 'openssl-dev', 'openssl-libs-static'];

/** Packages of Debian that builds of Rust programs call, by their names in Alpine. */
const IN_ALPINE: Readonly<Record<string, readonly string[]>> = {
  'libssl-dev': OPENSSL,
  'openssl-dev': OPENSSL,
  'protobuf-compiler': ['protobuf-dev'],
  cmake: ['cmake', 'make', 'g++'],
  git: ['git'],
};

/**
 * Returns the step that installs the Alpine packages for a build with musl, and a note on those without a known name.
 * The full image of Rust has OpenSSL's headers, which the crate native-tls needs.
 */
function muslSteps(facts: DockerfileFacts): readonly string[] {
  const { build } = facts.packages;
  const known = [...(facts.mayLinkLibraries ? OPENSSL : []), ...build.flatMap((name) => lookUp(IN_ALPINE, name) ?? [])];
  const unknown = build.filter((name) => lookUp(IN_ALPINE, name) === undefined);
  return [
    ...buildPackageNote({ ...facts, packages: { ...facts.packages, build: unknown } }),
    installStep(facts, ['musl-dev', ...known, ...buildPackages(facts)]),
  ];
}

/** Returns the options of the image's own build that choose the program and its features: ` --features postgres`. */
function cargoOptions(facts: DockerfileFacts): string {
  const build = cargoBuildOf(facts);
  if (build === undefined) return '';
  const flags = ['--no-default-features', '--all-features'].filter((option) => hasOption(build, option));
  const choices = ['-p', '--package', '--bin'].flatMap((option) =>
    valuesOf(build, option).map((value) => [option, value] as const),
  );
  const features = listOf(['-F', '--features'].flatMap((option) => valuesOf(build, option))).filter((name) =>
    /^[\w/][\w/-]*$/.test(name),
  );
  return [
    ...flags,
    ...choices.flatMap(([option, value]) => (/^[\w-]+$/.test(value) ? [`${option} ${value}`] : [])),
    ...(features.length > 0 ? [`--features ${features.join(',')}`] : []),
  ]
    .map((option) => ` ${option}`)
    .join('');
}

/** Returns the command that built the program: the last that names it, else the last build. Tools may be installed too. */
function cargoBuildOf({ commands, program }: DockerfileFacts): Command | undefined {
  const builds = commands.filter(
    (command) =>
      runs(command, ['cargo'], ['build']) || (runs(command, ['cargo'], ['install']) && setsOption(command, '--path')),
  );
  const names = (command: Command): boolean =>
    ['--bin', '-p', '--package'].some((option) => valuesOf(command, option).includes(program));
  return builds.findLast(names) ?? builds.at(-1);
}

/** Returns the last stage, which holds the binary. */
function lastStage(facts: DockerfileFacts): string[] {
  const { program, programArgs, isEntrypoint, cmd } = facts;
  const path = `/usr/local/bin/${program}`;
  // The program is named by its path, since an empty image has no PATH to search.
  const start = startLines({ entrypoint: [path, ...programArgs], cmd: isEntrypoint ? cmd : [] });
  return [
    ...lastImage(facts),
    ...workdirOf(facts),
    ...environmentLines(facts),
    `COPY --from=build /out/${program} ${path}`,
    'USER 65532:65532',
    ...settingLines({ ...facts, health: healthAt(path, facts) }),
    ...scriptNote(facts),
    ...start,
  ];
}

/** Returns the health check; a program that checks its own health is named by its new path. */
function healthAt(path: string, { health, program }: DockerfileFacts): DockerfileFacts['health'] {
  const [checker = '', ...more] = health?.words ?? [];
  return health && baseName(checker) === program ? { ...health, words: [path, ...more] } : health;
}

/** Returns the WORKDIR, since the program may read files by relative paths; none if the image's is a build folder. */
function workdirOf({ workdir }: DockerfileFacts): string[] {
  const isOfBuild = /^\/(?:go|src|build|usr\/src)(?:\/|$)/.test(workdir);
  return [
    '# Also copy from /src the files that the program reads, such as templates.',
    ...(isOfBuild ? [] : [`WORKDIR ${workdir}`]),
  ];
}

const CERTIFICATES = 'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/';

/** Returns the start of the last stage. Debian's slim image and an empty one lack certificates, so they are copied. */
function lastImage(facts: DockerfileFacts): readonly string[] {
  const { base } = facts;
  const standsAlone = !facts.linksLibraries && !facts.needsDistribution;
  if (base === 'alpine-base') return [`FROM alpine:${ALPINE}`, ...runPackages(facts)];
  if (base === 'distroless-base' && standsAlone) return ['FROM gcr.io/distroless/static-debian13:nonroot'];
  if (base === 'scratch-base' && standsAlone) return ['FROM scratch', CERTIFICATES];
  return [`FROM debian:${DEBIAN}-slim`, ...runPackages(facts), CERTIFICATES];
}
