import type { Context } from './context.ts';
import { isDistroless } from './editions.ts';
import { type BuildStep, commandsOf } from './history/build-steps.ts';
import { rememberCommand } from './history/instruction.ts';
import { installedVersion } from './runtime-version.ts';
import { programNames, type StartedProgram } from './started-program.ts';
import { inferredRuntime, type Runtime, type RuntimeVerdict } from './verdict.ts';

/** Words in a step, such as packages, installers and tools, which show that it installed a runtime or found one. */
const MENTIONS: Readonly<Partial<Record<Runtime, RegExp>>> = {
  java: /\b(?:java|jdk|jre|openjdk|default-jre|mvnw?|gradlew?|sdkman|corretto|temurin|zulu|graalvm)\b|openjdk-?\d|jdk-?\d|jre-?\d/i,
  node: /\b(?:node|nodejs\d*|nodesource|nvm|fnm|npm|npx|yarn|pnpm)\b/,
  python: /\b(?:python[\d.]*|pip3?|(?:micro)?mamba|(?:mini)?conda|miniforge3?|pyenv|poetry|uv)\b|python3-|py3-/i,
  ruby: /\b(?:ruby[\d.]*|rbenv|rvm|gem|bundle|bundler)\b/,
  php: /\bphp(?:[\d.]+)?(?:-\w+)*\b|\bcomposer\b/,
  dotnet: /\bdotnet(?:\b|\d)|\baspnetcore(?:\b|\d)/,
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
 * The runtime of the started program, if the history shows how it got there: from a base whose contents are unknown, or
 * by a step that mentions it. A plain distribution has no runtime, so the entrypoint alone proves nothing.
 */
export function installedRuntime(context: Context, started: StartedProgram | undefined): RuntimeVerdict | undefined {
  if (!started) return undefined;
  const { history } = context;
  const isMentioned = (runtime: Runtime) =>
    history.steps.some((step) => addsPrograms(step) && MENTIONS[runtime]?.test(step.args.slice(0, 8_000)) === true);
  const versionOf = (runtime: Runtime) => installedVersion(runtime, commandsOf(history.steps));
  // Apache httpd runs PHP as a module.
  if (started.runtime === 'httpd' && isMentioned('php'))
    return inferredRuntime('php', versionOf('php'), 'history:php in httpd');
  const version = started.version ?? versionOf(started.runtime);
  if (!isPlainDistribution(context)) return inferredRuntime(started.runtime, version, 'config:started');
  return isMentioned(started.runtime)
    ? inferredRuntime(started.runtime, version, 'history:installed and started')
    : undefined;
}

/** Whether a distribution's root file system lies beneath, or nothing; not what apko or Bazel assembled. */
function isPlainDistribution(context: Context): boolean {
  const { history, stack } = context;
  if (!history.aligned || stack.rootfs?.tool || isDistroless(context)) return false;
  return stack.images.every(({ kind }) => kind === 'rootfs');
}

/** Whether a step may install programs: a RUN, or a COPY with an absolute path, which may be a stage's. */
function addsPrograms(step: BuildStep): boolean {
  return step.verb === 'RUN' || (step.verb === 'COPY' && /^(?:--\S+ )*\//.test(step.args));
}

const DEPENDENCY_TOOLS: readonly { readonly runtime: Runtime; readonly pattern: RegExp }[] = [
  { runtime: 'node', pattern: /\b(?:npm (?:ci|install(?! -g| --global)|i(?! -g))|yarn install|pnpm (?:install|i))\b/ },
  { runtime: 'python', pattern: /\b(?:poetry install|uv sync)\b/ },
  { runtime: 'ruby', pattern: /\bbundle install\b/ },
  // FPM and Apache's module serve nothing but PHP, so whoever installs them runs it.
  { runtime: 'php', pattern: /\bcomposer install\b|(?<![\w.-])(?:php[\d.]*-fpm|libapache2-mod-php[\d.]*)(?![\w.])/ },
  { runtime: 'elixir', pattern: /\bmix (?:deps\.get|release)\b/ },
];

const PIP_INSTALL = /\bpip[\d.]*(?: -\S+)* install\b([^;&|]*)/g;
/** Arguments of pip that install the application or its dependencies: a requirements file, a folder, a wheel. */
const OWN_PACKAGES = /\s(?:-r|-e|--(?:requirement|editable|no-index|find-links)\b|\.{0,2}\/|\.(?:\s|\[|$)|\S+\.whl\b)/;

/** What a RUN installs for an application. */
interface Installs {
  readonly runtimes: readonly Runtime[];
  /** The packages that pip installs by name. */
  readonly named: readonly string[];
}

const installsOf = rememberCommand((text): Installs => {
  const runtimes = DEPENDENCY_TOOLS.filter(({ pattern }) => pattern.test(text)).map(({ runtime }) => runtime);
  const pips = [...text.matchAll(PIP_INSTALL)].map(([, packages = '']) => packages);
  const named = pips.flatMap((packages) => packages.match(/(?<=\s["']?)[a-z\d][\w.-]*/gi) ?? []);
  return { runtimes: pips.some((packages) => OWN_PACKAGES.test(packages)) ? [...runtimes, 'python'] : runtimes, named };
});

/**
 * The runtime whose dependencies the own steps install, if it is the only one. A package that pip installs by name may
 * be a tool beside the application, such as a database shell, so it counts only if the image starts it.
 */
export function dependencyRuntime(context: Context): RuntimeVerdict | undefined {
  const installs = commandsOf(context.own).map(installsOf);
  const programs = programNames(context);
  const startsNamed = installs.some(({ named }) => named.some((name) => programs.has(name)));
  const used = new Set([...installs.flatMap(({ runtimes }) => runtimes), ...(startsNamed ? ['python' as const] : [])]);
  const [only] = used;
  if (!only || used.size !== 1) return undefined;
  return inferredRuntime(only, installedVersion(only, commandsOf(context.own)), 'history:dependencies installed');
}
