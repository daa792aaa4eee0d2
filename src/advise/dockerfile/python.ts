import { closing, compilerStep, type DockerfileFacts, officialTag } from './facts.ts';

/** What starts a program whose image does not say, by framework. */
const STARTS: Readonly<Record<string, string>> = {
  django: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "config.wsgi:application"]',
  fastapi: 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]',
  flask: 'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]',
};

/** Python: packages into a virtual environment in one stage, with a compiler at hand; the last stage copies it. */
export function pythonDockerfile(facts: DockerfileFacts): string {
  const base = officialTag('python', facts, 'slim-suite');
  return [
    `FROM ${base} AS build`,
    '# Only for packages without a wheel; it stays in this stage.',
    compilerStep(facts),
    'RUN python -m venv /opt/venv',
    'ENV PATH=/opt/venv/bin:$PATH',
    `WORKDIR ${facts.workdir}`,
    'COPY requirements.txt .',
    'RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt',
    'COPY . .',
    '',
    `FROM ${base}`,
    '# Libraries that packages load at run time (such as libpq5) are installed here.',
    'ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1',
    `WORKDIR ${facts.workdir}`,
    'COPY --from=build /opt/venv /opt/venv',
    `COPY --from=build ${facts.workdir} ./`,
    'USER 10001',
    ...closing(facts, STARTS[facts.framework] ?? 'CMD ["python", "main.py"]'),
  ].join('\n');
}
