import { absolutePath } from './paths.ts';

/** One simple command of a shell script: `FOO=1 /usr/bin/apt-get -y update` is `apt-get` with `-y`, `update`. */
export interface Command {
  /** The program's name without its folder; for Python and pip also without the version: `pip3.12` is `pip`. */
  readonly program: string;
  /** Its arguments, without quotes; those that were quoted may contain spaces. */
  readonly words: readonly string[];
  /** Variables set for this command alone, before its name: `NODE_ENV=production`. */
  readonly variables?: readonly string[];
  /** How many more subshells begin with it than end with it: 1 for `(cd web`, -1 for `yarn)`; undefined for none. */
  readonly subshells?: number;
}

/** Words before a command that do not affect what it leaves in the image. */
const PREFIXES = new Set(
  (
    'if then else elif do while until ! { } ( time exec command sudo env nice eval sh ' +
    'bash ash /bin/sh /bin/bash /usr/bin/env corepack npx bunx'
  ).split(' '),
);

const CONTINUATION = /\\\n/g;
/** Redirections such as `> /dev/null` and `2>&1`, but not the version in `"fastapi >= 0.100"`. */
const REDIRECTION = /(?<=\s)[\d&]?>{1,2}(?!=)(?:&\d|[ \t]*[^\s;|&]+)/g;
const SEPARATOR = /&&|\|\||[;|&\n]/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
const QUOTED = /["'()]/;
/** A word with its quoted parts, which may contain spaces: `--features="tls metrics"`. */
const WORD = /(?:"[^"]*"|'[^']*'|\S)+/g;
const QUOTED_PART = /"([^"]*)"|'([^']*)'/g;
/** A quoted word or value, within which other quotes are text: `NODE_ENV='"production"'`. */
const QUOTED_VALUE = /^(?:[^"'()]*=)?(?:"[^"]*"|'[^']*')$/;
/** Parentheses of subshells, and quotes whose other half a separator split off. */
const OPENING = /^["'(]+/;
const CLOSING = /(?<!["')])["')]+$/;
const VERSIONED = /^(python|pip)[\d.]+$/;
/** How deep scripts in quotes may be within others; only hostile ones are deeper. */
const MAX_NESTED = 3;

/**
 * Returns the simple commands of a RUN's script in order, including those in conditions and loops. An approximation in
 * time linear in the script's length: separators within quotes split too, so that `sh -c "a && b"` yields both
 * commands.
 * @param script shell text, or the JSON array of the exec form
 */
export function parseScript(script: string): readonly Command[] {
  const words = execForm(script);
  if (words) return asList(commandOf(words));
  return normaliseScript(script)
    .split(SEPARATOR)
    .flatMap((part) => {
      const command = commandOf(wordsIn(part));
      const subshells = part.split('(').length - part.split(')').length;
      return asList(command && subshells !== 0 ? { ...command, subshells } : command);
    });
}

function asList(command: Command | undefined): readonly Command[] {
  return command ? [command] : [];
}

/** Joins lines that end in a backslash, which only here-documents still have, and removes redirections. */
function normaliseScript(script: string): string {
  const joined = script.includes('\\\n') ? script.replace(CONTINUATION, ' ') : script;
  return joined.includes('>') ? joined.replace(REDIRECTION, ' ') : joined;
}

function execForm(script: string): string[] | undefined {
  if (!script.startsWith('[')) return undefined;
  try {
    const words: unknown = JSON.parse(script);
    return Array.isArray(words) ? words.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function wordsIn(text: string): readonly string[] {
  return QUOTED.test(text) ? (text.match(WORD) ?? []) : text.split(/\s+/);
}

function commandOf(line: readonly string[], nested = 0): Command | undefined {
  const words = line.map(withoutQuotes).filter((word) => word !== '' && word !== '\\');
  const start = words.findIndex((word) => !ASSIGNMENT.test(word) && !isPrefix(word));
  const [first = '', ...rest] = start < 0 ? [] : words.slice(start);
  if (first === '') return undefined;
  const variables = words.slice(0, start).filter((word) => ASSIGNMENT.test(word));
  // A script in quotes: `sh -c "npm ci"`.
  if (nested < MAX_NESTED && /\s/.test(first)) return commandOf([...variables, ...wordsIn(first), ...rest], nested + 1);
  const program = first.slice(first.lastIndexOf('/') + 1).replace(VERSIONED, '$1');
  return variables.length > 0 ? { program, words: rest, variables } : { program, words: rest };
}

function withoutQuotes(word: string): string {
  if (!QUOTED.test(word)) return word;
  const text = word.replace(QUOTED_PART, '$1$2');
  return QUOTED_VALUE.test(word) ? text : text.replace(OPENING, '').replace(CLOSING, '');
}

/** Options before a command belong to `sudo` or `sh`, or to RUN: Buildah writes `--mount=…` before the script. */
function isPrefix(word: string): boolean {
  return PREFIXES.has(word) || word.startsWith('-');
}

/** A command with the folder in which it runs; the folder is undefined if it is unknown. */
export interface PlacedCommand<Folder extends string | undefined> extends Command {
  readonly folder: Folder;
}

/**
 * Follows `cd` through the commands of a step; behind a subshell, the folder is that before it.
 * @param start the folder of the first command
 */
export function withFolders<Folder extends string | undefined>(
  commands: readonly Command[],
  start: Folder,
): readonly PlacedCommand<Folder | string>[] {
  const outer: (Folder | string)[] = [];
  let folder: Folder | string = start;
  return commands.map((command) => {
    const { program, words, subshells = 0 } = command;
    for (let begun = 0; begun < subshells; begun++) outer.push(folder);
    const [path = ''] = program === 'cd' ? words : [];
    if (path.startsWith('/') || (path !== '' && folder !== undefined)) folder = absolutePath(path, folder ?? '/');
    const placed = { ...command, folder };
    if (subshells < 0) folder = outer.splice(subshells)[0] ?? folder;
    return placed;
  });
}

/** Whether a command runs one of the programs with one of the words: `runs(c, ['npm'], ['ci', 'install'])`. */
export function runs(command: Command, programs: readonly string[], words: readonly string[]): boolean {
  if (!programs.includes(command.program)) return false;
  // "npm run install" runs a script of the project that happens to have this name.
  return !command.words.includes('run') && command.words.some((word) => words.includes(word));
}

/** Whether a command does nothing but print a program's version, as steps do to test an installation. */
export function asksVersion({ words }: Command): boolean {
  return words.length > 0 && words.every((word) => /^(?:--?v|--?version|version)$/i.test(word));
}

/** Whether a command has one of the options. */
export function hasOption(command: Command, ...options: readonly string[]): boolean {
  return command.words.some((word) => options.includes(word));
}

/** Whether a command sets one of the options: `--cache /tmp`, `--cache=/tmp`. */
export function setsOption(command: Command, ...options: readonly string[]): boolean {
  return valuesOf(command, ...options).length > 0;
}

/**
 * Returns every value that a command gives to the options, those of the first option first: `dev` for `--omit dev` and
 * for `--omit=dev`.
 */
export function valuesOf({ words }: Command, ...options: readonly string[]): readonly string[] {
  return options.flatMap((option) =>
    words.flatMap((word, at) => {
      if (word === option) return words[at + 1] ?? '';
      return word.startsWith(`${option}=`) ? word.slice(option.length + 1) : [];
    }),
  );
}

/** Returns the items of lists, which commas or spaces separate. */
export function itemsOf(lists: readonly string[]): readonly string[] {
  return lists.flatMap((list) => list.split(/[\s,]+/));
}

/**
 * Whether a command removes something at or below a path: `rm -rf /var/lib/{apt,cache}/lists` does so for
 * `/var/lib/apt`.
 * @param part an absolute path, or a part of one such as `.npm`
 */
export function removes(command: Command, part: string): boolean {
  if (!isRemoval(command)) return false;
  return command.words.flatMap(expandBraces).some((path) => contains(path, part));
}

/** Whether a command removes files. */
export function isRemoval({ program, words }: Command): boolean {
  return program === 'rm' || (program === 'find' && words.includes('-delete'));
}

/** Whether a path contains a part that ends where a name does: `.npmrc` does not contain `.npm`. */
function contains(path: string, part: string): boolean {
  const at = path.indexOf(part);
  return at >= 0 && !/[\w.-]/.test(path.charAt(at + part.length));
}

/** The most names in braces that are looked at; only hostile words have more. */
const MAX_NAMES = 100;

/** Expands one pair of braces as a shell does: `/var/{a,b}/c` becomes `/var/a/c` and `/var/b/c`. */
function expandBraces(word: string): readonly string[] {
  const [, before = '', names, after = ''] = /^([^{]*(?<!\$))\{([^{},]*,[^{}]*)\}(.*)$/.exec(word) ?? [];
  return names?.split(',', MAX_NAMES).map((name) => before + name + after) ?? [word];
}
