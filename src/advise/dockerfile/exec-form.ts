import { isShellForm } from '../start.ts';

/**
 * Lets a shell hand over to the last command of its script (`exec`): otherwise the program may get no signals, since a
 * shell passes none on. Scripts that do more than run commands one after another stay as they are.
 * @param words of ENTRYPOINT or CMD
 */
export function withExec(words: readonly string[]): readonly string[] {
  const [shell = '', option = '', script = ''] = words;
  if (!isShellForm(words) || words.length > 3) return words;
  const [, before = '', last = ''] = LAST_COMMAND.exec(script.trim()) ?? [];
  const programs = [...before.split(/&&|;/), last].map((command) => /^[^\s]*/.exec(command.trim())?.[0] ?? '');
  const isPlain =
    last !== '' && !programs.some((program) => KEYWORD.test(program)) && PROGRAM.test(programs.at(-1) ?? '');
  return isPlain && !hasOperator(last) ? [shell, option, `${before}exec ${last}`] : words;
}

/** A script's commands before the last one, without quotes and escapes, and the last one. */
const LAST_COMMAND = /^((?:[^'"`|<>(){}\\\n&;]+(?:&&|;))*\s*)(\S[^\n]*)$/;
const KEYWORD = /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|function|!|exec|eval|exit|trap|wait)$/;
/** What exec can start: no assignment, and no command of the shell itself. */
const PROGRAM = /^(?!(?:cd|set|export|source|unset|read|umask|ulimit|return|command|\.|:)$)[\w./-]+$/;

/** Whether a command has operators; `${PORT:-8000}` has none. */
function hasOperator(command: string): boolean {
  return /[`|&;<>(){}]/.test(command.replace(/\$\{\w+(?::?[-=+?][\w./:-]*)?\}/g, ''));
}
