import { commandHoldsSecret } from '../../policy/secrets.ts';
import { type Command, runs } from '../../policy/shell.ts';
import { isAmong, sourceOf, sourceSteps } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';

/** What the image's own steps installed with pip. */
interface PipList {
  /** Requirements files, as paths in the build context. */
  readonly files: readonly string[];
  /** Files with versions that requirements are held to, as paths in the build context. */
  readonly constraints: readonly string[];
  /** Requirements: `torch`, `uvicorn[standard]>=0.30`, `tool@git+https://…`. */
  readonly names: readonly string[];
  /** Other projects in the build context: `./vendor/tool`. */
  readonly folders: readonly string[];
  /** The program's own project: `.` or `.[server]`. */
  readonly project: string | undefined;
  /** Options that name package indexes or constraints by an address: `--extra-index-url https://…`. */
  readonly addresses: readonly string[];
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
const FOR_DEVELOPMENT = /(?:^|[/._-])(?:dev|development|test|tests|testing|lint|docs)(?:[._-]|$)/;
/** Options that take the next word as their value, so that it is no package. */
const TAKES_VALUE =
  /^(?:-[rciftp]|--(?:requirement|constraint|index-url|extra-index-url|find-links|target|prefix|root|trusted-host|timeout|retries|platform|python|python-version|progress-bar|cache-dir))$/;
/** Options that may name an address. PyTorch's index of builds without CUDA has packages of a tenth of the size. */
const TAKES_ADDRESS = /^(?:-i|-f|-c|--index-url|--extra-index-url|--find-links|--constraint)$/;
const ADDRESS = /^https:\/\/[\w./-]+$/;

function isInstall(command: Command): boolean {
  return runs(command, ['pip', 'uv'], ['install']) || (runs(command, ['python'], ['install']) && namesPip(command));
}

function namesPip({ words }: Command): boolean {
  return words.includes('pip');
}

function pipListOf({ commands, copies, folder }: DockerfileFacts): PipList {
  const installs = commands.filter((command) => isInstall(command) && !commandHoldsSecret(command.words));
  // Requirements may contain spaces: "fastapi >= 0.100", "tool @ git+https://…".
  const words = installs
    .flatMap(({ words: all }) => all.slice(all.indexOf('install') + 1))
    .map((word) => word.replace(/\s+/g, ''));
  const packages = words.filter((_, at) => !TAKES_VALUE.test(words[at - 1] ?? ''));
  const inContextOf = (files: readonly string[]) => [
    ...new Set(files.map((file) => sourceOf(file, copies, folder) ?? inContext(file))),
  ];
  return {
    files: inContextOf(filesIn(words, '-r', '--requirement').filter((file) => !FOR_DEVELOPMENT.test(file))),
    constraints: inContextOf(filesIn(words, '-c', '--constraint')),
    names: [...new Set(packages.filter(isWanted))],
    folders: [...new Set(packages.filter((word) => FOLDER.test(word)))],
    project: productionOf(packages.find((word) => PROJECT.test(word))),
    addresses: [...new Set(words.flatMap((word, at) => addressIn(word, words[at - 1]) ?? []))],
  };
}

function isWanted(word: string): boolean {
  return (REQUIREMENT.test(word) && !TOOLS.test(word)) || REPOSITORY.test(word);
}

/** Drops the extras that only development needs: `.[server,dev]` becomes `.[server]`. */
function productionOf(project: string | undefined): string | undefined {
  const extras =
    /\[(.*)\]/
      .exec(project ?? '')?.[1]
      ?.split(',')
      .filter((extra) => !FOR_DEVELOPMENT.test(extra)) ?? [];
  return project === undefined ? undefined : extras.length > 0 ? `.[${extras.join(',')}]` : '.';
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
function inContext(file: string): string {
  return file.startsWith('/') ? file.slice(file.lastIndexOf('/') + 1) : file.replace(/^\.\//, '');
}

/**
 * Returns the steps that install the image's packages. Requirements come before the sources, so that a change of
 * sources does not install them again.
 * @param run the RUN instruction, with its cache mount
 */
export function pipInstall(facts: DockerfileFacts, run: string): readonly string[] {
  const list = pipListOf(facts);
  const isEmpty = list.files.length + list.names.length === 0;
  const copied = isEmpty ? [] : [...list.files, ...list.constraints];
  const pip = [`${run} pip install`, ...list.addresses, ...list.constraints.map((file) => `-c ${file}`)].join(' ');
  const projects = [...list.folders, ...(list.project === undefined ? [] : [`"${list.project}"`])];
  if (projects.length === 0 && isEmpty) {
    return ['COPY requirements.txt .', `${pip} -r requirements.txt`, ...sourceSteps(facts)];
  }
  return [
    ...(isEmpty ? [] : [...listSteps(copied, facts), `${pip} ${wordsOf(list)}`]),
    ...sourceSteps(facts, (source) => isAmong(copied, source)),
    ...(projects.length > 0 ? [`${pip} ${projects.join(' ')}`] : []),
  ];
}

/** Returns the programs that pip itself needs: git, for packages from git repositories. */
export function pipTools(facts: DockerfileFacts): readonly string[] {
  return pipListOf(facts).names.some((name) => REPOSITORY.test(name)) ? ['git'] : [];
}

/**
 * Returns the COPY of requirements and constraints. Files in a folder may include one another, so the whole folder is copied; if
 * it holds the sources too, only its lists.
 */
function listSteps(files: readonly string[], { copies, folder }: DockerfileFacts): readonly string[] {
  const atTop = files.filter((file) => folderOf(file) === '');
  const folders = [...new Set(files.map(folderOf))].filter((name) => name !== '');
  const holdsSources = (name: string): boolean =>
    copies.some(
      ({ sources, into }) => into === folder && sources.some((source) => isAmong([name, `${name}/`], source)),
    );
  return [
    ...(atTop.length > 0 ? [`COPY ${atTop.join(' ')} ./`] : []),
    ...folders.map((name) => (holdsSources(name) ? `COPY ${name}/*.txt ${name}/` : `COPY ${name} ${name}`)),
  ];
}

function wordsOf({ files, names }: PipList): string {
  const quoted = names.map((name) => (/[^\w.-]/.test(name) ? `"${name}"` : name));
  return [...files.map((file) => `-r ${file}`), ...quoted].join(' ');
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}
