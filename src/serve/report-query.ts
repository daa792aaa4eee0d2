import { SettingsError } from '../errors.ts';
import type { FilterName, ReportFilters } from '../report/filters.ts';
import type { ReportKind } from '../report/kinds/kind.ts';
import type { PageRequest } from '../report/report-page.ts';

/** The query parameter of each filter. */
export const FILTER_PARAMETERS: Readonly<Record<FilterName, string>> = {
  source: 'source',
  registry: 'registry',
  team: 'team',
  repository: 'repository',
  tag: 'tag',
  base: 'base',
  distro: 'distro',
  since: 'since',
  minSize: 'min_size',
};
const PARAMETERS: ReadonlySet<string> = new Set([
  ...Object.values(FILTER_PARAMETERS),
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
export interface ReportQuery extends Pick<PageRequest, 'filters' | 'search' | 'sort' | 'audit'> {
  readonly limit: number | undefined;
  readonly offset: number;
  /** Used by the API; not checked yet. */
  readonly format: string | undefined;
}

/** The filters that a kind of report accepts. */
export function filterNamesOf(kind: ReportKind): readonly FilterName[] {
  return (Object.keys(FILTER_PARAMETERS) as FilterName[]).filter((name) => kind.filters[name] !== undefined);
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
    Object.entries(FILTER_PARAMETERS).flatMap(([name, parameter]) => {
      const value = given(parameter);
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
