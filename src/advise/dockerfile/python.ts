import { lookUp } from '../../common/look-up.ts';
import { baseName } from '../../policy/paths.ts';
import {
  asksVersion,
  type Command,
  hasOption,
  itemsOf,
  type PlacedCommand,
  runs,
  valuesOf,
} from '../../policy/shell.ts';
import { closingLines } from './closing.ts';
import { contextFolderBelow, folderBelow, isAmong } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import { environmentLines, ownVariables } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { makeFolders, officialTag, programFolderLines } from './lines.ts';
import { runWith } from './mounts.ts';
import { compilerSteps, knownRunPackages, runPackagesOr } from './packages.ts';
import { pipInstall } from './pip.ts';
import { FOR_DEVELOPMENT, pipTools } from './pip-lists.ts';
import { withoutRunner, withProgramNames } from './start-words.ts';

/** The start by framework, for images that do not say how they start. */
const STARTS: Readonly<Record<string, string>> = {
  django: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi:application"]',
  fastapi: 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
  flask: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]',
};

type Tool = 'pip' | 'uv' | 'poetry' | 'pipenv';

/** Returns the tool that installed the packages. `uv pip install` counts as pip: it installs from pip's lists. */
function toolOf({ commands }: DockerfileFacts): Tool {
  const used = commands.filter((command) => !asksVersion(command));
  const started = (tool: Tool) =>
    used.some(({ program, words }) => program === tool && !(tool === 'uv' && words.includes('pip')));
  return (['uv', 'poetry', 'pipenv'] as const).find(started) ?? 'pip';
}

function downloadStep(facts: DockerfileFacts): string {
  return runWith(facts, '/root/.cache');
}

/** The lines that set up each tool and the virtual environment that it fills. */
function setUpSteps(tool: Tool, facts: DockerfileFacts): readonly string[] {
  const run = downloadStep(facts);
  if (tool === 'pip') {
    // pip and setuptools would add 7 MB (compressed) that the program does not use: the base's own pip does the work.
    return [
      '# The environment has no pip and setuptools: if the program imports pkg_resources, add setuptools to the requirements.',
      'RUN python -m venv --without-pip /opt/venv',
      'ENV PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python',
    ];
  }
  if (tool === 'uv') {
    return [
      `${run} pip install uv`,
      'ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never',
    ];
  }
  // An environment of its own keeps the tool's packages out of the program's.
  const requirement = tool === 'poetry' ? poetryOf(facts) : tool;
  return [
    `${run} python -m venv /opt/${tool} && /opt/${tool}/bin/pip install ${requirement} && python -m venv /opt/venv`,
    'ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
  ];
}

/** Releases of Poetry with the options that are used here. */
const POETRY = /^poetry==((?:1\.[2-9]|1\.\d\d|[2-9])[\w.]*)$/;

/** Returns the requirement of Poetry in the image's own version, unless that may not run on another Python. */
function poetryOf({ commands, variables, release, ownRelease }: DockerfileFacts): string {
  const ofInstaller = variables.get('POETRY_VERSION');
  const named = commands.flatMap(({ words }) => words);
  if (ofInstaller !== undefined) named.push(`poetry==${ofInstaller}`);
  const pinned = release === ownRelease ? named.find((word) => POETRY.test(word)) : undefined;
  return pinned ?? 'poetry';
}

/** What a tool reads and runs to install the packages that its lock file names. */
interface Install {
  readonly lockFiles: readonly [string, string];
  readonly run: string;
  /** Installs the packages before the sources are there. */
  readonly runBefore: string;
  /** Whether it installs the program itself, if that is a package. */
  readonly takesSources: boolean;
}

function installOf(tool: Exclude<Tool, 'pip'>, facts: DockerfileFacts): Install {
  if (tool === 'pipenv') {
    const run = '/opt/pipenv/bin/pipenv sync';
    return { lockFiles: ['Pipfile', 'Pipfile.lock'], run, runBefore: run, takesSources: false };
  }
  if (tool === 'uv') {
    const choices = `--no-dev${uvChoices(facts)}`;
    // uv can check the lock file of a workspace only when the members' pyproject.toml are there.
    const isWorkspace = /--(?:all-packages|package)\b/.test(choices);
    return {
      lockFiles: ['pyproject.toml', 'uv.lock'],
      run: `uv sync --locked ${choices} --no-editable`,
      runBefore: isWorkspace
        ? `uv sync --frozen ${choices} --no-install-workspace`
        : `uv sync --locked ${choices} --no-install-project`,
      takesSources: true,
    };
  }
  const run = `/opt/poetry/bin/poetry install ${poetryChoices(facts)}`;
  return {
    lockFiles: ['pyproject.toml', 'poetry.lock'],
    run: `${run} --no-interaction`,
    runBefore: `${run} --no-root --no-interaction`,
    takesSources: installsRoot(facts),
  };
}

/** Returns the options by which the image's own steps chose packages. */
function uvChoices(facts: DockerfileFacts): string {
  const flags = ['--all-extras', '--all-packages'].filter((option) => has(facts, 'uv', option));
  const values = ['--extra', '--group', '--package'].flatMap((option) =>
    choicesOf(facts, 'uv', option).map((value) => `${option} ${value}`),
  );
  return [...flags, ...values].map((option) => ` ${option}`).join('');
}

function poetryChoices(facts: DockerfileFacts): string {
  const groups = choicesOf(facts, 'poetry', '--with', '--only');
  const extras = choicesOf(facts, 'poetry', '--extras', '-E');
  return [
    `--only ${[...new Set(['main', ...groups])].join(',')}`,
    ...(has(facts, 'poetry', '--all-extras') ? ['--all-extras'] : extras.map((extra) => `-E ${extra}`)),
  ].join(' ');
}

function installsBy({ commands }: DockerfileFacts, tool: Tool): readonly PlacedCommand<string>[] {
  return commands.filter((command) => runs(command, [tool], ['sync', 'install']));
}

function has(facts: DockerfileFacts, tool: Tool, option: string): boolean {
  return installsBy(facts, tool).some((command) => hasOption(command, option));
}

/** Returns the values of options, without those that only development needs. */
function choicesOf(facts: DockerfileFacts, tool: Tool, ...options: readonly string[]): readonly string[] {
  const values = installsBy(facts, tool).flatMap((command) => valuesOf(command, ...options));
  return [...new Set(itemsOf(values))].filter((name) => /^\w[\w.-]*$/.test(name) && !FOR_DEVELOPMENT.test(name));
}

const NOT_SOURCES = /^(?:pyproject\.toml|poetry\.(?:lock|toml)|README.*|LICENSE.*)\*?$/;

/** Whether the image's own Poetry installed the program itself: without `--no-root`, when the sources were there. */
function installsRoot({ commands, copies }: DockerfileFacts): boolean {
  const last = commands.findLastIndex(
    (command) => runs(command, ['poetry'], ['install']) && !hasOption(command, '--no-root'),
  );
  return copies.some(
    ({ sources, commandsBefore }) =>
      commandsBefore <= last && !sources.every((source) => NOT_SOURCES.test(baseName(source))),
  );
}

function installSteps(tool: Tool, facts: DockerfileFacts): readonly string[] {
  const download = downloadStep(facts);
  if (tool === 'pip') return pipInstall(facts, download);
  const { lockFiles, run, runBefore, takesSources } = installOf(tool, facts);
  const below = folderBelow(installsBy(facts, tool)[0]?.folder ?? facts.folder, facts);
  const from = contextFolderBelow(below, /^(?:pyproject\.toml|Pipfile)\*?$/, facts);
  const files = lockFiles.map((file) => from + file);
  const inFolder = below === '' ? '' : `cd ${below} && `;
  return [
    `COPY ${files.join(' ')} ./${below === '' ? '' : `${below}/`}`,
    `${download} ${inFolder}${runBefore}`,
    ...sourceSteps(facts, (source) => isAmong(files, source)),
    ...(takesSources ? [`${download} ${inFolder}${run}`] : []),
  ];
}

/** Returns a note on a start script, if it may call the tool that the last stage lacks. */
function toolNote(tool: Tool, { script }: DockerfileFacts): readonly string[] {
  if (script === undefined || tool === 'pip') return [];
  return [`# This stage has no ${tool}: if ${baseName(script)} calls it, name what it runs instead.`];
}

/** The commands of manage.py that belong in a build, with their options. */
const MANAGE_COMMANDS: readonly (readonly string[])[] = [['collectstatic', '--noinput'], ['compilemessages']];

/**
 * Returns the steps that generate Django's static files and messages, if the image's own build did, with its settings
 * and variables.
 */
function manageSteps(facts: DockerfileFacts): readonly string[] {
  const steps = MANAGE_COMMANDS.flatMap(([name = '', ...options]) => {
    const original = facts.commands.findLast(
      ({ words }) => words.some((word) => word.endsWith('manage.py')) && words.includes(name),
    );
    return original ? [`RUN ${manageCommand(original, [name, ...options]).join(' ')}`] : [];
  });
  if (steps.length === 0) return [];
  const isBelow = facts.workdir !== facts.folder;
  return [...environmentLines(facts), ...(isBelow ? [`WORKDIR ${facts.workdir}`] : []), ...steps];
}

function manageCommand(original: Command, words: readonly string[]): readonly string[] {
  const settings = valuesOf(original, '--settings').filter((value) => /^[\w.]+$/.test(value));
  return [
    ...ownVariables(original),
    '/opt/venv/bin/python manage.py',
    ...words,
    ...settings.map((value) => `--settings=${value}`),
  ];
}

/**
 * Returns a Dockerfile for Python: one stage, which has a compiler, installs packages into a virtual environment; the
 * last one copies it.
 */
export function pythonDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('python', facts, 'slim-suite');
  const tool = toolOf(facts);
  const manage = manageSteps(facts);
  return [
    `FROM ${base} AS build`,
    ...environmentLines({ env: facts.registries }),
    '# A compiler for packages without a wheel; it stays in this stage.',
    ...compilerSteps(facts, [...pipTools(facts), ...(manage.length > 0 ? knownRunPackages(facts) : [])]),
    ...setUpSteps(tool, facts),
    `WORKDIR ${facts.folder}`,
    ...installSteps(tool, facts),
    ...manage,
    ...makeFolders(facts),
    '',
    `FROM ${base}`,
    ...runPackagesOr(facts, '# Install here the libraries that packages load at run time, such as libpq5.'),
    'ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    ...environmentLines(facts),
    'COPY --from=build /opt/venv /opt/venv',
    ...programFolderLines(facts, '10001'),
    'USER 10001',
    ...toolNote(tool, facts),
    ...closingLines(
      withProgramNames(withoutRunner(facts)),
      lookUp(STARTS, facts.framework) ?? 'CMD ["python", "main.py"]',
    ),
  ].join('\n');
}
