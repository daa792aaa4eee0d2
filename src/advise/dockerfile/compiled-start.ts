import { valuesOf } from '../../policy/shell.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';

/** The words of `go run` or `cargo run`, split into those of the build and those of the program. */
export interface RunSources {
  /** The build's options, and for Go the package or files. */
  readonly build: readonly string[];
  /** The program's arguments. */
  readonly args: readonly string[];
}

/** Options that take the next word as their value. */
const GO_VALUES = /^--?(?:tags|ldflags|gcflags|asmflags|mod|modfile|overlay|p|toolexec|exec|buildmode|C)$/;
const CARGO_VALUES =
  /^(?:-[pFjZ]|--(?:bin|example|package|features|target|target-dir|manifest-path|profile|jobs|config|color))$/;

/**
 * Splits the words of `go run`: `["run", "-tags", "prod", "./cmd/api", "--port", "80"]`. Go's own words end with the
 * package or its files.
 * @returns undefined if the words do not run a package
 */
export function goRun(words: readonly string[]): RunSources | undefined {
  if (words[0] !== 'run') return undefined;
  const first = afterOptions(words, GO_VALUES);
  if (first >= words.length) return undefined;
  let end = first + 1;
  while (words[first]?.endsWith('.go') && words[end]?.endsWith('.go')) end++;
  return { build: words.slice(1, end), args: words.slice(end) };
}

/**
 * Splits the words of `cargo run`: `["run", "--release", "--bin", "api", "--", "--port", "80"]`.
 * @returns undefined if the first word is not `run`
 */
export function cargoRun(words: readonly string[]): RunSources | undefined {
  if (words[0] !== 'run') return undefined;
  const end = afterOptions(words, CARGO_VALUES);
  return { build: words.slice(1, end), args: words.slice(words[end] === '--' ? end + 1 : end) };
}

/** Returns the index of the first word after the options that follow `run`. */
function afterOptions(words: readonly string[], takesValue: RegExp): number {
  let at = 1;
  for (let word = words[at]; word?.startsWith('-') && word !== '--'; word = words[at]) {
    at += takesValue.test(word) ? 2 : 1;
  }
  return Math.min(at, words.length);
}

/** Programs that build a Go program again, and start it, whenever its sources change. */
const RELOADERS = /^(?:air|reflex|CompileDaemon|fresh)$/;

/** Replaces a start by `go run`, or by a program that builds again, with the program that it builds. */
export function withoutGoRun(facts: DockerfileFacts): DockerfileFacts {
  if (RELOADERS.test(facts.program)) return { ...facts, program: 'app', programArgs: [], cmd: [] };
  if (facts.program !== 'go') return facts;
  const fromProgramArgs = goRun(facts.programArgs);
  const run = fromProgramArgs ?? goRun(argsOf(facts));
  if (run === undefined) return facts;
  const build = { program: 'go', words: ['build', ...run.build], folder: facts.workdir };
  return { ...facts, program: 'app', programArgs: run.args, cmd: fromProgramArgs ? facts.cmd : [], commands: [build] };
}

/** Replaces a start by `cargo run` with the binary that it builds, named as its options say, else `app`. */
export function withoutCargoRun(facts: DockerfileFacts): DockerfileFacts {
  if (facts.program !== 'cargo') return facts;
  const run = cargoRun(argsOf(facts));
  if (run === undefined) return facts;
  const build = { program: 'cargo', words: ['build', ...run.build], folder: facts.workdir };
  // A package may have several binaries; without --bin, the binary has the name of its package.
  const names = ['--bin', '-p', '--package'].flatMap((option) => valuesOf(build, option));
  const program = names.find((name) => /^[\w-]+$/.test(name)) ?? 'app';
  return { ...facts, program, programArgs: run.args, cmd: [], commands: [build] };
}
