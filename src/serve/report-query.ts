import { snakeCase } from '../common/snake-case.ts';
import { SettingsError } from '../errors.ts';
import { FILTER_NAMES, type ReportFilters } from '../report/filters.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import type { PageRequest } from '../report/report-page.ts';

/** The query parameters of all filters: `min_size`. */
export const FILTER_PARAMETERS = FILTER_NAMES.map(snakeCase);
const PARAMETERS: ReadonlySet<string> = new Set([
  ...FILTER_PARAMETERS,
  'q',
  'sort',
  'limit',
  'offset',
  'audit',
  'format',
]);

/** Enough for the names of most base images, and short enough for an address. */
export const MAX_VALUE_LENGTH = 1_000;

/** The query parameters of a report. */
export interface ReportQuery extends Pick<PageRequest, 'filters' | 'search' | 'sort' | 'audit' | 'nameOf'> {
  readonly limit: number | undefined;
  readonly offset: number;
  /** Used by the API; not checked yet. */
  readonly format: string | undefined;
}

/** The query parameters of the filters that a kind of report accepts. */
export function filterParametersOf({ filters }: ReportKind): readonly string[] {
  return FILTER_NAMES.filter((name) => filters[name] !== undefined).map(snakeCase);
}

/** Parses the parameters of a report. @throws SettingsError naming one that is unknown, too long, or not a number */
export function parseReportQuery(parameters: URLSearchParams): ReportQuery {
  for (const [name, value] of parameters) {
    if (!PARAMETERS.has(name))
      throw new SettingsError(`unknown parameter "${name.slice(0, 40)}": expected ${[...PARAMETERS].join(', ')}`);
    if (value.length > MAX_VALUE_LENGTH)
      throw new SettingsError(`${name} is longer than ${MAX_VALUE_LENGTH} characters`);
  }
  const given = (name: string): string | undefined => parameters.get(name)?.trim() || undefined;
  const filters = Object.fromEntries(
    FILTER_NAMES.flatMap((name) => {
      const value = given(snakeCase(name));
      return value === undefined ? [] : [[name, value]];
    }),
  ) as ReportFilters;
  return {
    filters,
    search: given('q'),
    sort: given('sort'),
    audit: wholeNumber('audit', given('audit')),
    limit: wholeNumber('limit', given('limit'), 1),
    offset: wholeNumber('offset', given('offset')) ?? 0,
    format: given('format'),
    nameOf: snakeCase,
  };
}

function wholeNumber(name: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,12}$/.test(text) || Number(text) < least)
    throw new SettingsError(
      `${name}: expected a whole number${least > 0 ? `, at least ${least}` : ''}, not "${text.slice(0, 40)}"`,
    );
  return Number(text);
}
