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
  python: 'python',
  python2: 'python',
  python3: 'python',
  gunicorn: 'python',
  uvicorn: 'python',
  uwsgi: 'python',
  celery: 'python',
  flask: 'python',
  fastapi: 'python',
  poetry: 'python',
  java: 'java',
  jshell: 'java',
  'catalina.sh': 'java',
  mvn: 'java',
  gradle: 'java',
  ruby: 'ruby',
  irb: 'ruby',
  bundle: 'ruby',
  rails: 'ruby',
  puma: 'ruby',
  php: 'php',
  'php-fpm': 'php',
  dotnet: 'dotnet',
  erl: 'erlang',
  iex: 'elixir',
  mix: 'elixir',
  perl: 'perl',
  deno: 'deno',
  bun: 'bun',
};

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

/** The first word, or of `sh -c "exec java …"` the first word of the script. */
function programRuntime(words: readonly string[]): StartedProgram | undefined {
  const shell = /^(?:\/bin\/)?(?:ba|a|da)?sh$/.test(words[0] ?? '');
  const text = (shell ? words.find((word) => /^(?:exec )?[\w./-]+ /.test(word)) : words[0]) ?? '';
  const program = /^(?:exec )?(?:\S*[/\\])?([\w.-]+)/.exec(text.slice(0, 500))?.[1] ?? '';
  const [, name = '', version] = /^([a-z-]+?[a-z])?-?(\d[\d.]*)?(?:\.exe)?$/.exec(program) ?? [];
  const runtime = lookUp(PROGRAMS, program) ?? lookUp(PROGRAMS, name);
  if (!runtime) return undefined;
  return version?.includes('.') ? { runtime, version } : { runtime };
}
