import { readEnv } from '../../classify/context.ts';
import type { BuildStep } from '../../classify/history/build-steps.ts';
import { assignments } from '../../classify/history/instruction.ts';
import { anyOf } from '../../common/any-of.ts';
import { type ImageView, ownSteps } from '../../policy/image-view.ts';
import type { Command } from '../../policy/shell.ts';
import { isSecret, isSecretArgument, OF_PAGES } from '../../secrets/find-secrets.ts';

/** Variables that bases, package managers and compilers set or read. Templates set their own, or need none. */
const NOT_THE_PROGRAMS = anyOf(
  [
    /PATH|HOME|LANG|LANGUAGE|LC_ALL|DEBIAN_FRONTEND|GPG_KEYS?|VIRTUAL_ENV/,
    /NODE_ENV|(?:RAILS|RACK)_ENV|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|CGO_ENABLED/,
    /GO(?:PATH|ROOT|BIN|OS|ARCH|PROXY|PRIVATE|SUMDB|NOSUMDB|FLAGS|CACHE|MODCACHE|TOOLCHAIN|111MODULE)/,
    /\w*(?:VERSION|SHA256|SHA512|CHECKSUM|_HOME|CACHE_DIR)/,
    /(?:PIP|PYTHON_PIP|PYTHON_GET_PIP|POETRY|PIPENV|UV|NPM|npm|PNPM|YARN|COREPACK|BUNDLE|RUBY_DOWNLOAD|COMPOSER)_\w*/,
    /(?:PHPIZE|CARGO|RUSTUP|MAVEN|GRADLE|NUGET)_\w*|PHP_(?:INI_DIR|\w*FLAGS|\w*URL|MD5|EXTRA_\w+)/,
    // Others are of the program, such as the folder that Apache serves.
    /APACHE_(?:CONFDIR|ENVVARS|RUN_\w+|LOG_DIR|LOCK_DIR|PID_FILE)/,
  ],
  '^',
  '$',
);
/** Text of one line. */
const LINE = /^[^\p{Cc}\u2028\u2029]{1,500}$/u;
const BARE_VALUE = /^[\w./:@%+,=-]+$/;

/**
 * Returns the variables that the image's own steps set for the program, as ENV takes them: `PORT=8080`, `TITLE="a b"`, and
 * `NOTICE=$NOTICE` for a value of several lines. Secrets and empty values are left out.
 */
export function ownEnvironment(view: ImageView): readonly string[] {
  return environmentOf(ownSteps(view), view);
}

function environmentOf(steps: readonly BuildStep[], view: ImageView): readonly string[] {
  const names = steps.flatMap(({ verb, args }) => (verb === 'ENV' ? assignments(args) : []));
  const values = readEnv(view.image.config.env);
  return [...new Set(names.map(([name]) => name))].flatMap((name) => {
    if (NOT_THE_PROGRAMS.test(name)) return [];
    const value = values.get(name) ?? '';
    return variable(name, name === 'LD_PRELOAD' ? preloaded(value, view) : value);
  });
}

/** A library in a folder of the distribution's in which the loader looks for names, also as the target of a link. */
const LOADABLE = /(?:^|\s)\/(?:usr\/)?lib(?:64)?\/(?:[^/]*-linux-gnu\w*\/)?([^/\s]+)$/;

/**
 * Returns the libraries that are loaded into every program, with those of the distribution by name: their folder differs
 * by distribution and processor, so that Rails links to it in a step, which the Dockerfile has not.
 * @see ld.so(8), "LD_PRELOAD"
 */
function preloaded(paths: string, { own }: ImageView): string {
  const links = own.flatMap(({ commands }) => commands.filter(({ program }) => program === 'ln'));
  const targets = new Map(links.map(({ words }) => [words.at(-1), words.slice(0, -1).join(' ')]));
  return paths.replace(/[^\s:]+/g, (path) => LOADABLE.exec(targets.get(path) ?? path)?.[1] ?? path);
}

/** Returns a setting; of a value that does not fit on a line, one that a build argument of the same name gives. */
function variable(name: string, value: string): readonly string[] {
  const isArgument = /^\w+$/.test(name) && value !== '' && !LINE.test(value) && !isSecret(name, value);
  return isArgument ? [`${name}=$${name}`] : setting(name, value);
}

const RUNS_NODE = /\b(?:npm|npx|pnpm|yarn|bun)\b/;
/** Loads a module into every program, which may not be installed yet. */
const PRELOADS = /^NODE_OPTIONS=.*(?:-r|--require|--import)[ =]/;

/** What the image's own build with Node.js could read: variables as ENV takes them, and names of build arguments. */
export interface BuildSettings {
  readonly env: readonly string[];
  readonly args: readonly string[];
}

/** Returns what was set before the last step that ran a package manager of Node.js. */
export function nodeBuildSettings(view: ImageView): BuildSettings {
  const steps = ownSteps(view);
  const last = steps.findLastIndex(({ verb, args }) => verb === 'RUN' && RUNS_NODE.test(args));
  const before = steps.slice(0, Math.max(0, last));
  const env = environmentOf(before, view).filter((variable) => !PRELOADS.test(variable));
  const args = before.flatMap((step) => (step.verb === 'ARG' ? step.args.split(/\s+/) : []));
  const set = new Set(env.flatMap((variable) => variable.split('=', 1)));
  const isKept = (name: string) => OF_PAGES.test(name) && !isSecretArgument(name) && !set.has(name);
  return { env, args: [...new Set(args.flatMap((word) => word.split('=', 1)))].filter(isKept) };
}

/** Variables that tell package managers from where to download. */
const OF_REGISTRIES = anyOf(
  [
    /PIP_(?:(?:EXTRA_)?INDEX_URL|TRUSTED_HOST)|UV_(?:INDEX|DEFAULT_INDEX|(?:EXTRA_)?INDEX_URL)/,
    /(?:NPM_CONFIG|npm_config|YARN)_(?:REGISTRY|registry)|YARN_NPM_REGISTRY_SERVER|COREPACK_NPM_REGISTRY/,
    /GO(?:PROXY|PRIVATE|SUMDB|NOSUMDB|NOPROXY|INSECURE)|BUNDLE_MIRROR__\w+/,
  ],
  '^',
  '$',
);

/**
 * Returns the registries that the image's own build downloaded from, as variables that ENV takes; without secrets and
 * those that name other variables.
 */
export function registrySettings(view: ImageView): readonly string[] {
  const set = ownSteps(view).flatMap(({ verb, args }) => (verb === 'ENV' || verb === 'ARG' ? assignments(args) : []));
  const values = new Map(set.filter(([name, value]) => OF_REGISTRIES.test(name) && !value.includes('$')));
  return [...values].flatMap(([name, value]) => setting(name, value));
}

/** Returns ARG instructions; none if there are no names. */
export function argumentLines(names: readonly string[]): readonly string[] {
  return names.length === 0
    ? []
    : ['# Give these to the build, as --build-arg.', ...names.map((name) => `ARG ${name}`)];
}

/**
 * Returns a name and its value as ENV and LABEL take them; nothing if the value is secret, empty or of several lines.
 * @see Dockerfile reference, "Environment replacement" and "ENV": in double quotes a backslash takes the next character as it is
 */
export function setting(name: string, value: string): readonly string[] {
  if (!LINE.test(value) || isSecret(name, value)) return [];
  return [`${name}=${BARE_VALUE.test(value) ? value : `"${value.replace(/["\\$]/g, '\\$&')}"`}`];
}

/**
 * Returns the variables set for one command alone, as a shell takes them. Secrets and values with special characters
 * are left out; placeholders for secrets are kept.
 */
export function ownVariables({ variables = [] }: Command): readonly string[] {
  return variables.flatMap((variable) => {
    const [, name = '', value = ''] = /^(\w+)=(["']?[^"']*)["']?$/.exec(variable) ?? [];
    const bare = value.replace(/^["']/, '');
    return BARE_VALUE.test(bare) && !isSecret(name, bare) ? [`${name}=${bare}`] : [];
  });
}

/** The most variables that are written on one line. */
const MAX_PER_LINE = 3;

/**
 * Returns the ENV instruction with the variables of the image's own steps, after the build arguments that it names; none if
 * there are no variables.
 */
export function environmentLines({ env }: { readonly env: readonly string[] }): readonly string[] {
  if (env.length === 0) return [];
  const args = env.flatMap((line) => /^(\w+)=\$\1$/.exec(line)?.[1] ?? []);
  return [
    ...(args.length > 0 ? ['# Values that do not fit on a line: give them to the build, as --build-arg.'] : []),
    ...args.map((name) => `ARG ${name}`),
    `ENV ${env.join(env.length > MAX_PER_LINE ? ' \\\n    ' : ' ')}`,
  ];
}
