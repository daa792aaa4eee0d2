import { lookUp } from '../../classify/look-up.ts';
import { type Command, runs, valuesOf } from '../../policy/shell.ts';
import { closingLines } from './closing.ts';
import { contextFolderBelow, folderBelow, isAmong, sourceSteps } from './copies.ts';
import { environmentLines, ownVariables } from './environment.ts';
import { type DockerfileFacts, officialTag, programFolderLines } from './facts.ts';
import { runWith } from './mounts.ts';
import { compilerSteps, runPackagesOr } from './packages.ts';
import { pipInstall, pipTools } from './pip.ts';
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
  const started = (tool: Tool) =>
    commands.some(({ program, words }) => program === tool && !(tool === 'uv' && words.includes('pip')));
  return (['uv', 'poetry', 'pipenv'] as const).find(started) ?? 'pip';
}

/** Returns the beginning of a RUN that downloads packages. */
function downloadStep(facts: DockerfileFacts): string {
  return runWith(facts, '/root/.cache');
}

type Lines = (run: string) => readonly string[];

/** The lines that set up each tool and the virtual environment that it fills. */
const TOOLS: Readonly<Record<Tool, Lines>> = {
  pip: () => [
    // pip and setuptools would add 7 MB (compressed) that the program does not use: the base's own pip does the work.
    '# The environment has no pip and setuptools: if the program imports pkg_resources, add setuptools to the requirements.',
    'RUN python -m venv --without-pip /opt/venv',
    'ENV PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python',
  ],
  uv: (run) => [
    `${run} pip install uv`,
    'ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never',
  ],
  poetry: inOwnEnvironment('poetry'),
  pipenv: inOwnEnvironment('pipenv'),
};

/** Installs a tool into an environment of its own, which keeps its packages out of the program's. */
function inOwnEnvironment(tool: string): Lines {
  return (run) => [
    `${run} python -m venv /opt/${tool} && /opt/${tool}/bin/pip install ${tool} && python -m venv /opt/venv`,
    'ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
  ];
}

/** What a tool reads and runs to install the packages that its lock file names. */
interface Install {
  readonly lockFiles: readonly [string, string];
  readonly run: string;
  /** Installs the program itself, if it is a package. */
  readonly runWithSources?: string;
}

const INSTALLS: Readonly<Record<Exclude<Tool, 'pip'>, Install>> = {
  uv: {
    lockFiles: ['pyproject.toml', 'uv.lock'],
    run: 'uv sync --locked --no-dev --no-install-project',
    runWithSources: 'uv sync --locked --no-dev --no-editable',
  },
  poetry: {
    lockFiles: ['pyproject.toml', 'poetry.lock'],
    run: '/opt/poetry/bin/poetry install --only main --no-root --no-interaction',
  },
  pipenv: { lockFiles: ['Pipfile', 'Pipfile.lock'], run: '/opt/pipenv/bin/pipenv sync' },
};

function installSteps(facts: DockerfileFacts): readonly string[] {
  const tool = toolOf(facts);
  const download = downloadStep(facts);
  if (tool === 'pip') return pipInstall(facts, download);
  const { lockFiles, run, runWithSources } = INSTALLS[tool];
  const install = facts.commands.find((command) => runs(command, [tool], ['sync', 'install']));
  const below = folderBelow(install?.folder ?? facts.folder, facts);
  const from = contextFolderBelow(below, /^(?:pyproject\.toml|Pipfile)\*?$/, facts);
  const files = lockFiles.map((file) => from + file);
  const inFolder = below === '' ? '' : `cd ${below} && `;
  return [
    `COPY ${files.join(' ')} ./${below === '' ? '' : `${below}/`}`,
    `${download} ${inFolder}${run}`,
    ...sourceSteps(facts, (source) => isAmong(files, source)),
    ...(runWithSources ? [`${download} ${inFolder}${runWithSources}`] : []),
  ];
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
  return [
    `FROM ${base} AS build`,
    '# A compiler for packages without a wheel; it stays in this stage.',
    ...compilerSteps(facts, pipTools(facts)),
    ...TOOLS[toolOf(facts)](downloadStep(facts)),
    `WORKDIR ${facts.folder}`,
    ...installSteps(facts),
    ...manageSteps(facts),
    '',
    `FROM ${base}`,
    ...runPackagesOr(facts, '# Install here the libraries that packages load at run time, such as libpq5.'),
    'ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    ...environmentLines(facts),
    'COPY --from=build /opt/venv /opt/venv',
    ...programFolderLines(facts, '10001'),
    'USER 10001',
    ...closingLines(
      withProgramNames(withoutRunner(facts)),
      lookUp(STARTS, facts.framework) ?? 'CMD ["python", "main.py"]',
    ),
  ].join('\n');
}
