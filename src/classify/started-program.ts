import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import { runtimesBy } from './knowledge/runtime-names.ts';
import type { Runtime } from './verdict.ts';

const PROGRAMS = runtimesBy('programs');

/** Web servers often run in front of an application, so they count only if no other runtime is started or declared. */
export const WEB_SERVERS: ReadonlySet<Runtime> = new Set(['nginx', 'httpd', 'caddy'] as const);

/** The runtime of the program that an image starts. */
export interface StartedProgram {
  readonly runtime: Runtime;
  /** Set if the program's name contains it: `python3.11`, `perl5.38.2`. */
  readonly version?: string;
}

/** The runtime of the program in ENTRYPOINT, or else in CMD; undefined if neither starts a known program. */
export function startedProgram({ input }: Context): StartedProgram | undefined {
  const { entrypoint, cmd } = input.config;
  for (const words of [entrypoint, cmd]) {
    const started = programRuntime(words);
    if (started) return started;
  }
  return undefined;
}

const SHELL = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|a|da)?sh$/;
/** Programs that start another one: init processes, and tools that change the user. */
const LAUNCHERS = /^(?:\S*\/)?(?:tini|tini-static|dumb-init|catatonit|env|exec|nice|gosu|su-exec|setpriv)$/;

/**
 * The names of the programs that ENTRYPOINT and CMD start, skipping launchers and shells: `mkdocs` in `tini --
 * /usr/local/bin/mkdocs serve`.
 */
export function programNames({ input }: Context): ReadonlySet<string> {
  const { entrypoint, cmd } = input.config;
  return new Set([entrypoint, cmd].flatMap(programsOf).map((program) => program.slice(program.lastIndexOf('/') + 1)));
}

/** The first program with a known runtime; a web server only if there is no other. */
function programRuntime(words: readonly string[]): StartedProgram | undefined {
  const started = programsOf(words).flatMap((program) => runtimeOf(program) ?? []);
  return started.find(({ runtime }) => !WEB_SERVERS.has(runtime)) ?? started[0];
}

/**
 * The programs that a command line starts, after launchers, and inside the script of `sh -c "cd /app && exec java …"`.
 */
function programsOf(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  if (!SHELL.test(first)) return [LAUNCHERS.test(first) ? (withoutLaunchers(words)[0] ?? '') : first];
  const script = rest.find((word) => !word.startsWith('-')) ?? '';
  const commands = script.slice(0, 2_000).split(/&&|\|\||[;&|\n]/);
  return commands.map((command) => withoutLaunchers(command.trim().split(/\s+/))[0] ?? '');
}

/** Removes launchers with their flags, variables, and the user argument of those that change the user. */
function withoutLaunchers(words: readonly string[]): readonly string[] {
  let index = 0;
  while (LAUNCHERS.test(words[index] ?? '')) {
    const takesUser = /(?:gosu|su-exec)$/.test(words[index++] ?? '');
    while (/^-|^\w+=/.test(words[index] ?? '')) index++;
    if (takesUser) index++;
  }
  return words.slice(index);
}

/** The runtime by the program's file name: `/usr/bin/python3.11` is Python 3.11. */
const runtimeOf = remember((word): StartedProgram | undefined => {
  const program = /^(?:\S*[/\\])?([\w.-]+)/.exec(word.slice(0, 500))?.[1] ?? '';
  const [, name = '', version] = /^([a-z-]+?[a-z])?-?(\d[\d.]*)?(?:\.exe)?$/.exec(program) ?? [];
  const runtime = PROGRAMS.get(program) ?? PROGRAMS.get(name);
  if (!runtime) return undefined;
  return version?.includes('.') ? { runtime, version } : { runtime };
});
