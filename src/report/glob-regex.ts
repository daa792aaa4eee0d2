import { expandGlob } from '../common/glob.ts';
import { SettingsError } from '../errors.ts';

/**
 * A glob, as `compileGlobs` understands it, as a regular expression. It matches the path with a slash put before it, so
 * that every part starts with a slash and `**` is any number of parts.
 */
export function globRegex(glob: string): string {
  return checked(`^${globBody(glob)}$`);
}

/**
 * Globs over the names of a base image, as a regular expression for all its names, each with a slash put before it.
 * @param globs separated by `;`, as reports show the names; with a slash in front, they are all that reports show
 */
export function baseRegex(globs: string): string {
  // Without a slash it is not anchored at the start, so that the last parts of a name match.
  return checked(globs.startsWith('/') ? `^${namesBody(globs.slice(1))}$` : `${namesBody(globs)}(;|$)`);
}

/** Postgres took a minute to refuse one of 800,000 characters, to which braces had expanded a pattern of 500. */
const MAX_REGEX_LENGTH = 10_000;

function checked(regex: string): string {
  if (regex.length <= MAX_REGEX_LENGTH) return regex;
  throw new SettingsError(
    'a pattern is too long when its braces are expanded: use fewer of them, or a shorter pattern',
  );
}

/**
 * A glob that matches a name literally, almost: characters that globs might interpret become `?`, which matches any one
 * character.
 */
export function literalGlob(name: string): string {
  return name.replace(/[^\w.:;/-]/g, '?');
}

function namesBody(globs: string): string {
  return globs.split(';').map(globBody).join(';');
}

function globBody(glob: string): string {
  const choices = expandGlob(glob).map((plain) => plain.split('/').map(partRegex).join(''));
  return `(${choices.join('|')})`;
}

function partRegex(part: string): string {
  if (part === '**') return `(/${PART})*`;
  return `/${part.replace(/\*+|[?.+^$()|[\]{}\\]/g, ([character = '']) => WILDCARDS[character] ?? `\\${character}`)}`;
}

/** Within one part of a path, and within one item of a list of base images, which `;` separates. */
const PART = '[^/;]*';
const WILDCARDS: Readonly<Record<string, string>> = { '*': PART, '?': '[^/;]' };
