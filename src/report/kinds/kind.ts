import type { FilterName, FilterTargets } from '../filters.ts';
import type { Run } from '../packed-rows.ts';
import type { QueryScope } from '../query-scope.ts';
import type { Column } from '../report.ts';

/**
 * Returns the SQL condition that selects the rows that belong to one of some images.
 * @param images the relation of images; called at most once, because it may add parameters to the query
 * @param condition what selects the images; it calls their relation `i`
 */
export type OfImages = (images: () => string, condition: string) => string;

/** A kind of report: its columns, its filters, and the SQL that computes its rows. */
export interface ReportKind {
  readonly name: string;
  /** One sentence for users: what a row is, and what the report answers. */
  readonly description: string;
  readonly columns: readonly Column[];
  readonly filters: FilterTargets;
  /** For kinds whose rows are no images: how filters that `filters` lacks select rows. Without it, they are refused. */
  readonly ofImages?: OfImages;
  /** Those of the filters that select rows, where the others select the images that rows sum up: see `rowWhere`. */
  readonly rowFilters?: readonly FilterName[];
  /** The relation of `filters`, if it has all columns of the report: then a search is a condition on it, like a filter. */
  readonly rowRelation?: string;
  /** Returns a query that selects every column by its name, and possibly more columns to sort by. */
  readonly query: (scope: QueryScope) => string;
  /** The default `order by` list, in the query's column names. Undefined: keep the order of the query. */
  readonly order?: string;
  /** The report shows the present only: `--audit` accepts the newest audit of its sources, and no earlier one. */
  readonly currentOnly?: true;
  /** A column that may be empty in all rows, and why. */
  readonly mayLack?: { readonly column: string; readonly reason: string };
  /** Columns that identify a row; they break ties when rows are sorted by another column. Default: all columns. */
  readonly key?: readonly string[];
  /**
   * A faster query for one page of rows, for kinds whose whole rows are slow to compute or to sort.
   * @param order the `order by` list
   * @param part ` limit $1 offset $2`, either of them, or an empty string
   */
  readonly page?: (scope: QueryScope, order: string, part: string) => string;
  /** `page` also selects `total`, the number of all rows, where counting costs as much as the rows. */
  readonly givesTotal?: true;
  /** A query for the whole report, unfiltered, that returns packed rows and sends cells that rows share once. */
  readonly packed?: { readonly runs: readonly Run[]; readonly query: (scope: QueryScope) => string };
}

/** The columns that say where something is, with which most kinds begin. */
export const PLACE_COLUMNS = {
  source: ['text', 'The source that it was found in.', 'detail'],
  registry: ['text', 'The host of the registry.', 'detail'],
  repository: ['text', 'The repository.', 'gist'],
} as const;

/** The same with the owner, for kinds whose rows belong to a team. */
export const OWNED_COLUMNS = { ...PLACE_COLUMNS, team: ['text', 'The team that owns it, or `unowned`.'] } as const;

/** The filters by owner and place, of a relation that has these columns. */
export function placeFilters(relation: string) {
  return {
    source: `${relation}.source`,
    registry: `${relation}.registry`,
    team: `${relation}.team`,
    repository: `${relation}.repository`,
  } satisfies FilterTargets;
}

/** The filters of reports on images; the query calls the relation of images `i`. */
export const IMAGE_FILTERS = {
  ...placeFilters('i'),
  tag: 'i.tag',
  base: 'i.base_image',
  distro: 'i.distro',
} satisfies FilterTargets;

/** Every filter, of a relation of images `i`. */
export const ALL_IMAGE_FILTERS: FilterTargets = {
  ...IMAGE_FILTERS,
  since: 'coalesce(i.pushed_at, i.first_seen_at)',
  minSize: 'i.compressed_bytes',
};

/** Rows that have a place belong to the images of their repository. */
export function imagesOfRepository(relation: string): OfImages {
  const columns = ['source', 'registry', 'repository'];
  const of = (name: string): string => columns.map((column) => `${name}.${column}`).join(', ');
  return (images, condition) => `(${of(relation)}) in (select ${of('i')} from ${images()} i where ${condition})`;
}

/** The column that an `order by` list of columns begins with. */
export function firstColumn(order: string): string {
  return /\w+/.exec(order)?.[0] ?? '';
}

/** The sort that an `order by` list begins with, as a request would name it: `column`, or `-column` for the largest first. */
export function firstSort(order: string): string {
  return order.replace(/^(\w+)( desc)?.*/s, (_, column: string, desc?: string) => `${desc ? '-' : ''}${column}`);
}

/** Some columns of a kind, in this order. */
export function pickColumns({ columns }: Pick<ReportKind, 'columns'>, names: readonly string[]): readonly Column[] {
  return names.flatMap((name) => columns.filter((column) => column.name === name));
}

/** The `select` list of all columns of a kind, each qualified by the relation's name. */
export function selectColumns(columns: readonly Column[], relation: string): string {
  return columns.map(({ name }) => `${relation}."${name}"`).join(', ');
}
