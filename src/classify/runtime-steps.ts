import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { judged, type RuntimeVerdict } from './runtime-verdict.ts';
import { programNames, type StartedProgram } from './started-program.ts';
import type { Runtime } from './verdict.ts';

/** Words by which a step shows that it brought a runtime in, or that it was there: its packages, installers and tools. */
const MENTIONS: Readonly<Partial<Record<Runtime, RegExp>>> = {
  java: /\b(?:java|jdk|jre|openjdk|default-jre|mvnw?|gradlew?|sdkman|corretto|temurin|zulu|graalvm)\b|openjdk-?\d|jdk-?\d|jre-?\d/i,
  node: /\b(?:node|nodejs\d*|nodesource|nvm|fnm|npm|npx|yarn|pnpm)\b/,
  python: /\b(?:python[\d.]*|pip3?|conda|miniconda|pyenv|poetry|uv)\b|python3-|py3-/i,
  ruby: /\b(?:ruby[\d.]*|rbenv|rvm|gem|bundle|bundler)\b/,
  php: /\bphp(?:[\d.]+)?(?:-\w+)*\b|\bcomposer\b/,
  dotnet: /\bdotnet\b|\baspnetcore\b/,
  perl: /\bperl\b|perl-5|cpanm?\b/,
  erlang: /\b(?:erlang|otp|erl)\b/i,
  elixir: /\b(?:elixir|mix)\b/,
  deno: /\bdeno\b/,
  bun: /\bbun\b/,
  nginx: /\b(?:nginx|openresty)\b/,
  httpd: /\b(?:httpd|apache2)\b/,
  caddy: /\bcaddy\b/,
};

/**
 * The program that is started tells the runtime, if anything shows how it got there: a base that cannot be seen into, or
 * a step that mentions it. A plain distribution has none of them, whatever the entrypoint says.
 */
export function installedRuntime(
  { history, stack }: Context,
  started: StartedProgram | undefined,
): RuntimeVerdict | undefined {
  if (!started) return undefined;
  const shown = (runtime: Runtime) =>
    history.steps.some((step) => bringsFiles(step) && MENTIONS[runtime]?.test(step.args.slice(0, 8_000)) === true);
  // Apache's server runs PHP as a module of its own.
  if (started.runtime === 'httpd' && shown('php')) return judged('php', undefined, 'history:php in httpd');
  const beneath = stack.images.at(-1);
  const plain = history.aligned && (beneath === undefined || (beneath.kind === 'rootfs' && !stack.rootfs?.tool));
  if (!plain) return judged(started.runtime, started.version, 'config:started');
  return shown(started.runtime) ? judged(started.runtime, started.version, 'history:installed and started') : undefined;
}

/** RUN, and COPY from a stage's root. */
function bringsFiles(step: BuildStep): boolean {
  return step.verb === 'RUN' || (step.verb === 'COPY' && /^(?:--\S+ )*\//.test(step.args));
}

const DEPENDENCY_TOOLS: readonly { readonly runtime: Runtime; readonly pattern: RegExp }[] = [
  { runtime: 'node', pattern: /\b(?:npm (?:ci|install(?! -g| --global)|i(?! -g))|yarn install|pnpm (?:install|i))\b/ },
  { runtime: 'python', pattern: /\b(?:poetry install|uv sync)\b/ },
  { runtime: 'ruby', pattern: /\bbundle install\b/ },
  { runtime: 'php', pattern: /\bcomposer install\b/ },
];

const PIP_INSTALL = /\bpip3? install\b([^;&|]*)/g;
/** A list of the application's own, or a folder, which is the application itself or its wheels. */
const OWN_PACKAGES = /\s(?:-r|-e|--(?:requirement|editable|no-index|find-links)\b|\.{0,2}\/|\.(?:\s|\[|$)|\S+\.whl\b)/;

interface Installs {
  readonly runtimes: readonly Runtime[];
  /** What pip installs by name. */
  readonly named: readonly string[];
}

const installsOf = remember((command): Installs => {
  const text = command.slice(0, 4_000);
  const runtimes = DEPENDENCY_TOOLS.filter(({ pattern }) => pattern.test(text)).map(({ runtime }) => runtime);
  const pips = [...text.matchAll(PIP_INSTALL)].map(([, packages = '']) => packages);
  const named = pips.flatMap((packages) => packages.match(/(?<=\s["']?)[a-z\d][\w.-]*/gi) ?? []);
  return { runtimes: pips.some((packages) => OWN_PACKAGES.test(packages)) ? [...runtimes, 'python'] : runtimes, named };
});

/**
 * One language's dependencies installed among the own steps, and no other's: the application is written in it. What pip
 * installs by name may as well be a tool beside the application, as the shell of a database; it counts where it is started.
 */
export function usedRuntime(context: Context): RuntimeVerdict | undefined {
  const installs = context.own.flatMap((step) => (step.verb === 'RUN' ? [installsOf(step.args)] : []));
  const programs = programNames(context);
  const startsNamed = installs.some(({ named }) => named.some((name) => programs.has(name)));
  const used = new Set([...installs.flatMap(({ runtimes }) => runtimes), ...(startsNamed ? ['python' as const] : [])]);
  const [only] = used;
  return only && used.size === 1 ? judged(only, undefined, 'history:dependencies installed') : undefined;
}
