import { copiesFiles } from '../../classify/history/instruction.ts';
import { isCompiled } from '../../classify/verdict.ts';
import { anyOf } from '../../common/any-of.ts';
import { lookUp } from '../../common/look-up.ts';
import type { LayerView } from '../../policy/image-view.ts';
import { PACKAGE_MANAGERS } from '../../policy/installs.ts';
import { baseName, isWithin } from '../../policy/paths.ts';
import { asksVersion, type Command, runs } from '../../policy/shell.ts';
import { placesPages } from '../pages.ts';
import { isScript } from '../start.ts';
import { type Copy, isMergedCopy, PLAIN_PATH, SOURCE, type SourceFacts } from './copies.ts';
import { sameCopy } from './copy-steps.ts';
import { holdsSecret } from './credentials.ts';
import { isIgnored } from './dockerignore.ts';
import type { DockerfileFacts } from './facts.ts';
import { installsGems } from './gems.ts';
import { LANGUAGES } from './languages.ts';
import { settingOf } from './nginx-settings.ts';

/** Programs for packages of distributions, which all templates install. */
const OF_PACKAGES: ReadonlySet<string> = new Set([...PACKAGE_MANAGERS, 'apt-mark', 'apt-key', 'add-apt-repository']);
/** Programs that leave nothing which a program needs, or that set up the user and the folder, as the templates do. */
const HOUSEKEEPING: ReadonlySet<string> = new Set(
  (
    'rm cd set echo printf true : find ls cat test [ [[ exit export unset which command touch mkdir chown chmod chgrp ' +
    'useradd adduser groupadd addgroup usermod gpg fi done for case esac . source'
  ).split(' '),
);
/** Folders outside of which a new folder is one that the program uses. */
const PASSING = /^(?!\/)|^\/(?:tmp|root|etc\/apt|var\/(?:cache|lib\/apt))(?:\/|$)/;
/** What a download installs that the templates install as well. */
const KNOWN_DOWNLOAD = /nodesource|rustup|install\.python-poetry|astral\.sh|get-pip|getcomposer|sdkman|microsoft-prod/;
const WRITES_FILE = />{1,2}\s*["']?(?:\/(?!dev\/|tmp\/|etc\/apt\/)|\$\{?PHP_INI_DIR)/;
/** Python's own steps that the templates repeat. */
const PYTHON_STEPS = /^(?:-m (?:venv|pip|compileall)\b|(?:\S*\/)?manage\.py (?:collectstatic|compilemessages)\b)/;

const MAX_STEPS = 8;
const MAX_LENGTH = 160;
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]+$/u;

/**
 * Returns the instructions of the image's own layers whose effects a generated Dockerfile does not repeat, such as
 * `RUN playwright install chromium`; without those that hold a credential.
 */
export function leftOutSteps(own: readonly LayerView[], facts: StepFacts): readonly string[] {
  const fetched = new Set(facts.copies.filter((copy) => isFetched(copy, facts)).map(({ layer }) => layer));
  const leavesMore = (layer: LayerView): boolean =>
    (copiesFiles(layer.verb) && fetched.has(layer.position)) ||
    layer.commands.some((command) => isLeftOut(command, layer, facts));
  return own
    .filter(leavesMore)
    .filter(({ commands }) => !commands.some(holdsSecret))
    .map(({ instruction }) => instruction.replace(DIGEST, '…'))
    .filter((instruction) => ONE_LINE.test(instruction));
}

type StepFacts = SourceFacts & Pick<DockerfileFacts, 'deployment' | 'gems' | 'servesPages'>;

function isLeftOut(command: Command, { args, folder: from = '/' }: LayerView, facts: StepFacts): boolean {
  const { folder, runtime, deployment, gems, servesPages } = facts;
  const { program, words } = command;
  if (isMergedCopy(command) || (gems && installsGems(command))) return false;
  if (runs(command, ['pnpm'], ['deploy'])) return deployment === undefined;
  if (asksVersion(command)) return false;
  if ((servesPages || runtime === 'nginx') && settingOf({ ...command, folder: from }) !== undefined) return false;
  const leaves = lookUp(LEAVES, program);
  if (leaves) return leaves(words, args, folder);
  if (/^(?:curl|wget|php)$/.test(program) && KNOWN_DOWNLOAD.test(args)) return false;
  if (servesPages && placesPages(command)) return false;
  if (runtime === 'java' && /^(?:cp|mv)$/.test(program)) return !words.some((word) => /\.[jw]ar$/.test(word));
  return !HOUSEKEEPING.has(program) && !OF_PACKAGES.has(program) && !LANGUAGES[runtime]?.repeats.test(program);
}

type Leaves = (words: readonly string[], args: string, folder: string) => boolean;

const writesFile: Leaves = (_, args) => WRITES_FILE.test(args);
const isNoPrecompilation: Leaves = (words) => !words.includes('assets:precompile');

/** Whether a program, run with these words, leaves something that no template makes. */
const LEAVES: Readonly<Record<string, Leaves>> = {
  mkdir: (words, _, folder) => words.some((word) => !isPassing(word, folder)),
  echo: writesFile,
  printf: writesFile,
  cat: writesFile,
  python: (words, args) => !KNOWN_DOWNLOAD.test(args) && !PYTHON_STEPS.test(words.join(' ')),
  rails: isNoPrecompilation,
  rake: isNoPrecompilation,
  gem: (words) => installsGems({ program: 'gem', words }),
};

/** What earlier stages made in ways that the templates repeat: packages, runtimes, package managers, programs. */
const MADE_BY_STAGES = anyOf([
  /^\/usr(?:\/local(?:\/bin|\/lib)?)?\/?$/,
  /\/\.?(?:v?env|site-packages|uvx?|pip|wheels?|node_modules|bundle|composer|install)(?:\/|$)/,
  /\/\.?(?:java|jdk|jre|openjdk|dotnet)(?:\/|$)/,
]);

/** What the classic builder and Buildah record in place of sources. */
const DIGEST = /\b(?:file|dir|multi):[0-9a-f]{64}\b/;

/**
 * Whether a COPY brings files from another stage or image, or from nobody knows where, or ADD from the network
 * or from an archive to any folder, to where the templates bring none. A compiled program is such a file itself, and the
 * template for nginx copies from stages; an archive in the first layer is the root file system.
 */
function isFetched({ sources, into, unpacks, layer }: Copy, { folder, runtime }: StepFacts): boolean {
  if (unpacks && into === '/') return layer > 0;
  if (sources.length > 0 && sources.every((source) => /^https?:/.test(source))) return !PASSING.test(into);
  if (isPassing(into, folder) || isCompiled(runtime) || runtime === 'nginx') return false;
  const isElsewhere = sources.every((source) => source.startsWith('/') && !MADE_BY_STAGES.test(source));
  const isOther = sources.length > 0 || !(OF_BUILDS.test(into) || isScript(baseName(into)));
  return isElsewhere && isOther && !MADE_BY_STAGES.test(into) && !isPartOfProgram(into);
}

function isPartOfProgram(path: string): boolean {
  const name = baseName(path);
  const isAgent = name.endsWith('.jar') && name.includes('agent');
  return NOT_SETTINGS.test(path) && !isAgent;
}

function isPassing(path: string, folder: string): boolean {
  return PASSING.test(path) || isWithin(path, folder);
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

/** Folders of which the templates make their own copies, or that only a build uses. */
const OF_BUILDS = /^\/(?:root|tmp|build|src|reqs?|requirements|wheel(?:s|house))(?:\/|$)/;
/** Package lists, programs that the first stage builds, and keys. */
const NOT_SETTINGS = anyOf([
  /(?:^|\/)(?:requirements[\w.*-]*\.txt|pyproject\.toml|package[\w*-]*\.json|pom\.xml)$/,
  /(?:^|\/)(?:Gemfile(?:\.lock|\*)?|composer\.[\w*]+)$/,
  /(?:^|\/)(?:\.(?:env|netrc|npmrc|pypirc)|id_\w+)$/,
  /\.(?:jar|war|ear|dll|exe|key|p12|pfx|whl|lock)$/,
]);

/** Whether a jar is one that Tomcat loads for its applications, such as a database driver. */
function isLibrary(source: string, into: string): boolean {
  return source.endsWith('.jar') && /\/tomcat\/lib(?:\/|$)/.test(into);
}

/**
 * Returns the COPY of files that the image has outside of the folder of its sources: settings, certificates,
 * migrations. The start script is left to the lines that start the program.
 */
export function otherCopies(facts: DockerfileFacts): readonly string[] {
  const { copies, folder, runtime, script, entrypoint, cmd, env } = facts;
  const start = [...entrypoint, ...cmd, ...env].join(' ');
  const isOther = ({ sources, into }: Copy): boolean =>
    sources.length > 0 &&
    PLAIN_PATH.test(into) &&
    !isPassing(into, folder) &&
    !OF_BUILDS.test(into) &&
    sources.every(
      (source) =>
        SOURCE.test(source) &&
        (isLibrary(source, into) || start.includes(`-javaagent:${into}`) || !isPartOfProgram(source)) &&
        !isIgnored(source, runtime) &&
        !(script && baseName(source) === baseName(script)),
    );
  return copies.filter(isOther).map((copy) => {
    const mode = copy.sources.every((source) => isScript(baseName(source))) ? '--chmod=0755 ' : '';
    return sameCopy(copy, mode);
  });
}
