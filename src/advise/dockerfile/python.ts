import { lookUp } from '../../classify/look-up.ts';
import { type Command, valuesOf } from '../../policy/shell.ts';
import { closing } from './closing.ts';
import { ownVariables } from './environment.ts';
import { type DockerfileFacts, environment, officialTag, programFolder } from './facts.ts';
import { compilerStep, runPackagesOr } from './packages.ts';
import { pipInstall, pipTools } from './pip.ts';
import { byNames, withoutRunner } from './start-words.ts';

/** What starts a program whose image does not say, by framework. */
const STARTS: Readonly<Record<string, string>> = {
  django: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi:application"]',
  fastapi: 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
  flask: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]',
};

type Tool = 'pip' | 'uv' | 'poetry' | 'pipenv';

/** `uv pip install` takes pip's lists, and no project of uv's. */
function toolOf({ commands }: DockerfileFacts): Tool {
  const started = (tool: Tool) =>
    commands.some(({ program, words }) => program === tool && !(tool === 'uv' && words.includes('pip')));
  return (['uv', 'poetry', 'pipenv'] as const).find(started) ?? 'pip';
}

const WITH_CACHE = 'RUN --mount=type=cache,target=/root/.cache';

/** The installer, and the virtual environment that it fills. */
const TOOLS: Readonly<Record<Tool, readonly string[]>> = {
  pip: [
    // Of 7 MB, compressed, that pip and setuptools take in it, the program uses none: the base's own pip fills it.
    '# Without pip and setuptools: list setuptools in the requirements where the program imports pkg_resources.',
    'RUN python -m venv --without-pip /opt/venv',
    'ENV PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python',
  ],
  uv: [
    `${WITH_CACHE} pip install uv`,
    'ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never',
  ],
  poetry: besideItself('poetry'),
  pipenv: besideItself('pipenv'),
};

/** A tool with an environment of its own, so that its packages do not get into the program's. */
function besideItself(tool: string): readonly string[] {
  return [
    `${WITH_CACHE} python -m venv /opt/${tool} && /opt/${tool}/bin/pip install ${tool} && python -m venv /opt/venv`,
    'ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
  ];
}

const INSTALLS: Readonly<Record<Exclude<Tool, 'pip'>, readonly string[]>> = {
  uv: [
    'COPY pyproject.toml uv.lock ./',
    `${WITH_CACHE} uv sync --locked --no-dev --no-install-project`,
    'COPY . .',
    `${WITH_CACHE} uv sync --locked --no-dev --no-editable`,
  ],
  poetry: [
    'COPY pyproject.toml poetry.lock ./',
    `${WITH_CACHE} /opt/poetry/bin/poetry install --only main --no-root --no-interaction`,
    'COPY . .',
  ],
  pipenv: ['COPY Pipfile Pipfile.lock ./', `${WITH_CACHE} /opt/pipenv/bin/pipenv sync`, 'COPY . .'],
};

function installSteps(facts: DockerfileFacts): readonly string[] {
  const tool = toolOf(facts);
  return tool === 'pip' ? pipInstall(facts, WITH_CACHE) : INSTALLS[tool];
}

const MANAGED: readonly (readonly string[])[] = [['collectstatic', '--noinput'], ['compilemessages']];

/** Django's files for the web server, where the image's own build made them: with the settings and variables that it gave. */
function manageSteps(facts: DockerfileFacts): readonly string[] {
  const steps = MANAGED.flatMap(([name = '', ...options]) => {
    const made = facts.commands.findLast(
      ({ words }) => words.some((word) => word.endsWith('manage.py')) && words.includes(name),
    );
    return made ? [`RUN ${manageCommand(made, [name, ...options]).join(' ')}`] : [];
  });
  return steps.length > 0 ? [...environment(facts), ...steps] : [];
}

function manageCommand(made: Command, words: readonly string[]): readonly string[] {
  const settings = valuesOf(made, '--settings').filter((value) => /^[\w.]+$/.test(value));
  return [
    ...ownVariables(made),
    '/opt/venv/bin/python manage.py',
    ...words,
    ...settings.map((value) => `--settings=${value}`),
  ];
}

/** Python: packages into a virtual environment in one stage, with a compiler at hand; the last stage copies it. */
export function pythonDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('python', facts, 'slim-suite');
  return [
    `FROM ${base} AS build`,
    '# Only for packages without a wheel; it stays in this stage.',
    compilerStep(facts, pipTools(facts)),
    ...TOOLS[toolOf(facts)],
    `WORKDIR ${facts.workdir}`,
    ...installSteps(facts),
    ...manageSteps(facts),
    '',
    `FROM ${base}`,
    ...runPackagesOr(facts, '# Libraries that packages load at run time (such as libpq5) are installed here.'),
    'ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    ...environment(facts),
    'COPY --from=build /opt/venv /opt/venv',
    ...programFolder(facts, '10001'),
    'USER 10001',
    ...closing(byNames(withoutRunner(facts)), lookUp(STARTS, facts.framework) ?? 'CMD ["python", "main.py"]'),
  ].join('\n');
}
