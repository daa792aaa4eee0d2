import { closing, compilerStep, type DockerfileFacts, jsonWords, officialTag } from './facts.ts';

/** What starts a program whose image does not say, by framework. */
const STARTS: Readonly<Record<string, string>> = {
  django: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi:application"]',
  fastapi: 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
  flask: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]',
};

type Tool = 'pip' | 'uv' | 'poetry';

function toolOf({ commands }: DockerfileFacts): Tool {
  return (['uv', 'poetry'] as const).find((tool) => commands.some(({ program }) => program === tool)) ?? 'pip';
}

const WITH_CACHE = 'RUN --mount=type=cache,target=/root/.cache';

/** The installer, and the virtual environment that it fills. */
const TOOLS: Readonly<Record<Tool, readonly string[]>> = {
  pip: ['RUN python -m venv /opt/venv', 'ENV PATH=/opt/venv/bin:$PATH'],
  uv: [
    `${WITH_CACHE} pip install uv`,
    'ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never',
  ],
  poetry: [
    `${WITH_CACHE} python -m venv /opt/poetry && /opt/poetry/bin/pip install poetry && python -m venv /opt/venv`,
    'ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
  ],
};

const INSTALLS: Readonly<Record<Tool, readonly string[]>> = {
  pip: ['COPY requirements.txt .', `${WITH_CACHE} pip install -r requirements.txt`, 'COPY . .'],
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
};

/** `uv run x` is `x` where the environment is on the PATH, and the last stage has no uv. */
function withoutRunner(facts: DockerfileFacts): DockerfileFacts {
  const [first, ...words] = facts.programArgs;
  if (!['uv', 'poetry', 'pipenv'].includes(facts.program) || first !== 'run') return facts;
  const start = jsonWords(words);
  return facts.isEntrypoint ? { ...facts, entrypoint: start } : { ...facts, entrypoint: undefined, cmd: start };
}

/** Python: packages into a virtual environment in one stage, with a compiler at hand; the last stage copies it. */
export function pythonDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('python', facts, 'slim-suite');
  return [
    `FROM ${base} AS build`,
    '# Only for packages without a wheel; it stays in this stage.',
    compilerStep(facts),
    ...TOOLS[toolOf(facts)],
    `WORKDIR ${facts.workdir}`,
    ...INSTALLS[toolOf(facts)],
    '',
    `FROM ${base}`,
    '# Libraries that packages load at run time (such as libpq5) are installed here.',
    'ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    `WORKDIR ${facts.workdir}`,
    'COPY --from=build /opt/venv /opt/venv',
    `COPY --from=build ${facts.workdir} ./`,
    'USER 10001',
    ...closing(withoutRunner(facts), STARTS[facts.framework] ?? 'CMD ["python", "main.py"]'),
  ].join('\n');
}
