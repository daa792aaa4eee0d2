import { flagOf, parseFlag } from '../common/flags.ts';
import { expandGlob } from '../common/glob.ts';
import { parseBytes, parseDuration } from '../common/units.ts';
import type { SqlValue } from '../database/database.ts';
import { SettingsError } from '../errors.ts';

/** The filters of a report, as the user typed them. */
export interface ReportFilters {
  readonly source?: string;
  /** The host of a registry. */
  readonly registry?: string;
  readonly team?: string;
  /** A glob over repository names. */
  readonly repository?: string;
  /** A glob over tags. */
  readonly tag?: string;
  /**
   * A glob over base images, in any case, by any of their names or its last parts: `node:20-*`. After a slash, it is all
   * that reports show as the base: `/library/node:20;library/node:20.20`.
   */
  readonly base?: string;
  /** `debian`, or with a version or its first parts, `alpine:3.20` for 3.20.3 too; in any case. */
  readonly distro?: string;
  /** `2026-11-01`, a timestamp, or a duration back from now: `30d`. */
  readonly since?: string;
  /** `100MB`. */
  readonly minSize?: string;
}

/** The name of a filter. */
export type FilterName = keyof ReportFilters;

/** The SQL expression that each filter compares with; the kind has no filter that is missing here. */
export type FilterTargets = Readonly<Partial<Record<FilterName, string>>>;

interface FilterRule {
  /** Parses the text into the value that the condition compares with. @throws SettingsError when it cannot */
  readonly value: (text: string, now: Date) => SqlValue;
  readonly condition: (target: string, parameter: string) => string;
}

const equal: FilterRule = { value: (text) => text, condition: (target, parameter) => `${parameter} = ${target}` };
const like: FilterRule = { value: globRegex, condition: (target, parameter) => `'/' || ${target} ~ ${parameter}` };
/**
 * Within "coalesce", Postgres expects it to select half of all tags, else one of thousands: for `*1*`, which most tags
 * match, it then compared each tag with each repository.
 */
const likeTag: FilterRule = {
  value: globRegex,
  condition: (target, parameter) => `coalesce(${like.condition(target, parameter)}, false)`,
};

const RULES: Readonly<Record<FilterName, FilterRule>> = {
  source: equal,
  registry: equal,
  team: equal,
  repository: like,
  tag: likeTag,
  base: {
    // Without a slash it is not anchored at the start, so that the last parts of a name match.
    value: (text) => checked(text.startsWith('/') ? `^${namesBody(text.slice(1))}$` : `${namesBody(text)}(;|$)`),
    condition: (target, parameter) => `'/' || replace(${target}, ';', ';/') ~* ${parameter}`,
  },
  distro: {
    value: (text) => text.toLowerCase(),
    condition: (target, parameter) =>
      `(${parameter} = lower(${target}) or starts_with(lower(${target} || ':' || distro_version || '.'), ${parameter} || '.'))`,
  },
  since: {
    value: readSince,
    condition: (target, parameter) => `${target} >= ${parameter}::timestamptz`,
  },
  minSize: { value: parseBytes, condition: (target, parameter) => `${target} >= ${parameter}::int8` },
};

/** The names of all filters. */
export const FILTER_NAMES = Object.keys(RULES) as readonly FilterName[];

/**
 * The filters as one SQL condition; `true` when there are none.
 * @param kind the report's name, for errors
 * @throws SettingsError naming the flag that the kind does not have, or whose value cannot be parsed
 */
export function filterCondition(
  kind: string,
  filters: ReportFilters,
  targets: FilterTargets,
  now: Date,
  parameters: { add(value: SqlValue): string },
): string {
  const conditions = FILTER_NAMES.flatMap((name) => {
    const text = filters[name];
    if (text === undefined) return [];
    const target = targets[name];
    if (target === undefined) throw unknownFilter(kind, name, targets);
    const { value, condition } = RULES[name];
    return [condition(target, parameters.add(parseFlag(flagOf(name), () => value(text, now))))];
  });
  return conditions.join(' and ') || 'true';
}

function unknownFilter(kind: string, name: FilterName, targets: FilterTargets): SettingsError {
  const usable = (Object.keys(targets) as FilterName[]).map(flagOf).join(', ');
  return new SettingsError(`report ${kind} cannot be limited by ${flagOf(name)}: it takes ${usable || 'no filter'}`);
}

/**
 * The time that `--since` means, in ISO 8601. A time without an offset is in UTC, like all times in reports.
 * @throws SettingsError when the text is neither a time nor a duration
 */
export function sinceTime(text: string, now: Date): string {
  return parseFlag(flagOf('since'), () => readSince(text, now));
}

function readSince(text: string, now: Date): string {
  const time = readTime(text, now);
  if (Number.isNaN(time.getTime()) || !YEARS_OF_POSTGRES.test(time.toISOString()))
    throw new SettingsError(`"${text}" is not a time: expected for example 2026-11-01, 2026-11-01T02:00:00Z or 30d`);
  return time.toISOString();
}

/** The years 1 to 9999; JavaScript writes others in a form that Postgres does not accept. */
const YEARS_OF_POSTGRES = /^(?!0000)\d{4}-/;

/** A day, and perhaps a time of it, and its offset from UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

function readTime(text: string, now: Date): Date {
  if (/^\d+(\.\d+)?[a-z]+$/i.test(text)) return new Date(now.getTime() - parseDuration(text));
  const [, day = '', time = '00:00', offset = 'Z'] = TIME.exec(text) ?? [];
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = new Date(day).getUTCDate() === Number(day.slice(8));
  // Postgres writes whole hours as an offset alone, which JavaScript does not read.
  return new Date(isDay ? `${day}T${time}${offset.replace(/^.\d\d$/, '$&:00')}` : Number.NaN);
}

/**
 * A glob, as `compileGlobs` understands it, as a regular expression. It matches the path with a slash put before it, so
 * that every part starts with a slash and `**` is any number of parts.
 */
export function globRegex(glob: string): string {
  return checked(`^${globBody(glob)}$`);
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

/** Globs over the names of one base image, separated by `;` as in reports. */
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
