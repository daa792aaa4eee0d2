import type { Runtime } from '../../classify/verdict.ts';

/** What no image of any language wants; `docs` may be a package of the program, or be served. */
const IGNORED_ALWAYS =
  '.git .github .gitlab .vscode .idea **/.env **/.env.* Dockerfile* compose*.y*ml .dockerignore *.md'.split(' ');

const IGNORED: Readonly<Partial<Record<Runtime, readonly string[]>>> = {
  node: ['**/node_modules', 'dist', '.next', 'coverage', 'test', 'tests', '**/*.test.*', '*.log'],
  // Builders of packages read it.
  python: [
    '!README.md',
    '.venv',
    'venv',
    '**/__pycache__',
    '**/*.pyc',
    '.pytest_cache',
    '.mypy_cache',
    '.ruff_cache',
    'tests',
  ],
  go: ['bin', 'testdata', '**/*_test.go'],
  rust: ['target'],
  java: ['target', 'build', '.gradle'],
  ruby: ['log', 'tmp', 'vendor/bundle', 'spec', 'test', 'coverage'],
  php: ['vendor', 'tests', 'storage/logs', 'node_modules'],
  dotnet: ['**/bin', '**/obj', '**/*.user', 'TestResults'],
};

/** The lines of an image's .dockerignore, by its language. */
export function ignoredBy(runtime: Runtime): readonly string[] {
  return [...IGNORED_ALWAYS, ...(IGNORED[runtime] ?? [])];
}

/** Whether the .dockerignore keeps a file or folder out of the context: a COPY of it fails. */
export function isIgnored(source: string, runtime: Runtime): boolean {
  const path = source.replace(/^(?:\.\/)+/, '').replace(/\/$/, '');
  return ignoredBy(runtime).some((line) => patternOf(line).test(path));
}

/** `**\/` stands for any folders or none; what lies in an ignored folder is ignored, too. */
function patternOf(line: string): RegExp {
  const parts = line.split(/(\*\*\/|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    return part === '*' ? '[^/]*' : part.replace(/[.]/g, '\\.');
  });
  return new RegExp(`^${parts.join('')}(?:/|$)`);
}
