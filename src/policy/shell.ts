/** One simple command of a shell script: `FOO=1 /usr/bin/apt-get -y update` is `apt-get` with `-y`, `update`. */
export interface Command {
  /** Without its folder. */
  readonly program: string;
  /** All that follows, without quotes. */
  readonly words: readonly string[];
}

/** Words that stand before a command and change nothing about what it leaves behind. */
const PREFIXES = new Set(
  'if then else elif do while until ! { ( time exec command sudo env nice eval sh bash ash -c /bin/sh /bin/bash -e -ex -eux -lc -xe'.split(
    ' ',
  ),
);

const SEPARATOR = /&&|\|\||[;|&\n]/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;
const QUOTED = /["'(){}]/;
const QUOTES = /^["'({]+|["')}]+$/g;

/**
 * The simple commands of a RUN's script, in order, conditions and loops laid flat. An approximation that is linear in
 * the script's length: separators within quotes split too, so `sh -c "a && b"` is seen through.
 * @param script shell text, or the exec form's JSON array
 */
export function parseScript(script: string): readonly Command[] {
  const words = execForm(script);
  const lines = words ? [words] : script.split(SEPARATOR).map((part) => part.split(/\s+/));
  const commands: Command[] = [];
  for (const line of lines) {
    const command = commandOf(line);
    if (command) commands.push(command);
  }
  return commands;
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
  for (const raw of line) {
    const word = QUOTED.test(raw) ? raw.replace(QUOTES, '') : raw;
    if (word === '' || word === '\\') continue;
    if (words.length === 0 && (PREFIXES.has(word) || ASSIGNMENT.test(word))) continue;
    words.push(word);
  }
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  return { program: first.slice(first.lastIndexOf('/') + 1), words: rest };
}

/** Whether a command is one of these programs with one of these words: `runs(c, ['npm'], ['ci', 'install'])`. */
export function runs(command: Command, programs: readonly string[], words: readonly string[]): boolean {
  if (!programs.includes(command.program)) return false;
  // "npm run install" starts a script of the project, whatever its name.
  return !command.words.includes('run') && command.words.some((word) => words.includes(word));
}

export function hasOption(command: Command, ...options: readonly string[]): boolean {
  return command.words.some((word) => options.includes(word));
}

/** Whether a command removes a path that contains this text. */
export function removes(command: Command, path: string): boolean {
  return command.program === 'rm' && command.words.some((word) => word.includes(path));
}
