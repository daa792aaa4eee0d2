import { baseName, isWithin, withoutDotSlash } from '../../policy/paths.ts';
import { type Command, itemsOf, type PlacedCommand, runs, valuesOf } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { lastStage, type RunWords } from './compiled.ts';
import { type Copy, contextFolderOf, folderBelow, isAmong } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import { argumentLines, environmentLines } from './environment.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { linkerFlags } from './linker-flags.ts';
import { runWith } from './mounts.ts';
import { compilerSteps, installStep } from './packages.ts';
import { countOptions } from './start-words.ts';

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
  const mainPackage = build === undefined ? usualPackageOf(program) : mainPackageOf(build);
  const from = contextFolderOf(GO_MODULE, { ...facts, folder: root });
  const modules = [`${from}go.mod`, `${from}go.sum`];
  const { flags, args } = linkerFlags(build);
  const isVendored = hasVendored(facts, build);
  // With several packages, -o names a folder, in which each program is named after its package's folder.
  const output = ALL_PACKAGES.test(mainPackage) ? '/out/' : `/out/${program}`;
  const options = [
    ...(isVendored ? ['-mod=vendor'] : []),
    '-trimpath',
    ...tagsOf(build),
    `-ldflags="${flags}"`,
    `-o ${output}`,
  ];
  return [
    `FROM golang:${release}-${suite} AS build`,
    ...environmentLines({ env: facts.registries }),
    ...(cgo ? compilerSteps(facts) : gitStep(facts)),
    'WORKDIR /src',
    // The module may be that of the sources, of the folder, or of one between them: Go finds it.
    ...(isInside || isVendored
      ? []
      : [`COPY ${from}go.mod ${from}go.su[m] ./`, `${runWith(facts, GO_MODULES)} go mod download`]),
    ...(from === '' ? ['COPY . .'] : sourceSteps({ ...facts, folder: root }, (source) => isAmong(modules, source))),
    ...cgoNote(facts),
    ...argumentLines(args),
    `${runWith(facts, GO_MODULES, '/root/.cache/go-build')} \\`,
    `    ${folder === '' ? '' : `cd ${folder} && `}CGO_ENABLED=${cgo ? 1 : 0} go build ${options.join(' ')} ${mainPackage}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

const GO_MODULES = '/go/pkg/mod';
const GO_MODULE = /^go\.(?:mod|\*)$/;

/** Returns the folder of the image that go.mod was copied to, else that of the whole context or of the build. */
function moduleFolderOf({ copies, folder }: DockerfileFacts, build: PlacedCommand<string> | undefined): string {
  const above = copies.filter(({ into }) => isWithin(build?.folder ?? folder, into));
  const copy = above.find(namesModule) ?? above.find(({ isContext }) => isContext) ?? above[0];
  return copy?.into ?? build?.folder ?? folder;
}

function namesModule({ sources }: Copy): boolean {
  return sources.some((source) => GO_MODULE.test(baseName(source)));
}

/** Whether the modules are beside the sources, in `vendor`: there may be none, or no way, to download them. */
function hasVendored({ copies }: DockerfileFacts, build: Command | undefined): boolean {
  const isCopied = copies.some(({ into }) => baseName(into) === 'vendor');
  return isCopied || (build !== undefined && valuesOf(build, '-mod', '--mod').includes('vendor'));
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

/** Returns the package that the build named in its folder (`./cmd/status`, `cmd/status/main.go`, or a full import path), else `.`. */
function mainPackageOf(build: Command | undefined): string {
  const last = build?.words.at(-1) ?? '';
  if (last.endsWith('.go')) return folderOfFile(last);
  return /^(?:\.\/|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)[\w./-]*$/.test(last) ? last : '.';
}

/** Returns the package of a program that an earlier stage built: the one that is named so below `cmd`, if there is one. */
function usualPackageOf(program: string): string {
  return `"$([ -d cmd/${program} ] && echo ./cmd/${program} || echo .)"`;
}

/** Returns the build's `-tags` option, whose list may be separated by spaces; none if it has none. */
function tagsOf(build: Command | undefined): readonly string[] {
  const lists = build ? valuesOf(build, '-tags', '--tags') : [];
  const tags = itemsOf(lists.slice(-1)).filter((tag) => /^[\w.]+$/.test(tag));
  return tags.length > 0 ? [`-tags=${tags.join(',')}`] : [];
}

function folderOfFile(file: string): string {
  const folder = withoutDotSlash(file).replace(/\/?[^/]*$/, '');
  return /^[\w./-]+$/.test(folder) ? `./${folder}` : '.';
}

/** Options of Go that take the next word as their value. */
const TAKES_VALUE: ReadonlySet<string> = new Set(
  '-tags -ldflags -gcflags -asmflags -mod -modfile -overlay -p -toolexec -exec -buildmode -C'
    .split(' ')
    .flatMap((option) => [option, `-${option}`]),
);

/**
 * Splits the words of `go run`: `["run", "-tags", "prod", "./cmd/api", "--port", "80"]`. Go's own words end with the
 * package or its files.
 * @returns undefined if the words do not run a package
 */
export function goRun(words: readonly string[]): RunWords | undefined {
  const first = 1 + countOptions(words.slice(1), TAKES_VALUE);
  if (words[0] !== 'run' || first >= words.length) return undefined;
  let end = first + 1;
  while (words[first]?.endsWith('.go') && words[end]?.endsWith('.go')) end++;
  return { build: words.slice(1, end), args: words.slice(end) };
}

/** Programs that build a Go program again, and start it, whenever its sources change. */
const RELOADERS = /^(?:air|reflex|CompileDaemon|fresh)$/;

/** Replaces a start by `go run`, or by a program that builds again, with the program that it builds. */
function withoutGoRun(facts: DockerfileFacts): DockerfileFacts {
  if (RELOADERS.test(facts.program)) return { ...facts, program: 'app', programArgs: [], cmd: [] };
  if (facts.program !== 'go') return facts;
  const fromProgramArgs = goRun(facts.programArgs);
  const run = fromProgramArgs ?? goRun(argsOf(facts));
  if (run === undefined) return facts;
  const build = { program: 'go', words: ['build', ...run.build], folder: facts.workdir };
  return { ...facts, program: 'app', programArgs: run.args, cmd: fromProgramArgs ? facts.cmd : [], commands: [build] };
}
