import { baseName } from '../../policy/paths.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { runnerOf } from './package-managers.ts';

/** Options of uv, Poetry and Pipenv that take the next word as their value. */
const TAKES_VALUE: ReadonlySet<string> = new Set(
  (
    '-p -P -C -w -i -f --with --with-editable --with-requirements --extra --no-extra --group --no-group --only-group ' +
    '--python --package --index --default-index --index-url --extra-index-url --find-links --index-strategy ' +
    '--env-file --directory --project --color --cache-dir --config-file --link-mode --resolution --prerelease ' +
    '--upgrade-package --refresh-package --reinstall-package --config-setting --keyring-provider --exclude-newer'
  ).split(' '),
);
/** Options with which uv runs a Python module. */
const MODULE = ['-m', '--module'];
const SOURCE = /\.pyw?$/;

/**
 * Returns the command that `uv run`, `poetry run` or `pipenv run` starts: `["uvicorn", "app:app"]` for
 * `["run", "--frozen", "uvicorn", "app:app"]`.
 * @param words the words after the runner's name
 * @returns undefined if they do not start anything
 */
function startedByRunner(words: readonly string[]): readonly string[] | undefined {
  const [run, ...rest] = withoutOptions(words);
  if (run !== 'run') return undefined;
  const [first = '', ...more] = withoutOptions(rest);
  if (first === '') return undefined;
  if (first === '--') return more.length > 0 ? more : undefined;
  if (MODULE.includes(first)) return ['python', '-m', ...more];
  return SOURCE.test(first) ? ['python', first, ...more] : [first, ...more];
}

/** A runner where a command of a script may begin, with options that take no value, and what it starts. */
const RUNNER_IN_SCRIPT =
  /(^\s*|[;&|({]\s*|\bexec\s+)(?:uv|poetry|pipenv)\s+run\s+(?:(?:-[qv]|--(?:frozen|locked|no-dev|no-sync|offline|quiet)|--)\s+)*(\w[^\s;&|]*)/g;

/** Replaces such runs in a shell's script: `alembic upgrade head && uvicorn app:app`. */
function scriptWithoutRunner(word: string): string {
  if (!/\s/.test(word)) return word;
  return word.replace(
    RUNNER_IN_SCRIPT,
    (_, before, started) => `${before}${SOURCE.test(started) ? 'python ' : ''}${started}`,
  );
}

/** Drops the runner's leading options, up to `-m` or `--`, which introduce what it runs. */
function withoutOptions(words: readonly string[]): readonly string[] {
  return words.slice(countOptions(words, TAKES_VALUE, MODULE));
}

/**
 * Returns how many of the first words are options and their values, up to `--`.
 * @param takesValue the options whose value is the next word
 * @param introduces options that introduce what is run, and end the others
 */
export function countOptions(
  words: readonly string[],
  takesValue: ReadonlySet<string>,
  introduces: readonly string[] = [],
): number {
  let at = 0;
  for (let word = words[0]; word?.startsWith('-') && word !== '--' && !introduces.includes(word); word = words[at]) {
    at += takesValue.has(word) ? 2 : 1;
  }
  return Math.min(at, words.length);
}

/** Replaces a start by uv, Poetry or Pipenv with what it starts: the last stage has no runner, only the environment. */
export function withoutRunner({ entrypoint, cmd, ...rest }: DockerfileFacts): DockerfileFacts {
  const facts = { ...rest, entrypoint: entrypoint.map(scriptWithoutRunner), cmd: cmd.map(scriptWithoutRunner) };
  if (!['uv', 'poetry', 'pipenv'].includes(facts.program)) return facts;
  const fromProgramArgs = startedByRunner(facts.programArgs);
  const start = fromProgramArgs ?? startedByRunner(argsOf(facts));
  if (start === undefined) return facts;
  const program = baseName(start[0] ?? '');
  if (!facts.isEntrypoint) return { ...facts, program, cmd: start };
  return fromProgramArgs ? { ...facts, program, entrypoint: start } : { ...facts, program, entrypoint: [], cmd: start };
}

/** A script of package.json, but no command of pnpm or yarn that is named like one. */
const SCRIPT_NAME = /^(?!(?:dlx|install|i|add|workspaces?)$)[a-z][\w:.-]*$/;
/** Programs of dependencies, which pnpm and yarn start by their names, too. */
const OF_DEPENDENCIES = /^(?:next|nuxt|nest|ng|vite|strapi|directus|medusa|remix-serve|tsx|ts-node|nodemon|prisma)$/;

/**
 * Starts by npm, which comes with Node.js, what the image starts by pnpm or yarn: the last stage has no pnpm, and no
 * yarn from version 2 on, nor any from Node.js 26 on.
 */
export function startedByNpm(facts: DockerfileFacts): DockerfileFacts {
  if (!/^(?:pnpm|yarn)$/.test(facts.program)) return facts;
  const namesNoScript = /^\S+(?: run)?$/.test(facts.entrypoint.join(' '));
  const [entrypoint, cmd] = namesNoScript
    ? [[], byNpm([...facts.entrypoint, ...facts.cmd])]
    : [byNpm(facts.entrypoint), byNpm(facts.cmd)];
  const program = [entrypoint, cmd].flatMap(([first = '']) => (/^(?:npm|npx|node)$/.test(first) ? first : []))[0];
  if (program === undefined) return facts;
  // Without this, npm takes the options of the command for its own.
  const separator = entrypoint[0] === 'npm' && cmd.length > 0 && !entrypoint.includes('--') ? ['--'] : [];
  return { ...facts, entrypoint: [...entrypoint, ...separator], cmd, program };
}

/** Starts by npx or bunx, which find it among the project's packages, a tool that a global package put on the image's PATH. */
export function startedByNpx(facts: DockerfileFacts): DockerfileFacts {
  const named = facts.isEntrypoint ? facts.entrypoint : facts.cmd;
  // Behind an init program and its options: `tini -- nest start`.
  const at = named.indexOf(facts.program);
  if (!OF_DEPENDENCIES.test(facts.program) || at < 0) return facts;
  const words = named.toSpliced(at, 0, runnerOf(facts));
  return facts.isEntrypoint ? { ...facts, entrypoint: words } : { ...facts, cmd: words };
}

function byNpm(words: readonly string[]): readonly string[] {
  const [program = '', ...rest] = words;
  if (!/^(?:pnpm|yarn)$/.test(baseName(program))) return words;
  const [name = '', ...args] = rest[0] === 'run' ? rest.slice(1) : rest;
  if (name === 'workspace') return scriptByNpm(args.slice(1), ['-w', args[0] ?? '']) ?? words;
  if (name === 'node') return [name, ...args];
  if (name === 'exec') return ['npx', ...args];
  if (OF_DEPENDENCIES.test(name)) return ['npx', name, ...args];
  return scriptByNpm([name, ...args]) ?? words;
}

function scriptByNpm(words: readonly string[], options: readonly string[] = []): readonly string[] | undefined {
  const [name = '', ...args] = words[0] === 'run' ? words.slice(1) : words;
  if (!SCRIPT_NAME.test(name)) return undefined;
  return ['npm', ...(name === 'start' ? [] : ['run']), name, ...options, ...(args.length > 0 ? ['--', ...args] : [])];
}

const IN_ENVIRONMENT = /^\/(?:.*\/)?\.?(?:v|virtual)?env\/bin\/[\w.-]+$/;
const ON_PATH = /^(?:(?:\/usr(?:\/local)?)?|\/.*\/\.local)\/bin\/[\w.-]+$/;
const INTERPRETER = /^\/(?:.*\/)?bin\/(?:node|python[\d.]*)$/;
const NUMBERED_PYTHON = /^python\d*\.\d+$/;

/**
 * Replaces the paths of programs by their names: in the generated image, virtual environments and other program folders
 * are elsewhere, but on the PATH.
 */
export function withProgramNames(facts: DockerfileFacts): DockerfileFacts {
  const { entrypoint, cmd, health } = facts;
  const named = (words: readonly string[]) => words.map((word) => nameOf(word, facts));
  return {
    ...facts,
    entrypoint: named(entrypoint),
    cmd: named(cmd),
    health: health && { ...health, words: named(health.words) },
  };
}

/** Init programs, which Debian and Alpine keep in different folders. */
const INIT = /^(?:\/usr)?\/s?bin\/(?:tini|dumb-init)$/;

function nameOf(word: string, { program }: DockerfileFacts): string {
  const name = baseName(word);
  const isElsewhere =
    IN_ENVIRONMENT.test(word) || INTERPRETER.test(word) || INIT.test(word) || (name === program && ON_PATH.test(word));
  if (!isElsewhere && word !== program) return word;
  return NUMBERED_PYTHON.test(name) ? 'python' : name;
}
