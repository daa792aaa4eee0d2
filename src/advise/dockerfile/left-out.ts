import type { Runtime } from '../../classify/verdict.ts';
import type { LayerView } from '../../policy/image-view.ts';
import { commandHoldsSecret } from '../../policy/secrets.ts';
import type { Command } from '../../policy/shell.ts';
import { isScript } from '../start.ts';
import { isCompiled } from '../subject.ts';
import { baseName, type Copy, type SourceFacts } from './copies.ts';
import { isIgnored } from './dockerignore.ts';

/**
 * Programs whose effects the templates repeat: package managers of distributions and languages, and build tools.
 * `corepack enable` is parsed as the program `enable`, because `corepack` also precedes other programs.
 */
const REPEATED =
  /^(?:apt|apt-get|apt-mark|apt-key|add-apt-repository|apk|yum|dnf|microdnf|tdnf|zypper|npm|pnpm|yarn|bun|corepack|enable|prepare|prisma|turbo|nx|lerna|pip|uv|poetry|pipenv|venv|virtualenv|go|cargo|rustup|mvnw?|gradlew?|bundle|composer|pecl|docker-php-ext-\w+|a2enmod|dotnet)$/;
/** Programs that leave nothing which a program needs, or that set up the user and the folder, as the templates do. */
const HOUSEKEEPING =
  /^(?:rm|cd|set|echo|printf|true|:|find|ls|cat|test|\[{1,2}|exit|export|unset|which|command|useradd|adduser|groupadd|addgroup|usermod|chown|chmod|chgrp|mkdir|touch|fi|done|for|case|esac|gpg|curl|wget)$/;
/** Folders outside of which a new folder is one that the program uses. */
const PASSING = /^(?!\/)|^\/(?:tmp|root|etc\/apt|var\/(?:cache|lib\/apt))(?:\/|$)/;
/** What a download installs that the templates install as well. */
const KNOWN_DOWNLOAD = /nodesource|rustup|install\.python-poetry|astral\.sh|get-pip|getcomposer|sdkman|microsoft-prod/;
const WRITES_FILE = />{1,2}\s*["']?\/(?!dev\/|tmp\/|etc\/apt\/)/;
/** Python's own steps that the templates repeat. */
const PYTHON_STEPS = /^(?:-m (?:venv|pip|compileall)\b|(?:\S*\/)?manage\.py (?:collectstatic|compilemessages)\b)/;

const MAX_STEPS = 8;
const MAX_LENGTH = 160;
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]+$/u;

/**
 * Returns the instructions of the image's own layers whose effects a generated Dockerfile does not repeat, such as
 * `RUN playwright install chromium`; without those that hold a credential.
 */
export function leftOutSteps(own: readonly LayerView[], { copies, folder, runtime }: SourceFacts): readonly string[] {
  const made = own.filter(({ verb }) => verb === 'COPY' || verb === 'ADD');
  const fetched = new Set(made.filter((_, at) => isFetched(copies[at], folder, runtime)));
  return own
    .filter((layer) => fetched.has(layer) || layer.commands.some((command) => isLeftOut(command, layer, folder)))
    .filter(({ commands }) => !commands.some(({ program, words }) => commandHoldsSecret([program, ...words])))
    .map(({ instruction }) => instruction)
    .filter((instruction) => ONE_LINE.test(instruction));
}

function isLeftOut({ program, words }: Command, { args }: LayerView, folder: string): boolean {
  if (words.every((word) => /^(?:--?v|--?version|version)$/i.test(word)) && words.length > 0) return false;
  if (program === 'mkdir') return words.some((word) => !isPassing(word, folder));
  if (program === 'echo' || program === 'printf' || program === 'cat') return WRITES_FILE.test(args);
  if (program === 'curl' || program === 'wget') return !KNOWN_DOWNLOAD.test(args);
  if (program === 'python') return !PYTHON_STEPS.test(words.join(' '));
  if (program === 'rails' || program === 'rake') return !words.includes('assets:precompile');
  if (program === 'gem') return !words.includes('bundler') && words.includes('install');
  return !REPEATED.test(program) && !HOUSEKEEPING.test(program);
}

/** What earlier stages made in ways that the templates repeat: packages, runtimes, package managers, programs. */
const MADE_BY_STAGES =
  /^\/usr(?:\/local(?:\/bin|\/lib)?)?\/?$|\/\.?(?:v?env|site-packages|node_modules|bundle|composer|uvx?|pip|wheels?|install|java|jdk|jre|openjdk|dotnet)(?:\/|$)/;

/**
 * Reports whether a COPY brings files from another stage or image, or ADD from the network, to where the templates
 * bring none. A compiled program is such a file itself.
 */
function isFetched(copy: Copy | undefined, folder: string, runtime: Runtime): boolean {
  if (copy === undefined || isPassing(copy.into, folder) || isCompiled(runtime)) return false;
  const { sources, into } = copy;
  const isFromStage = sources.every((source) => source.startsWith('/') && !MADE_BY_STAGES.test(source));
  const isRemote = sources.every((source) => /^https?:/.test(source));
  return sources.length > 0 && (isRemote || (isFromStage && !MADE_BY_STAGES.test(into) && !isPartOfProgram(into)));
}

function isPartOfProgram(path: string): boolean {
  const name = baseName(path);
  const isAgent = name.endsWith('.jar') && name.includes('agent');
  return NOT_SETTINGS.test(path) && !isAgent;
}

function isPassing(path: string, folder: string): boolean {
  return PASSING.test(path) || `${path}/`.startsWith(`${folder}/`);
}

/** Returns the note that lists such steps; nothing if there are none. */
export function leftOutNote(steps: readonly string[]): readonly string[] {
  if (steps.length === 0) return [];
  const shown = steps.slice(0, MAX_STEPS).map((step) => {
    return `#   ${step.length > MAX_LENGTH ? `${step.slice(0, MAX_LENGTH - 1)}…` : step}`;
  });
  return [
    '# The image also has these steps: add those that the program needs, in the stage that they belong to.',
    ...shown,
    ...(steps.length > MAX_STEPS ? [`#   and ${steps.length - MAX_STEPS} more`] : []),
  ];
}

/** A file or folder of the context, by its plain path. */
const PLAIN_SOURCE = /^(?!.*\.\.)(?!\.\/?$)[\w.][\w./@-]*$/;
const PLAIN_TARGET = /^\/[\w./-]+$/;
/** Folders of which the templates make their own copies, or that only a build uses. */
const OF_BUILDS = /^\/(?:root|tmp|build|src|reqs?|requirements)(?:\/|$)/;
/** Package lists, programs that the first stage builds, and keys. */
const NOT_SETTINGS =
  /(?:^|\/)(?:requirements[\w.-]*\.txt|package[\w-]*\.json|pyproject\.toml|Gemfile(?:\.lock)?|composer\.\w+|pom\.xml|\.(?:env|netrc|npmrc|pypirc)|id_\w+)$|\.(?:jar|war|ear|dll|exe|key|p12|pfx|whl|lock)$/;

/**
 * Returns the COPY of files that the image has outside of the folder of its sources: settings, certificates,
 * migrations. Start scripts are left to the lines that start the program.
 */
export function otherCopies({ copies, folder, runtime }: SourceFacts): readonly string[] {
  const isOther = ({ sources, into }: Copy): boolean =>
    sources.length > 0 &&
    PLAIN_TARGET.test(into) &&
    !isPassing(into, folder) &&
    !OF_BUILDS.test(into) &&
    sources.every(
      (source) =>
        PLAIN_SOURCE.test(source) &&
        !isPartOfProgram(source) &&
        !isIgnored(source, runtime) &&
        !isScript(baseName(source)),
    );
  return copies.filter(isOther).map(({ sources, target, into }) => {
    const isFolder = target.endsWith('/') || sources.length > 1;
    return `COPY ${sources.join(' ')} ${into}${isFolder ? '/' : ''}`;
  });
}
