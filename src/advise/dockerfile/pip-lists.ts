import { groupBy } from '../../common/group-by.ts';
import { absolutePath, baseName, withoutDotSlash } from '../../policy/paths.ts';
import { type Command, type PlacedCommand, runs } from '../../policy/shell.ts';
import { commandHoldsSecret } from '../../secrets/find-secrets.ts';
import { folderBelow, SOURCE, sourceOf } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';

/** What the image's own steps installed with pip by the same indexes and constraints. */
export interface PipList {
  /** Requirements files, as paths in the build context. */
  readonly files: readonly string[];
  /** Lists that the image copied beside these, since lists may include others; also with wildcards. */
  readonly others: readonly string[];
  /** Files with versions that requirements are held to, as paths in the build context. */
  readonly constraints: readonly string[];
  /** Requirements: `torch`, `uvicorn[standard]>=0.30`, `tool@git+https://…`. */
  readonly names: readonly string[];
  /** Other projects in the build context: `./vendor/tool`. */
  readonly folders: readonly string[];
  /** The program's own project: `.` or `.[server]`. */
  readonly project: string | undefined;
  /** Options that name package indexes and constraints: `--extra-index-url https://…`, `-c constraints.txt`. */
  readonly options: readonly string[];
  /** Folders with wheels, as paths in the build context and in the image. */
  readonly wheels: readonly { readonly source: string; readonly path: string }[];
}

/** pip itself, and other tools that fill the environment; the templates install those they use. */
const TOOLS = /^(?:pip|setuptools|wheel|build|uv|poetry|pipenv|virtualenv|pip-tools)(?:[=<>~!].*)?$/;
const REQUIREMENT = /^[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?(?:[=<>~!]=?[\w.*,=<>~!+-]+)?$/;
/** Not with a user in the URL, who may be a token. */
const REPOSITORY = /^(?:[\w.-]+@)?git\+https:\/\/[\w.-]+\/[\w./@#=&-]+$/;
const FOLDER = /^\.\/(?!.*\.\.)[\w./-]*\w$/;
const PROJECT = /^\.\/?(?:\[[\w,-]+\])?$/;
const FILE = /^[\w./-]+$/;
/** Requirements files and extras that only development needs. */
export const FOR_DEVELOPMENT = /(?:^|[/._-])(?:dev|development|test|tests|testing|lint|docs)(?:[._-]|$)/;
/** Options that take the next word as their value, so that it is no package. */
const TAKES_VALUE: ReadonlySet<string> = new Set(
  (
    '-r -c -i -f -t -p --requirement --constraint --index-url --extra-index-url --find-links --trusted-host --target ' +
    '--prefix --root --timeout --retries --platform --python --python-version --progress-bar --cache-dir'
  ).split(' '),
);
/** Options that may name an address. PyTorch's index of builds without CUDA has packages of a tenth of the size. */
const TAKES_ADDRESS = /^(?:-i|-f|-c|--index-url|--extra-index-url|--find-links|--constraint)$/;
const ADDRESS = /^https:\/\/[\w.-]+(?::\d+)?(?:\/[\w./-]*)?$/;

function isInstall(command: Command): boolean {
  const isModule = runs(command, ['python'], ['install']) && command.words.includes('pip');
  return isModule || runs(command, ['pip', 'uv'], ['install']);
}

/** Returns the lists in the order of their first commands: what comes from one index may be missing in another. */
export function pipListsOf(facts: DockerfileFacts): readonly PipList[] {
  const installs = facts.commands.filter((command) => isInstall(command) && !commandHoldsSecret(command.words));
  const lists = installs.map((install) => pipListOf(install, facts));
  return [...groupBy(lists, ({ options }) => options.join(' ')).values()].map(merged);
}

function pipListOf({ words: all, folder }: PlacedCommand<string>, facts: DockerfileFacts): PipList {
  // Requirements may contain spaces: "fastapi >= 0.100", "tool @ git+https://…".
  const words = all.slice(all.indexOf('install') + 1).map((word) => word.replace(/\s+/g, ''));
  const packages = words.filter((_, at) => !TAKES_VALUE.has(words[at - 1] ?? ''));
  const below = folderBelow(folder, facts);
  const from = below === '' ? '' : `${below}/`;
  const inContextOf = (file: string) => sourceOf(file, facts.copies, folder) ?? inContext(file, from);
  const wanted = filesIn(words, '-r', '--requirement').filter((file) => !FOR_DEVELOPMENT.test(file));
  const constraints = filesIn(words, '-c', '--constraint').map(inContextOf);
  const wheels = filesIn(words, '-f', '--find-links').flatMap((file) => wheelsAt(absolutePath(file, folder), facts));
  return {
    files: wanted.map(inContextOf),
    others: wanted.flatMap((file) => listsBeside(absolutePath(file, folder), facts)),
    constraints,
    names: packages.filter(isWanted),
    folders: packages.filter((word) => FOLDER.test(word)).map((path) => path.replace('./', `./${from}`)),
    project: productionOf(
      packages.find((word) => PROJECT.test(word)),
      below === '' ? '.' : `./${below}`,
    ),
    options: [
      ...words.flatMap((word, at) => addressIn(word, words[at - 1]) ?? []),
      ...constraints.map((file) => `-c ${file}`),
      ...(wheels.length > 0 && words.includes('--no-index') ? ['--no-index'] : []),
      ...wheels.map(({ path }) => `--find-links ${path}`),
    ],
    wheels,
  };
}

/** Returns the folder of wheels at an absolute path; none unless it may come from the build context. */
function wheelsAt(path: string, facts: DockerfileFacts): PipList['wheels'] {
  const source = isOfContext(path, facts) ? sourceOf(path, facts.copies, '/')?.replace(/\/$/, '') : undefined;
  return source === undefined ? [] : [{ source, path }];
}

/** Whether wheels may come from the build context: neither another stage nor a step of the image made them. */
function isOfContext(path: string, { copies, commands }: DockerfileFacts): boolean {
  const isOfStage = copies.some(({ into, sources }) => into === path && !sources.some((source) => SOURCE.test(source)));
  return !isOfStage && !commands.some(({ program, words }) => program === 'pip' && words.includes('wheel'));
}

function listsBeside(path: string, { copies }: DockerfileFacts): readonly string[] {
  const sources = copies.filter(({ into }) => into === folderOf(path)).flatMap((copy) => copy.sources);
  return sources
    .map(withoutDotSlash)
    .filter((source) => SOURCE.test(source) && /\.(?:txt|in)$/.test(source) && !FOR_DEVELOPMENT.test(source));
}

/** Joins lists with the same options. */
function merged(lists: readonly PipList[]): PipList {
  const all = (of: (list: PipList) => readonly string[]) => [...new Set(lists.flatMap(of))];
  return {
    files: all(({ files }) => files),
    others: all(({ others }) => others),
    constraints: all(({ constraints }) => constraints),
    names: all(({ names }) => names),
    folders: all(({ folders }) => folders),
    project: lists.find(({ project }) => project !== undefined)?.project,
    options: all(({ options }) => options),
    wheels: lists[0]?.wheels ?? [],
  };
}

function isWanted(word: string): boolean {
  return (REQUIREMENT.test(word) && !TOOLS.test(word)) || REPOSITORY.test(word);
}

/** Drops the extras that only development needs: `.[server,dev]` becomes `.[server]`. */
function productionOf(project: string | undefined, path: string): string | undefined {
  if (project === undefined) return undefined;
  const named = /\[(.*)\]/.exec(project)?.[1]?.split(',') ?? [];
  const extras = named.filter((extra) => !FOR_DEVELOPMENT.test(extra));
  return extras.length > 0 ? `${path}[${extras.join(',')}]` : path;
}

/** Returns the files that options name: `-r FILE`, `-rFILE`, `--requirement FILE`, `--requirement=FILE`. */
function filesIn(words: readonly string[], short: string, long: string): readonly string[] {
  const attached = new RegExp(`^(?:${short}|${long}=)(.+)$`);
  const isOption = (word = '') => word === short || word === long;
  const named = words.flatMap((word, at) => (isOption(words[at - 1]) ? word : (attached.exec(word)?.[1] ?? [])));
  return named.filter((file) => FILE.test(file));
}

/** Returns an option with the address that it names: `-i URL`, `--index-url=URL`. */
function addressIn(word: string, before = ''): string | undefined {
  const [option, value = ''] = word.includes('=') ? word.split('=', 2) : [before, word];
  return option !== undefined && TAKES_ADDRESS.test(option) && ADDRESS.test(value) ? `${option} ${value}` : undefined;
}

/** Returns the likely path in the context of a file whose COPY is unknown: its name alone if the path is absolute. */
function inContext(file: string, from: string): string {
  return file.startsWith('/') ? baseName(file) : from + withoutDotSlash(file);
}

/** Returns the programs that pip itself needs: git, for packages from git repositories. */
export function pipTools(facts: DockerfileFacts): readonly string[] {
  return pipListsOf(facts).some(({ names }) => names.some((name) => REPOSITORY.test(name))) ? ['git'] : [];
}

/** Returns the folder of a file as a path; empty for the top. */
export function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}
