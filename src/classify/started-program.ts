import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import { lookUp } from './look-up.ts';
import type { Runtime } from './verdict.ts';

/** Which runtime a program needs: the first word of ENTRYPOINT and CMD. */
const PROGRAMS: Readonly<Record<string, Runtime>> = {
  node: 'node',
  nodejs: 'node',
  npm: 'node',
  npx: 'node',
  yarn: 'node',
  pnpm: 'node',
  pm2: 'node',
  'pm2-runtime': 'node',
  next: 'node',
  nodemon: 'node',
  'ts-node': 'node',
  tsx: 'node',
  python: 'python',
  python2: 'python',
  python3: 'python',
  gunicorn: 'python',
  uvicorn: 'python',
  hypercorn: 'python',
  daphne: 'python',
  streamlit: 'python',
  jupyter: 'python',
  'jupyter-lab': 'python',
  pypy3: 'python',
  uwsgi: 'python',
  celery: 'python',
  flask: 'python',
  fastapi: 'python',
  poetry: 'python',
  odoo: 'python',
  java: 'java',
  jshell: 'java',
  'catalina.sh': 'java',
  mvn: 'java',
  gradle: 'java',
  sbt: 'java',
  ruby: 'ruby',
  irb: 'ruby',
  bundle: 'ruby',
  rails: 'ruby',
  puma: 'ruby',
  rackup: 'ruby',
  unicorn: 'ruby',
  sidekiq: 'ruby',
  php: 'php',
  'php-fpm': 'php',
  dotnet: 'dotnet',
  erl: 'erlang',
  'rabbitmq-server': 'erlang',
  iex: 'elixir',
  mix: 'elixir',
  perl: 'perl',
  deno: 'deno',
  bun: 'bun',
  nginx: 'nginx',
  openresty: 'nginx',
  httpd: 'httpd',
  'httpd-foreground': 'httpd',
  apache2: 'httpd',
  apache2ctl: 'httpd',
  apachectl: 'httpd',
  caddy: 'caddy',
};

/** Web servers also stand before an application: they count where nothing else is started or declared. */
export const WEB_SERVERS: ReadonlySet<Runtime> = new Set(['nginx', 'httpd', 'caddy'] as const);

/** The program that an image starts, as far as it tells a runtime. */
export interface StartedProgram {
  readonly runtime: Runtime;
  /** Of programs that carry it in their name: `python3.11`, `perl5.38.2`. */
  readonly version?: string;
}

/** What ENTRYPOINT, or else CMD, starts. */
export function startedProgram({ input }: Context): StartedProgram | undefined {
  const { entrypoint, cmd } = input.config;
  for (const words of [entrypoint, cmd]) {
    const started = programRuntime(words);
    if (started) return started;
  }
  return undefined;
}

const SHELL = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|a|da)?sh$/;
/** Programs that only start another: init processes, and those that change the user. */
const STARTERS = /^(?:\S*\/)?(?:tini|tini-static|dumb-init|catatonit|env|exec|nice|gosu|su-exec|setpriv)$/;

/** The names of what is started, past starters and shells: `mkdocs` of `tini -- /usr/local/bin/mkdocs serve`. */
export function programNames({ input }: Context): ReadonlySet<string> {
  const { entrypoint, cmd } = input.config;
  return new Set([entrypoint, cmd].flatMap(programsOf).map((program) => program.slice(program.lastIndexOf('/') + 1)));
}

/** The first program that tells a runtime; a web server only where no other does. */
function programRuntime(words: readonly string[]): StartedProgram | undefined {
  const started = programsOf(words).flatMap((program) => runtimeOf(program) ?? []);
  return started.find(({ runtime }) => !WEB_SERVERS.has(runtime)) ?? started[0];
}

/** What is started past starters, and in the script of `sh -c "cd /app && exec java …"`. */
function programsOf(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  if (!SHELL.test(first)) return [STARTERS.test(first) ? (withoutStarters(words)[0] ?? '') : first];
  const script = rest.find((word) => !word.startsWith('-')) ?? '';
  const commands = script.slice(0, 2_000).split(/&&|\|\||[;&|\n]/);
  return commands.map((command) => withoutStarters(command.trim().split(/\s+/))[0] ?? '');
}

/** Starters go with their flags, their variables, and the user of those that change it. */
function withoutStarters(words: readonly string[]): readonly string[] {
  let at = 0;
  while (STARTERS.test(words[at] ?? '')) {
    const takesUser = /(?:gosu|su-exec)$/.test(words[at++] ?? '');
    while (/^-|^\w+=/.test(words[at] ?? '')) at++;
    if (takesUser) at++;
  }
  return words.slice(at);
}

/** By the program's own name: `/usr/bin/python3.11` is Python 3.11. */
const runtimeOf = remember((word): StartedProgram | undefined => {
  const program = /^(?:\S*[/\\])?([\w.-]+)/.exec(word.slice(0, 500))?.[1] ?? '';
  const [, name = '', version] = /^([a-z-]+?[a-z])?-?(\d[\d.]*)?(?:\.exe)?$/.exec(program) ?? [];
  const runtime = lookUp(PROGRAMS, program) ?? lookUp(PROGRAMS, name);
  if (!runtime) return undefined;
  return version?.includes('.') ? { runtime, version } : { runtime };
});
