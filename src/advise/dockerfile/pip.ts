import { folderBelow, isAmong } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import type { DockerfileFacts } from './facts.ts';
import { folderOf, type PipList, pipListsOf } from './pip-lists.ts';

/**
 * Returns the steps that install the image's packages. Requirements come before the sources, so that a change of
 * sources does not install them again.
 * @param run the RUN instruction, with its cache mount
 */
export function pipInstall(facts: DockerfileFacts, run: string): readonly string[] {
  const lists = pipListsOf(facts);
  const fromIndexes = lists.filter(({ files, names }) => files.length + names.length > 0);
  const fromContext = lists.filter(({ folders, project }) => folders.length > 0 || project !== undefined);
  const pip = ({ options, wheels }: PipList) => {
    const mounts = wheels.map(({ source, path }) => `--mount=type=bind,source=${source},target=${path}`);
    return [run, ...mounts, 'pip install', ...options].join(' ');
  };
  if (fromIndexes.length + fromContext.length === 0) {
    return ['COPY requirements.txt .', `${run} pip install -r requirements.txt`, ...sourceSteps(facts)];
  }
  const copied = filesOf(fromIndexes);
  return [
    ...stageNote(copied, facts),
    ...listSteps(copied, facts),
    ...fromIndexes.flatMap((list) => [...cudaNote(list, facts), `${pip(list)} ${wordsOf(list)}`]),
    ...sourceSteps(facts, (source) => isAmong(copied, source)),
    ...fromContext.map((list) => `${pip(list)} ${projectsOf(list).join(' ')}`),
  ];
}

const ON_CUDA =
  '# For x86-64, torch of PyPI brings CUDA, some gigabytes: without a GPU, first install it alone with --index-url https://download.pytorch.org/whl/cpu.';

/** Returns a note on PyTorch from an index whose builds bring CUDA, unless the image's base has it, too. */
function cudaNote({ names, options }: PipList, { largerBase }: DockerfileFacts): readonly string[] {
  const isOfPyPi = options.every((option) => !option.includes('://'));
  const bringsCuda = names.some((name) => /^torch(?:vision|audio)?(?![\w.+-])/i.test(name) && !name.includes('+cpu'));
  return isOfPyPi && bringsCuda && largerBase === undefined ? [ON_CUDA] : [];
}

/** Returns the files that installing reads, without those that a wildcard names. */
function filesOf(lists: readonly PipList[]): readonly string[] {
  const files = new Set(lists.flatMap((list) => [...list.files, ...list.constraints, ...list.others]));
  const wildcards = [...files].map((file) => file.split('*')).filter((parts) => parts.length === 2);
  const isNamed = (file: string): boolean =>
    wildcards.some(([start = '', end = '']) => file.startsWith(start) && file.endsWith(end));
  return [...files].filter((file) => file.includes('*') || !isNamed(file));
}

/** Returns a note on lists that the image copied from another stage: there, another tool may have made them. */
function stageNote(files: readonly string[], { copies }: DockerfileFacts): readonly string[] {
  const ofStages = copies.flatMap(({ sources }) => sources).filter((source) => source.startsWith('/'));
  const found = files.find((file) => ofStages.some((source) => source.endsWith(`/${file}`)));
  return found === undefined
    ? []
    : [`# The image has ${found} from another stage: if Poetry or uv exports it there, do so before this COPY.`];
}

function projectsOf({ folders, project }: PipList): readonly string[] {
  return [...folders, ...(project === undefined ? [] : [`"${project}"`])];
}

/**
 * Returns the COPY of requirements and constraints. Files in a folder may include one another, so the whole folder is
 * copied; if it holds the sources too, only its lists.
 */
function listSteps(files: readonly string[], facts: DockerfileFacts): readonly string[] {
  const atTop = files.filter((file) => folderOf(file) === '');
  const folders = [...new Set(files.map(folderOf))].filter((name) => name !== '');
  const holdsSources = (name: string): boolean =>
    folderBelow(facts.workdir, facts) === name ||
    facts.copies.some(
      ({ sources, into }) => into === facts.folder && sources.some((source) => isAmong([name, `${name}/`], source)),
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
