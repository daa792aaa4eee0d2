import { commandHoldsSecret } from '../../policy/secrets.ts';
import { type Command, runs } from '../../policy/shell.ts';
import { sourceOf } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';

/** What the image's own steps had pip install. */
interface PipList {
  /** Files of requirements, in the build's context. */
  readonly files: readonly string[];
  /** `torch`, `uvicorn[standard]>=0.30` */
  readonly names: readonly string[];
  /** Projects beside the program's, in the build's context: `./vendor/tool`. */
  readonly folders: readonly string[];
  /** The project itself, `.` or `.[server]`. */
  readonly project: string | undefined;
  /** `--extra-index-url https://…` */
  readonly indexes: readonly string[];
}

/** Of pip itself, and of tools that fill the environment. */
const TOOLS = /^(?:pip|setuptools|wheel|build|uv|poetry|pipenv|virtualenv|pip-tools)(?:[=<>~!].*)?$/;
const REQUIREMENT = /^[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?(?:[=<>~!]=?[\w.*,=<>~!+-]+)?$/;
/** Without a user, who may be a token. */
const REPOSITORY = /^(?:[\w.-]+@)?git\+https:\/\/[\w.-]+\/[\w./@#=&-]+$/;
const FOLDER = /^\.\/(?!.*\.\.)[\w./-]*\w$/;
const PROJECT = /^\.\/?(?:\[[\w,-]+\])?$/;
const FILE = /^[\w./-]+$/;
/** Lists and extras that development alone needs. */
const FOR_DEVELOPMENT = /(?:^|[/._-])(?:dev|development|test|tests|testing|lint|docs)(?:[._-]|$)/;
/** Options whose value is the next word, and no package. */
const TAKES_VALUE =
  /^(?:-[rciftp]|--(?:requirement|constraint|index-url|extra-index-url|find-links|target|prefix|root|trusted-host|timeout|retries|platform|python|python-version|progress-bar|cache-dir))$/;
/** Where other builds of the packages lie: PyTorch's without CUDA weigh a tenth. */
const INDEX = /^(?:-i|-f|--index-url|--extra-index-url|--find-links)$/;
const ADDRESS = /^https:\/\/[\w./-]+$/;

function isInstall(command: Command): boolean {
  return runs(command, ['pip', 'uv'], ['install']) || (runs(command, ['python'], ['install']) && isPip(command));
}

/** `"fastapi >= 0.100"` and `"tool @ git+https://…"` lost their quotes: each is one requirement. */
function joined(words: readonly string[]): readonly string[] {
  const requirements: string[] = [];
  for (const word of words) {
    const goesOn = /^[=<>~!@]/.test(word) || /^[^-].*[=<>~!@,]$/.test(requirements.at(-1) ?? '');
    requirements.push(goesOn ? (requirements.pop() ?? '') + word : word);
  }
  return requirements;
}

function isPip({ words }: Command): boolean {
  return words.includes('pip');
}

function pipListOf({ commands, copies, workdir }: DockerfileFacts): PipList {
  const installs = commands.filter((command) => isInstall(command) && !commandHoldsSecret(command.words));
  const words = installs.flatMap((command) => joined(command.words.slice(command.words.indexOf('install') + 1)));
  const files = words.flatMap((word, at) => fileIn(word, words[at - 1]) ?? []);
  const free = words.filter((_, at) => !TAKES_VALUE.test(words[at - 1] ?? ''));
  const wanted = files.filter((file) => FILE.test(file) && !FOR_DEVELOPMENT.test(file));
  return {
    files: [...new Set(wanted.map((file) => sourceOf(file, copies, workdir) ?? inContext(file)))],
    names: [...new Set(free.filter((word) => (REQUIREMENT.test(word) && !TOOLS.test(word)) || REPOSITORY.test(word)))],
    folders: [...new Set(free.filter((word) => FOLDER.test(word)))],
    project: productionOf(free.find((word) => PROJECT.test(word))),
    indexes: [...new Set(words.flatMap((word, at) => indexIn(word, words[at - 1]) ?? []))],
  };
}

/** `.[server,dev]` is `.[server]` where it runs. */
function productionOf(project: string | undefined): string | undefined {
  const extras =
    /\[(.*)\]/
      .exec(project ?? '')?.[1]
      ?.split(',')
      .filter((extra) => !FOR_DEVELOPMENT.test(extra)) ?? [];
  return project === undefined ? undefined : extras.length > 0 ? `.[${extras.join(',')}]` : '.';
}

/** `-r FILE`, `-rFILE`, `--requirement=FILE` */
function fileIn(word: string, before = ''): string | undefined {
  return /^(?:-r|--requirement)$/.test(before) ? word : /^(?:-r|--requirement=)(.+)$/.exec(word)?.[1];
}

function indexIn(word: string, before = ''): string | undefined {
  const [option, value = ''] = word.includes('=') ? word.split('=', 2) : [before, word];
  return option !== undefined && INDEX.test(option) && ADDRESS.test(value) ? `${option} ${value}` : undefined;
}

/** A list was copied to where the image has it; in the context it goes by its name. */
function inContext(file: string): string {
  return file.startsWith('/') ? file.slice(file.lastIndexOf('/') + 1) : file.replace(/^\.\//, '');
}

/** The steps that install what the image has: lists first, so that a change of sources installs nothing anew. */
export function pipInstall(facts: DockerfileFacts, run: string): readonly string[] {
  const list = pipListOf(facts);
  const isEmpty = list.files.length + list.names.length === 0;
  const pip = [`${run} pip install`, ...list.indexes].join(' ');
  const projects = [...list.folders, ...(list.project === undefined ? [] : [`"${list.project}"`])];
  if (projects.length === 0 && isEmpty) {
    return ['COPY requirements.txt .', `${pip} -r requirements.txt`, 'COPY . .'];
  }
  return [
    ...(isEmpty ? [] : [...copies(list), `${pip} ${wordsOf(list)}`]),
    'COPY . .',
    ...(projects.length > 0 ? [`${pip} ${projects.join(' ')}`] : []),
  ];
}

/** What pip itself calls: git, for packages that it takes from there. */
export function pipTools(facts: DockerfileFacts): readonly string[] {
  return pipListOf(facts).names.some((name) => REPOSITORY.test(name)) ? ['git'] : [];
}

/** Lists in a folder of their own include one another. */
function copies({ files }: PipList): readonly string[] {
  const atTop = files.filter((file) => folderOf(file) === '');
  const folders = [...new Set(files.map(folderOf))].filter((folder) => folder !== '');
  return [
    ...(atTop.length > 0 ? [`COPY ${atTop.join(' ')} ./`] : []),
    ...folders.map((folder) => `COPY ${folder} ${folder}`),
  ];
}

function wordsOf({ files, names }: PipList): string {
  const quoted = names.map((name) => (/[^\w.-]/.test(name) ? `"${name}"` : name));
  return [...files.map((file) => `-r ${file}`), ...quoted].join(' ');
}

function folderOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}
