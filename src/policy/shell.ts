/** One simple command of a shell script: `FOO=1 /usr/bin/apt-get -y update` is `apt-get` with `-y`, `update`. */
export interface Command {
  /** Without its folder; of Python and pip also without a version: `pip3.12` is `pip`. */
  readonly program: string;
  /** All that follows, without quotes. */
  readonly words: readonly string[];
  /** What is set for it alone, before its name: `NODE_ENV=production`. */
  readonly variables?: readonly string[];
}

/** Words that stand before a command and change nothing about what it leaves behind. */
const PREFIXES = new Set(
  'if then else elif do while until ! { } ( time exec command sudo env nice eval sh bash ash /bin/sh /bin/bash /usr/bin/env corepack npx'.split(
    ' ',
  ),
);

const CONTINUATION = /\\\n/g;
/** `> /dev/null`, `2>&1`: where output goes is no word of the command; `"fastapi >= 0.100"` says a version. */
const REDIRECTION = /(?<=\s)[\d&]?>{1,2}(?!=)(?:&\d|[ \t]*[^\s;|&]+)/g;
const SEPARATOR = /&&|\|\||[;|&\n]/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
const QUOTED = /["'()]/;
const QUOTES = /^["'(]+|["')]+$/g;
const VERSIONED = /^(python|pip)[\d.]+$/;

/**
 * The simple commands of a RUN's script, in order, conditions and loops laid flat. An approximation that is linear in
 * the script's length: separators within quotes split too, so `sh -c "a && b"` is seen through.
 * @param script shell text, or the exec form's JSON array
 */
export function parseScript(script: string): readonly Command[] {
  const words = execForm(script);
  const lines = words
    ? [words]
    : laidFlat(script)
        .split(SEPARATOR)
        .map((part) => part.split(/\s+/));
  const commands: Command[] = [];
  for (const line of lines) {
    const command = commandOf(line);
    if (command) commands.push(command);
  }
  return commands;
}

/** Here-documents keep their line breaks, and with them the backslashes that join lines. */
function laidFlat(script: string): string {
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

function commandOf(line: readonly string[]): Command | undefined {
  const words: string[] = [];
  const variables: string[] = [];
  for (const raw of line) {
    const word = QUOTED.test(raw) ? raw.replace(QUOTES, '') : raw;
    if (word === '' || word === '\\') continue;
    if (words.length > 0) words.push(word);
    else if (ASSIGNMENT.test(word)) variables.push(word);
    else if (!standsBefore(word)) words.push(word);
  }
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const program = first.slice(first.lastIndexOf('/') + 1).replace(VERSIONED, '$1');
  return variables.length > 0 ? { program, words: rest, variables } : { program, words: rest };
}

/** Options there are those of `sudo` or `sh`, or of RUN itself: Buildah writes `--mount=…` before the script. */
function standsBefore(word: string): boolean {
  return PREFIXES.has(word) || word.startsWith('-');
}

/** Whether a command is one of these programs with one of these words: `runs(c, ['npm'], ['ci', 'install'])`. */
export function runs(command: Command, programs: readonly string[], words: readonly string[]): boolean {
  if (!programs.includes(command.program)) return false;
  // "npm run install" starts a script of the project, whatever its name.
  return !command.words.includes('run') && command.words.some((word) => words.includes(word));
}

/** Whether one of these options stands among the words of a command. */
export function hasOption(command: Command, ...options: readonly string[]): boolean {
  return command.words.some((word) => options.includes(word));
}

/** Whether an option is given a value: `--cache /tmp`, `--cache=/tmp`. */
export function setsOption(command: Command, option: string): boolean {
  return command.words.some((word) => word === option || word.startsWith(`${option}=`));
}

/** What an option is given, each time: `dev` of `--omit dev` and of `--omit=dev`. */
export function valuesOf({ words }: Command, option: string): readonly string[] {
  return words.flatMap((word, at) => {
    if (word === option) return [words[at + 1] ?? ''];
    return word.startsWith(`${option}=`) ? [word.slice(option.length + 1)] : [];
  });
}

/** Whether a command removes something at or below a place: `lists` of `rm -rf /var/lib/{apt,cache}/lists`. */
export function removes(command: Command, place: string): boolean {
  if (!isRemoval(command)) return false;
  return command.words.flatMap(withoutBraces).some((path) => liesIn(path, place));
}

function isRemoval({ program, words }: Command): boolean {
  return program === 'rm' || (program === 'find' && words.includes('-delete'));
}

/** The place ends where a name does: removing `.npmrc` does not clear `.npm`. */
function liesIn(path: string, place: string): boolean {
  const at = path.indexOf(place);
  return at >= 0 && !/[\w.-]/.test(path.charAt(at + place.length));
}

/** What a shell makes of one pair of braces: `/var/{a,b}/c` is `/var/a/c` and `/var/b/c`. */
function withoutBraces(word: string): readonly string[] {
  const [, before = '', names, after = ''] = /^([^{]*(?<!\$))\{([^{}]*,[^{}]*)\}(.*)$/.exec(word) ?? [];
  return names === undefined ? [word] : names.split(',').map((name) => before + name + after);
}
