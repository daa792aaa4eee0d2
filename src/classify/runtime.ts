import { type Context, layersBefore } from './context.ts';
import { commandsOf } from './history/build-steps.ts';
import { officialOf } from './history/stack.ts';
import { runtimesBy } from './knowledge/runtime-names.ts';
import { storeRuntime } from './nix.ts';
import { dependencyRuntime, installedRuntime } from './runtime-steps.ts';
import { javaVersionBehind, javaVersionIn, pythonOfPypy, releaseOfSdk, versionIn } from './runtime-version.ts';
import { type StartedProgram, startedProgram, WEB_SERVERS } from './started-program.ts';
import { inferredRuntime, isCompiled, type Runtime, type RuntimeVerdict } from './verdict.ts';

const VARIABLES = [...runtimesBy('variables')];
/** Variables that name a runtime but do not hold its version: Bun's and Mix's are settings. */
const WITHOUT_VERSION: ReadonlySet<string> = new Set(['BUN_RUNTIME_TRANSPILER_CACHE_PATH', 'MIX_ENV']);

/**
 * The runtime and its version, from the environment, the started program, or what the steps installed.
 * @param baseReferences names of the base image, then of other known images beneath
 */
export function findRuntime(context: Context, baseReferences: readonly string[]): RuntimeVerdict | undefined {
  const started = startedProgram(context);
  const declared = environmentRuntimes(context);
  return (
    declared.find((verdict) => verdict.value.name === started?.runtime) ??
    (declared.length > 0 && !isWebServer(started) ? installedRuntime(context, started) : undefined) ??
    uppermostRuntime(context, declared) ??
    vendorRuntime(context) ??
    toolRuntime(context) ??
    buildpacksRuntime(context) ??
    hardenedRuntime(context) ??
    referenceRuntime(baseReferences) ??
    storeRuntime(context) ??
    installedRuntime(context, started) ??
    dependencyRuntime(context) ??
    builderRuntime(context)
  );
}

function isWebServer(started: StartedProgram | undefined): boolean {
  return started !== undefined && WEB_SERVERS.has(started.runtime);
}

/** The runtimes that variables declare, most specific variable first. */
function environmentRuntimes({ env, history }: Context): readonly RuntimeVerdict[] {
  return VARIABLES.flatMap(([name, runtime]) => {
    const value = env.get(name);
    if (value === undefined) return [];
    const version = name === 'PYPY_VERSION' ? pythonOfPypy(history.steps) : variableVersion(name, runtime, value);
    return inferredRuntime(runtime, version, `env:${name}`);
  });
}

function variableVersion(name: string, runtime: Runtime, value: string): string | undefined {
  if (name === 'DOTNET_SDK_VERSION') return releaseOfSdk(value);
  return WITHOUT_VERSION.has(name) ? undefined : versionIn(value, runtime);
}

/** Of several declared runtimes, that of the uppermost official image, or else the first, with web servers last. */
function uppermostRuntime({ stack }: Context, declared: readonly RuntimeVerdict[]): RuntimeVerdict | undefined {
  const uppermost = stack.images.flatMap((image) => officialOf(image) ?? []).at(-1)?.env;
  return declared.find((verdict) => verdict.evidence === `env:${uppermost}`) ?? declared[0];
}

const BITNAMI = runtimesBy('bitnami');

/** Reads variables that are specific to Bitnami, Microsoft's .NET images and Java. */
function vendorRuntime({ env, history }: Context): RuntimeVerdict | undefined {
  const app = BITNAMI.get(env.get('BITNAMI_APP_NAME') ?? '');
  if (app) return inferredRuntime(app, versionIn(env.get('APP_VERSION') ?? '', app), 'env:BITNAMI_APP_NAME');
  if (env.has('DOTNET_RUNNING_IN_CONTAINER'))
    return inferredRuntime('dotnet', undefined, 'env:DOTNET_RUNNING_IN_CONTAINER');
  const home = env.get('JAVA_HOME');
  if (home === undefined) return undefined;
  const version = javaVersionIn(home) ?? javaVersionBehind(home, commandsOf(history.steps));
  return inferredRuntime('java', version, 'env:JAVA_HOME');
}

/** ko builds only Go programs. */
function toolRuntime({ history, env }: Context): RuntimeVerdict | undefined {
  const last = history.steps.at(-1);
  if (last?.author === 'ko' || env.has('KO_DATA_PATH')) return inferredRuntime('go', undefined, 'history:ko');
  return undefined;
}

const BUILDPACKS = runtimesBy('buildpacks');
const MAX_METADATA_LENGTH = 200_000;

/**
 * The language of the buildpacks that took part in the build, from the label that lists them: `heroku/ruby`,
 * `google.python.runtime`. Node.js counts only if no other language is listed, because it also builds the pages of
 * other applications.
 * @see buildpacks/spec, platform.md
 */
function buildpacksRuntime({ input }: Context): RuntimeVerdict | undefined {
  const metadata = input.config.labels['io.buildpacks.build.metadata']?.slice(0, MAX_METADATA_LENGTH) ?? '';
  const found = [...metadata.matchAll(/"id":"([a-z0-9-]+[/.][a-z0-9./-]+)"/g)].flatMap(([, id = '']) => {
    const runtime = id.split(/[/.]/).flatMap((part, index) => (index === 0 ? [] : (BUILDPACKS.get(part) ?? [])))[0];
    return runtime ? [inferredRuntime(runtime, undefined, `label:buildpack ${id}`)] : [];
  });
  return found.find(({ value }) => value.name !== 'node') ?? found[0];
}

/** The runtime of a Docker Hardened Image, by the labels that images on top inherit: `dhi/python`, `3.13.13-debian13`. */
function hardenedRuntime({ input: { config } }: Context): RuntimeVerdict | undefined {
  const [, repository = ''] = /^dhi\/([a-z0-9.-]+)$/.exec(config.labels['com.docker.dhi.name'] ?? '') ?? [];
  const runtime = REPOSITORIES.get(repository);
  if (!runtime) return undefined;
  const version = TAGGED_BY_TOOL.has(repository) ? '' : (config.labels['com.docker.dhi.version'] ?? '');
  return inferredRuntime(runtime, versionIn(version, runtime), 'label:com.docker.dhi.name');
}

/** The runtime that a base image's name contains: `library/node:20-slim`. */
function referenceRuntime(references: readonly string[]): RuntimeVerdict | undefined {
  for (const reference of references) {
    const [, repository = '', version] = /(?:^|\/)([a-z0-9.-]+)(?::(\d[\d.]*))?[^/]*$/.exec(reference) ?? [];
    const runtime = REPOSITORIES.get(repository);
    if (runtime)
      return inferredRuntime(runtime, TAGGED_BY_TOOL.has(repository) ? undefined : version, `base:${reference}`);
  }
  return undefined;
}

/** Repositories whose tags start with the tool's version, not the runtime's. */
const TAGGED_BY_TOOL: ReadonlySet<string> = new Set(
  'maven gradle tomcat miniconda3 anaconda3 miniforge3 mambaforge'.split(' '),
);

const REPOSITORIES = runtimesBy('repositories');

/**
 * The language of a compiler's image among the materials. Used last, when nothing else shows a runtime, and only if the
 * image has layers of its own.
 */
function builderRuntime(context: Context): RuntimeVerdict | undefined {
  const ownLayers = layersBefore(context, context.stack.ownStart);
  if (ownLayers !== undefined && ownLayers >= context.input.manifest.layers.length) return undefined;
  for (const { reference } of context.provenance.materials) {
    const [, repository = '', version] = /(?:^|\/)([a-z]+)(?::(\d+\.\d+(?:\.\d+)?)?[^/]*)?$/.exec(reference) ?? [];
    const runtime = REPOSITORIES.get(repository);
    if (runtime && isCompiled(runtime)) return inferredRuntime(runtime, version, `provenance:${reference}`);
  }
  return undefined;
}
