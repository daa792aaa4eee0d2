import { SettingsError } from '../errors.ts';

/**
 * Globs over repositories and tags: `*` and `?` within a path part, `**` over any number of parts, `{a,b}` for a
 * choice. `payments/**` takes `payments` too. Patterns may come from a query of the dashboard, so matching takes at most
 * pattern length times text length: a regular expression of five stars needs seconds for one long name.
 */
export type Matcher = (text: string) => boolean;

/** One part of a pattern between slashes: `**`, plain text, or characters with `*` and `?` among them. */
type Part = string | readonly string[];

const MAX_PATTERN_LENGTH = 512;
/** How many patterns the braces of one may make. */
const MAX_CHOICES = 256;

/** Whether a text has characters with a meaning in globs: others are names. */
export function isGlob(text: string): boolean {
  return /[*?{]/.test(text);
}

/**
 * Compiles patterns once; the matcher tells whether any of them takes a text.
 * @throws SettingsError naming the pattern and the rule it breaks
 */
export function compileGlobs(patterns: readonly string[]): Matcher {
  const compiled = patterns.flatMap(expandGlob).map(partsOf);
  return (text) => {
    const texts = text.split('/');
    return compiled.some((parts) => takesAll(parts, texts, '**', partTakes));
  };
}

/**
 * The patterns without braces that a pattern stands for.
 * @throws SettingsError naming the pattern and the rule it breaks
 */
export function expandGlob(pattern: string): readonly string[] {
  return expandBraces(checked(pattern), pattern);
}

function checked(pattern: string): string {
  if (pattern === '' || pattern.length > MAX_PATTERN_LENGTH)
    throw new SettingsError(`a pattern has 1 to ${MAX_PATTERN_LENGTH} characters: "${pattern.slice(0, 80)}"`);
  if (/[[\]()!\\\s]/.test(pattern))
    throw new SettingsError(`"${pattern}" is no pattern: write names with **, *, ? and {a,b}`);
  return pattern;
}

/** The patterns that a pattern with braces stands for: the first innermost choice is written out, and so on. */
function expandBraces(pattern: string, whole: string): readonly string[] {
  let patterns = [pattern];
  for (;;) {
    const next = patterns.flatMap(expandOne);
    if (next.length > MAX_CHOICES) throw new SettingsError(`"${whole}": the braces make over ${MAX_CHOICES} patterns`);
    if (next.every((text, index) => text === patterns[index])) break;
    patterns = next;
  }
  if (patterns.some((text) => /[{}]/.test(text))) throw new SettingsError(`"${whole}": a brace has no counterpart`);
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

function partTakes(part: Part, text: string): boolean {
  if (typeof part === 'string') return part === text;
  return takesAll(part, text, '*', (character, other) => character === '?' || character === other);
}

/**
 * Whether a sequence of pieces takes a whole text, where `star` takes any number of its items. Only the last star is
 * ever tried again: what stands before it has taken the least it can.
 */
function takesAll<P>(
  pieces: readonly P[],
  items: ArrayLike<string>,
  star: P,
  takes: (piece: P, item: string) => boolean,
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
    } else if (current !== undefined && takes(current, items[item] ?? '')) {
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
