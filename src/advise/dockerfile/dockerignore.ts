import type { Runtime } from '../../classify/verdict.ts';
import { remember } from '../../common/remember.ts';
import { withoutDotSlash } from '../../policy/paths.ts';
import { LANGUAGES } from './languages.ts';

/**
 * Files that no image needs, whatever its language: slimboard's own database is among them, and settings that may hold a
 * token, which the build gets as secrets. `docs` is not: the program may import or serve it.
 */
const IGNORED_ALWAYS = (
  '.git .github .gitlab .vscode .idea .slimboard **/.env **/.env.* **/.npmrc **/.netrc ' +
  '**/.pypirc Dockerfile* compose*.y*ml .dockerignore *.md'
).split(' ');

/** Returns the lines of the .dockerignore for a language. */
export function ignoredBy(runtime: Runtime): readonly string[] {
  return [...IGNORED_ALWAYS, ...(LANGUAGES[runtime]?.ignored ?? [])];
}

/**
 * Whether the .dockerignore excludes a file or folder from the context, so that its COPY would fail. `.npmrc*` is a
 * file that may be missing.
 */
export function isIgnored(source: string, runtime: Runtime): boolean {
  const path = withoutDotSlash(source).replace(/\/$|((?:^|\/)\.\w+)\*$/, '$1');
  return linesOf(runtime).findLast(({ pattern }) => pattern.test(path))?.isIgnored === true;
}

/** The lines for a language, compiled once: an image may have copied hundreds of thousands of files. */
const linesOf = remember((runtime) =>
  ignoredBy(runtime as Runtime).map((line) => ({
    pattern: patternOf(line.replace(/^!/, '')),
    isIgnored: !line.startsWith('!'),
  })),
);

/** Compiles a line. `**\/` matches any number of folders, also none; everything in an ignored folder is ignored. */
function patternOf(line: string): RegExp {
  const parts = line.split(/(\*\*\/|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    return part === '*' ? '[^/]*' : part.replace(/[.]/g, '\\.');
  });
  return new RegExp(`^${parts.join('')}(?:/|$)`);
}
