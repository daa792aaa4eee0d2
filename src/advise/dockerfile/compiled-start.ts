import { type Command, valuesOf } from '../../policy/shell.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';

/** What `go run` or `cargo run` starts: built before, it is a binary. */
export interface RunSources {
  /** The options that choose what is built, and what they choose. */
  readonly build: readonly string[];
  /** What the program gets. */
  readonly args: readonly string[];
}

/** Options whose value is the next word. */
const GO_VALUES = /^--?(?:tags|ldflags|gcflags|asmflags|mod|modfile|overlay|p|toolexec|exec|buildmode|C)$/;
const CARGO_VALUES =
  /^(?:-[pFjZ]|--(?:bin|example|package|features|target|target-dir|manifest-path|profile|jobs|config|color))$/;

/** `["run", "-tags", "prod", "./cmd/api", "--port", "80"]`: the package, or its files, end what Go takes for itself. */
export function goRun(words: readonly string[]): RunSources | undefined {
  if (words[0] !== 'run') return undefined;
  const first = afterOptions(words, GO_VALUES);
  if (first >= words.length) return undefined;
  let end = first + 1;
  while (words[first]?.endsWith('.go') && words[end]?.endsWith('.go')) end++;
  return { build: words.slice(1, end), args: words.slice(end) };
}

/** `["run", "--release", "--bin", "api", "--", "--port", "80"]` */
export function cargoRun(words: readonly string[]): RunSources | undefined {
  if (words[0] !== 'run') return undefined;
  const end = afterOptions(words, CARGO_VALUES);
  return { build: words.slice(1, end), args: words.slice(words[end] === '--' ? end + 1 : end) };
}

/** Where the options that follow `run` end. */
function afterOptions(words: readonly string[], takesValue: RegExp): number {
  let at = 1;
  for (let word = words[at]; word?.startsWith('-') && word !== '--'; word = words[at]) {
    at += takesValue.test(word) ? 2 : 1;
  }
  return Math.min(at, words.length);
}

/** The image of `go run` as that of the program it builds. */
export function withoutGo(facts: DockerfileFacts): DockerfileFacts {
  if (facts.program !== 'go') return facts;
  const own = goRun(facts.programArgs);
  const run = own ?? goRun(argsOf(facts));
  if (run === undefined) return facts;
  const build: Command = { program: 'go', words: ['build', ...run.build] };
  return { ...facts, program: 'app', programArgs: run.args, cmd: own ? facts.cmd : [], commands: [build] };
}

/** The image of `cargo run` as that of its binary, by the name that it is asked for. */
export function withoutCargo(facts: DockerfileFacts): DockerfileFacts {
  if (facts.program !== 'cargo') return facts;
  const run = cargoRun(argsOf(facts));
  if (run === undefined) return facts;
  const build: Command = { program: 'cargo', words: run.build };
  // A package may hold several; one that is not told is called as its package.
  const names = ['--bin', '-p', '--package'].flatMap((option) => valuesOf(build, option));
  const program = names.find((name) => /^[\w-]+$/.test(name)) ?? 'app';
  return { ...facts, program, programArgs: run.args, cmd: [] };
}
