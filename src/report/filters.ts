import { flagOf, type OptionNaming, parseFlag } from '../common/flags.ts';
import { parseBytes } from '../common/units.ts';
import type { SqlValue } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import { registryHostOf } from '../oci/reference.ts';
import { baseRegex, globRegex } from './glob-regex.ts';
import { ALL_IMAGE_FILTERS, type ReportKind } from './kinds/kind.ts';
import type { ReportRequest } from './open-report.ts';
import { imagesRelation, type ShownAudit, type SqlParameters } from './query-scope.ts';
import { parseSince } from './since.ts';

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

/** The SQL expression that each filter compares with. */
export type FilterTargets = Readonly<Partial<Record<FilterName, string>>>;

interface FilterRule {
  /** Parses the text into the value that the condition compares with. @throws SettingsError when it cannot */
  readonly value: (text: string, now: Date) => SqlValue;
  readonly condition: (target: string, parameter: string) => string;
}

const equal: FilterRule = { value: (text) => text, condition: (target, parameter) => `${parameter} = ${target}` };
const like: FilterRule = { value: globRegex, condition: (target, parameter) => `'/' || ${target} ~ ${parameter}` };
/**
 * A condition on a pattern. Within "coalesce", Postgres expects it to select half of all rows, else one of thousands: for
 * tags that match `*1*`, and for images on a common base, it then compared each one with each tag or repository.
 */
const maybeMany = (condition: string): string => `coalesce(${condition}, false)`;

const RULES: Readonly<Record<FilterName, FilterRule>> = {
  source: equal,
  registry: { ...equal, value: registryHostOf },
  team: equal,
  repository: like,
  tag: { ...like, condition: (target, parameter) => maybeMany(like.condition(target, parameter)) },
  base: {
    value: baseRegex,
    condition: (target, parameter) => maybeMany(`'/' || replace(${target}, ';', ';/') ~* ${parameter}`),
  },
  distro: {
    value: (text) => text.toLowerCase(),
    condition: (target, parameter) =>
      `(${parameter} = lower(${target}) or starts_with(lower(${target} || ':' || distro_version || '.'), ${parameter} || '.'))`,
  },
  since: {
    value: parseSince,
    condition: (target, parameter) => `${target} >= ${parameter}::timestamptz`,
  },
  minSize: { value: parseBytes, condition: (target, parameter) => `${target} >= ${parameter}::int8` },
};

/** The names of all filters. */
export const FILTER_NAMES = Object.keys(RULES) as readonly FilterName[];

type FilteredKind = Pick<ReportKind, 'name' | 'filters' | 'ofImages'>;

/**
 * The filters as one SQL condition; `true` when there are none. Those that are missing in the kind select images, and the
 * rows that belong to one of them.
 * @param audit the one whose images these are; undefined: those of the present
 * @throws SettingsError naming the filter that the kind does not have, or whose value cannot be parsed
 */
export function filterCondition(
  kind: FilteredKind,
  { filters = {}, now, nameOf = flagOf }: Pick<ReportRequest, 'filters' | 'now' | 'nameOf'>,
  parameters: SqlParameters,
  audit?: ShownAudit,
): string {
  const { ofImages } = kind;
  const given = FILTER_NAMES.filter((name) => filters[name] !== undefined);
  const conditionOf = (name: FilterName, targets: FilterTargets): string => {
    const target = targets[name];
    if (target === undefined) throw unknownFilter(kind, name, nameOf);
    const { value, condition } = RULES[name];
    return condition(target, parameters.add(parseFlag(nameOf(name), () => value(filters[name] ?? '', now))));
  };
  const isOwn = (name: FilterName): boolean => !ofImages || kind.filters[name] !== undefined;
  const conditions = given.filter(isOwn).map((name) => conditionOf(name, kind.filters));
  const onImages = given.filter((name) => !isOwn(name)).map((name) => conditionOf(name, ALL_IMAGE_FILTERS));
  if (ofImages && onImages.length > 0)
    conditions.push(ofImages(() => imagesRelation({ audit, parameters }), onImages.join(' and ')));
  return conditions.join(' and ') || 'true';
}

function unknownFilter(kind: FilteredKind, name: FilterName, nameOf: OptionNaming): SettingsError {
  const usable = Object.keys(kind.filters).map(nameOf).join(', ') || 'no filter';
  return new SettingsError(`report ${kind.name} cannot be limited by ${nameOf(name)}: it takes ${usable}`);
}
