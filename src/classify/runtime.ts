import type { Provenance } from './base-image/provenance.ts';
import { type Context, layersBefore } from './context.ts';
import { lookUp } from './look-up.ts';
import { storeRuntime } from './nix.ts';
import { installedRuntime, usedRuntime } from './runtime-steps.ts';
import { judged, type RuntimeVerdict } from './runtime-verdict.ts';
import { javaVersionBehind, javaVersionIn, pythonOfPypy, releaseOfSdk, versionIn } from './runtime-version.ts';
import { type StartedProgram, startedProgram, WEB_SERVERS } from './started-program.ts';
import type { Runtime } from './verdict.ts';

/**
 * Variables that official images set, the more telling first: Elixir's image also sets Erlang's, and Node.js lies in
 * many images of other languages, where it builds pages.
 * @see the Dockerfiles of Docker Official Images, dotnet/dotnet-docker, sclorg's s2i images, Bitnami's images
 */
const VARIABLES: readonly (readonly [name: string, runtime: Runtime])[] = [
  ['ELIXIR_VERSION', 'elixir'],
  ['MIX_ENV', 'elixir'],
  ['OTP_VERSION', 'erlang'],
  ['PYTHON_VERSION', 'python'],
  ['PYPY_VERSION', 'python'],
  ['GOLANG_VERSION', 'go'],
  ['PHP_VERSION', 'php'],
  ['RUBY_VERSION', 'ruby'],
  ['RUST_VERSION', 'rust'],
  ['DOTNET_VERSION', 'dotnet'],
  ['ASPNET_VERSION', 'dotnet'],
  ['ASPNETCORE_VERSION', 'dotnet'],
  ['DOTNET_SDK_VERSION', 'dotnet'],
  ['PERL_VERSION', 'perl'],
  ['DENO_VERSION', 'deno'],
  ['BUN_VERSION', 'bun'],
  ['BUN_RUNTIME_TRANSPILER_CACHE_PATH', 'bun'],
  ['JAVA_VERSION', 'java'],
  ['NODE_VERSION', 'node'],
  ['NODEJS_VERSION', 'node'],
  ['NGINX_VERSION', 'nginx'],
  ['HTTPD_VERSION', 'httpd'],
  ['CADDY_VERSION', 'caddy'],
];
/** Variables whose value is not the version of the language: Bun's and Mix's are settings. */
const TELL_NO_VERSION: ReadonlySet<string> = new Set(['BUN_RUNTIME_TRANSPILER_CACHE_PATH', 'MIX_ENV']);

/** The runtime and its version: by the environment, by the program that is started, by what the steps installed. */
export function findRuntime(
  context: Context,
  provenance: Provenance | undefined,
  baseReferences: readonly string[],
): RuntimeVerdict | undefined {
  const started = startedProgram(context);
  const declared = environmentRuntimes(context);
  return (
    declared.find((verdict) => verdict.value.name === started?.runtime) ??
    (declared.length > 0 && !isWebServer(started) ? installedRuntime(context, started) : undefined) ??
    ownerOf(context, declared) ??
    vendorRuntime(context) ??
    toolRuntime(context) ??
    buildpacksRuntime(context) ??
    referenceRuntime(baseReferences) ??
    storeRuntime(context) ??
    installedRuntime(context, started) ??
    usedRuntime(context) ??
    builderRuntime(context, provenance)
  );
}

function isWebServer(started: StartedProgram | undefined): boolean {
  return started !== undefined && WEB_SERVERS.has(started.runtime);
}

/** The runtimes that variables name, the more telling variable first. */
function environmentRuntimes({ env, history }: Context): readonly RuntimeVerdict[] {
  const found: RuntimeVerdict[] = [];
  for (const [name, runtime] of VARIABLES) {
    const value = env.get(name);
    if (value === undefined) continue;
    const version = name === 'PYPY_VERSION' ? pythonOfPypy(history.steps) : variableVersion(name, runtime, value);
    found.push(judged(runtime, version, `env:${name}`));
  }
  return found;
}

function variableVersion(name: string, runtime: Runtime, value: string): string | undefined {
  if (name === 'DOTNET_SDK_VERSION') return releaseOfSdk(value);
  return TELL_NO_VERSION.has(name) ? undefined : versionIn(value, runtime);
}

/** Of several runtimes in the environment, the one whose image lies uppermost; servers such as nginx come last. */
function ownerOf({ stack }: Context, declared: readonly RuntimeVerdict[]): RuntimeVerdict | undefined {
  const uppermost = stack.images.findLast((image) => image.official)?.official?.env;
  return declared.find((verdict) => verdict.evidence === `env:${uppermost}`) ?? declared[0];
}

const BITNAMI: Readonly<Record<string, Runtime>> = {
  node: 'node',
  python: 'python',
  java: 'java',
  ruby: 'ruby',
  php: 'php',
  'php-fpm': 'php',
  golang: 'go',
  go: 'go',
  rust: 'rust',
  nginx: 'nginx',
  apache: 'httpd',
  dotnet: 'dotnet',
  'dotnet-sdk': 'dotnet',
  'aspnet-core': 'dotnet',
  deno: 'deno',
};

/** Vendors who name their application in variables of their own. */
function vendorRuntime({ env, history }: Context): RuntimeVerdict | undefined {
  const app = lookUp(BITNAMI, env.get('BITNAMI_APP_NAME') ?? '');
  if (app) return judged(app, versionIn(env.get('APP_VERSION') ?? '', app), 'env:BITNAMI_APP_NAME');
  if (env.has('DOTNET_RUNNING_IN_CONTAINER')) return judged('dotnet', undefined, 'env:DOTNET_RUNNING_IN_CONTAINER');
  const home = env.get('JAVA_HOME');
  if (home === undefined) return undefined;
  const commands = history.steps.flatMap((step) => (step.verb === 'RUN' ? [step.args] : []));
  return judged('java', javaVersionIn(home) ?? javaVersionBehind(home, commands), 'env:JAVA_HOME');
}

/** ko builds Go, Jib builds Java. */
function toolRuntime({ history, env }: Context): RuntimeVerdict | undefined {
  const last = history.steps.at(-1);
  if (last?.author === 'ko' || env.has('KO_DATA_PATH')) return judged('go', undefined, 'history:ko');
  return undefined;
}

/** Buildpacks by the part of their id that names a language; vendors agree on these. */
const BUILDPACKS: Readonly<Record<string, Runtime>> = {
  nodejs: 'node',
  'node-engine': 'node',
  'nodejs-engine': 'node',
  python: 'python',
  cpython: 'python',
  java: 'java',
  jvm: 'java',
  'bellsoft-liberica': 'java',
  go: 'go',
  'go-dist': 'go',
  'go-build': 'go',
  ruby: 'ruby',
  mri: 'ruby',
  php: 'php',
  'php-dist': 'php',
  dotnet: 'dotnet',
  'dotnet-core-aspnet-runtime': 'dotnet',
  'dotnet-execute': 'dotnet',
};
const MAX_METADATA_LENGTH = 200_000;

/**
 * Which language's buildpack took part, by the label that lists them: `heroku/ruby`, `google.python.runtime`. Node.js also
 * builds the pages of other languages' applications, so it counts where it is alone.
 * @see buildpacks/spec, platform.md
 */
function buildpacksRuntime({ input }: Context): RuntimeVerdict | undefined {
  const metadata = input.config.labels['io.buildpacks.build.metadata']?.slice(0, MAX_METADATA_LENGTH) ?? '';
  const found = [...metadata.matchAll(/"id":"([a-z0-9-]+[/.][a-z0-9./-]+)"/g)].flatMap(([, id = '']) => {
    const runtime = id.split(/[/.]/).flatMap((part, at) => (at === 0 ? [] : (lookUp(BUILDPACKS, part) ?? [])))[0];
    return runtime ? [judged(runtime, undefined, `label:buildpack ${id}`)] : [];
  });
  return found.find(({ value }) => value.name !== 'node') ?? found[0];
}

function referenceRuntime(references: readonly string[]): RuntimeVerdict | undefined {
  for (const reference of references) {
    const [, repository = '', version] = /(?:^|\/)([a-z0-9.-]+)(?::(\d[\d.]*))?[^/]*$/.exec(reference) ?? [];
    const runtime = lookUp(REPOSITORIES, repository);
    if (runtime) return judged(runtime, NUMBERED_FOR_ITSELF.has(repository) ? undefined : version, `base:${reference}`);
  }
  return undefined;
}

/** Their tags begin with the tool's version, not with Java's. */
const NUMBERED_FOR_ITSELF: ReadonlySet<string> = new Set(['maven', 'gradle', 'tomcat']);

const REPOSITORIES: Readonly<Record<string, Runtime>> = {
  node: 'node',
  python: 'python',
  golang: 'go',
  ruby: 'ruby',
  php: 'php',
  rust: 'rust',
  perl: 'perl',
  openjdk: 'java',
  'eclipse-temurin': 'java',
  amazoncorretto: 'java',
  maven: 'java',
  gradle: 'java',
  tomcat: 'java',
  elixir: 'elixir',
  erlang: 'erlang',
  bun: 'bun',
  deno: 'deno',
  nginx: 'nginx',
  httpd: 'httpd',
};

const BUILDERS: Readonly<Record<string, Runtime>> = { golang: 'go', rust: 'rust' };

/** A stage with a compiler of static programs, and a final image with no other runtime. */
function builderRuntime(context: Context, provenance: Provenance | undefined): RuntimeVerdict | undefined {
  const ownLayers = layersBefore(context, context.stack.ownStart);
  if (ownLayers !== undefined && ownLayers >= context.input.manifest.layers.length) return undefined;
  for (const { reference } of provenance?.materials ?? []) {
    const [, repository = '', version] = /(?:^|\/)([a-z]+):(\d+\.\d+(?:\.\d+)?)/.exec(reference) ?? [];
    const runtime = lookUp(BUILDERS, repository);
    if (runtime) return judged(runtime, version, `provenance:${reference}`);
  }
  return undefined;
}
