import data from '../../../config/packages.json' with { type: 'json' };
import { lookUp } from '../../common/look-up.ts';
import { type Command, hasOption, itemsOf, runs, setsOption, valuesOf } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { lastStage, type RunWords } from './compiled.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { runWith } from './mounts.ts';
import { buildPackageNote, buildPackages, compilerSteps, installStep } from './packages.ts';
import { countOptions } from './start-words.ts';

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
    `    ${['cargo build --release --locked', ...cargoOptions(facts)].join(' ')} && install -Ds target/release/${program} /out/${program}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

/** Packages of Debian that builds of Rust programs call, by their names in Alpine. */
const IN_ALPINE: Readonly<Record<string, readonly string[]>> = data.inAlpine;

/**
 * Returns the step that installs the Alpine packages for a build with musl, and a note on those without a known name.
 * The full image of Rust has OpenSSL's headers, which the crate native-tls needs.
 */
function muslSteps(facts: DockerfileFacts): readonly string[] {
  const { build } = facts.packages;
  const known = [
    ...(facts.mayLinkLibraries ? data.inAlpine['libssl-dev'] : []),
    ...build.flatMap((name) => lookUp(IN_ALPINE, name) ?? []),
  ];
  const unknown = build.filter((name) => lookUp(IN_ALPINE, name) === undefined);
  return [
    ...buildPackageNote({ ...facts, packages: { ...facts.packages, build: unknown } }),
    installStep(facts, ['musl-dev', ...known, ...buildPackages(facts)]),
  ];
}

/** Returns the options of the image's own build that choose the program and its features: `--features postgres`. */
function cargoOptions(facts: DockerfileFacts): readonly string[] {
  const build = cargoBuildOf(facts);
  if (build === undefined) return [];
  const choices = NAMES_PROGRAM.flatMap((option) => {
    const names = valuesOf(build, option).filter((name) => /^[\w-]+$/.test(name));
    return names.map((name) => `${option} ${name}`);
  });
  const features = itemsOf(valuesOf(build, '-F', '--features')).filter((name) => /^[\w/][\w/-]*$/.test(name));
  return [
    ...['--no-default-features', '--all-features'].filter((option) => hasOption(build, option)),
    ...choices,
    ...(features.length > 0 ? [`--features ${features.join(',')}`] : []),
  ];
}

/** Options that name the program, or the package with it. */
const NAMES_PROGRAM = ['-p', '--package', '--bin'];

/** Returns the command that built the program: the last that names it, else the last build. Tools may be installed too. */
function cargoBuildOf({ commands, program }: DockerfileFacts): Command | undefined {
  const builds = commands.filter(
    (command) =>
      runs(command, ['cargo'], ['build']) || (runs(command, ['cargo'], ['install']) && setsOption(command, '--path')),
  );
  const names = (command: Command): boolean => valuesOf(command, ...NAMES_PROGRAM).includes(program);
  return builds.findLast(names) ?? builds.at(-1);
}

/** Options of Cargo that take the next word as their value. */
const TAKES_VALUE: ReadonlySet<string> = new Set(
  (
    '-p -F -j -Z --bin --example --package --features --target --target-dir --manifest-path --profile --jobs --config ' +
    '--color'
  ).split(' '),
);

/**
 * Splits the words of `cargo run`: `["run", "--release", "--bin", "api", "--", "--port", "80"]`.
 * @returns undefined if the first word is not `run`
 */
function cargoRun(words: readonly string[]): RunWords | undefined {
  if (words[0] !== 'run') return undefined;
  const end = 1 + countOptions(words.slice(1), TAKES_VALUE);
  return { build: words.slice(1, end), args: words.slice(words[end] === '--' ? end + 1 : end) };
}

/** Replaces a start by `cargo run` with the binary that it builds, named as its options say, else `app`. */
function withoutCargoRun(facts: DockerfileFacts): DockerfileFacts {
  const run = facts.program === 'cargo' ? cargoRun(argsOf(facts)) : undefined;
  if (run === undefined) return facts;
  const build = { program: 'cargo', words: ['build', ...run.build], folder: facts.workdir };
  // A package may have several binaries; without --bin, the binary has the name of its package.
  const names = valuesOf(build, '--bin', '-p', '--package');
  const program = names.find((name) => /^[\w-]+$/.test(name)) ?? 'app';
  return { ...facts, program, programArgs: run.args, cmd: [], commands: [build] };
}
