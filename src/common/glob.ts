import { SettingsError } from '../errors.ts';
import { remember } from './remember.ts';

/**
 * Tests a text against globs for repositories and tags: `*` and `?` match within a path part, `**` matches any number
 * of parts, `{a,b}` matches either choice. `payments/**` matches `payments`, too. Matching takes at most pattern length
 * times text length steps, because a pattern may come from a dashboard query: a regular expression with five stars
 * takes seconds for one long name.
 */
export type Matcher = (text: string) => boolean;

/** One part of a pattern between slashes: `**`, plain text, or characters with `*` and `?` among them. */
type Part = string | readonly string[];

/** In characters. */
const MAX_PATTERN_LENGTH = 512;
/** The number of patterns that the braces of one pattern may expand to. */
const MAX_CHOICES = 256;

/** Whether a text contains glob characters; other texts are plain names. */
export function isGlob(text: string): boolean {
  return /[*?{]/.test(text);
}

/**
 * Compiles patterns. The matcher returns whether at least one of them matches a text.
 * @throws SettingsError naming the pattern and the rule it breaks
 */
export function compileGlobs(patterns: readonly string[]): Matcher {
  const compiled = patterns.flatMap(expandGlob).map(partsOf);
  return (text) => {
    const texts = text.split('/');
    return compiled.some((parts) => matchesAll(parts, texts, '**', partMatches));
  };
}

/**
 * Returns the matcher of one pattern, which is compiled once: for patterns of the settings, which contain few.
 * @throws SettingsError naming the pattern and the rule it breaks
 */
export const matcherOf: (pattern: string) => Matcher = remember((pattern) => compileGlobs([pattern]));

/** Returns a pattern unchanged if it is one. @throws SettingsError naming the pattern and the rule it breaks */
export function checkedGlob(pattern: string): string {
  expandGlob(pattern);
  return pattern;
}

/**
 * Expands the braces of a pattern: `{a,b}/*` gives `a/*` and `b/*`.
 * @throws SettingsError naming the pattern and the rule it breaks
 */
export function expandGlob(pattern: string): readonly string[] {
  return expandBraces(validated(pattern), pattern);
}

function validated(pattern: string): string {
  if (pattern === '' || pattern.length > MAX_PATTERN_LENGTH)
    throw new SettingsError(`a pattern must have 1 to ${MAX_PATTERN_LENGTH} characters: "${pattern.slice(0, 80)}"`);
  if (/[[\]()!\\\s]/.test(pattern))
    throw new SettingsError(`"${pattern}" is not a pattern: expected names with **, *, ? and {a,b}`);
  return pattern;
}

/** Expands innermost braces repeatedly until none are left. */
function expandBraces(pattern: string, whole: string): readonly string[] {
  let patterns = [pattern];
  for (;;) {
    const next = patterns.flatMap(expandOne);
    if (next.length > MAX_CHOICES)
      throw new SettingsError(`"${whole}": the braces expand to more than ${MAX_CHOICES} patterns`);
    if (next.every((text, index) => text === patterns[index])) break;
    patterns = next;
  }
  if (patterns.some((text) => /[{}]/.test(text))) throw new SettingsError(`"${whole}": the braces are not balanced`);
  return patterns;
}

function expandOne(pattern: string): readonly string[] {
  const [group, choices] = /\{([^{}]*)\}/.exec(pattern) ?? [];
  if (group === undefined || choices === undefined) return [pattern];
  return choices.split(',').map((choice) => pattern.replace(group, () => choice));
}

function partsOf(pattern: string): readonly Part[] {
  return pattern.split('/').map((part) => (part === '**' || !/[*?]/.test(part) ? part : [...part]));
}

function partMatches(part: Part, text: string): boolean {
  if (typeof part === 'string') return part === text;
  return matchesAll(part, text, '*', (character, other) => character === '?' || character === other);
}

/**
 * Whether a sequence of pieces matches all items, where `star` matches any number of them. Only the last star is ever
 * retried: matching as little as possible before it is always enough.
 */
function matchesAll<P>(
  pieces: readonly P[],
  items: ArrayLike<string>,
  star: P,
  matches: (piece: P, item: string) => boolean,
): boolean {
  let piece = 0;
  let item = 0;
  let lastStar: number | undefined;
  let starEnd = 0;
  while (item < items.length) {
    const current = pieces[piece];
    if (current === star) {
      lastStar = piece++;
      starEnd = item;
    } else if (current !== undefined && matches(current, items[item] ?? '')) {
      piece++;
      item++;
    } else if (lastStar !== undefined) {
      piece = lastStar + 1;
      item = ++starEnd;
    } else return false;
  }
  while (pieces[piece] === star) piece++;
  return piece === pieces.length;
}
