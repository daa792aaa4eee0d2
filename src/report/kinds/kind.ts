import type { SqlValue } from '../../database/database.ts';
import type { FilterName, FilterTargets } from '../filters.ts';
import type { Run } from '../packed-rows.ts';
import type { Column } from '../report.ts';

/** A kind of report: its columns, its filters, and the SQL that computes its rows. */
export interface ReportKind {
  readonly name: string;
  /** One sentence for users: what a row is, and what the report answers. */
  readonly description: string;
  readonly columns: readonly Column[];
  readonly filters: FilterTargets;
  /** Those of the filters that select rows, where the others select the images that rows sum up: see `rowWhere`. */
  readonly rowFilters?: readonly FilterName[];
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
  /** `query` and `page` also select `total`, the number of all rows, where counting costs as much as the rows. */
  readonly givesTotal?: true;
  /** A query for the whole report, unfiltered, that returns packed rows and sends cells that rows share once. */
  readonly packed?: { readonly runs: readonly Run[]; readonly query: (scope: QueryScope) => string };
}

/** The columns that say where something is, with which most kinds begin. */
export const PLACE_COLUMNS = {
  source: ['text', 'The source that it was found in.', 'detail'],
  registry: ['text', 'The host of the registry.', 'detail'],
  repository: ['text', 'The repository.'],
} as const;

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

/** The audit whose end a report shows. */
export interface ShownAudit {
  readonly id: number;
  /** As the database writes it, null while it runs. By a time that it knows, Postgres estimates how many tags were open. */
  readonly endedAt: string | null;
}

/** What a report's query has to select. */
export interface QueryScope {
  /** The filters as an SQL condition on the kind's filter targets. */
  readonly where: string;
  /** The kind's `rowFilters` as an SQL condition. */
  readonly rowWhere: string;
  /** The name of the only source to report on; undefined: all sources. */
  readonly source: string | undefined;
  /** Whether an audit or any filter but `source` is given: then the sums that audits store cannot be used. */
  readonly isFiltered: boolean;
  /** The audit whose end the report shows; undefined: the present state. */
  readonly audit: ShownAudit | undefined;
  readonly parameters: SqlParameters;
  /** The price of 10^9 bytes; undefined: costs are not known. */
  readonly storagePerGBMonth: number | undefined;
}

/** The same kind, limited by another condition on its filter targets. */
export function narrowed(kind: ReportKind, condition: (parameters: SqlParameters) => string): ReportKind {
  const within = (scope: QueryScope): QueryScope => ({
    ...scope,
    where: `${scope.where} and ${condition(scope.parameters)}`,
    isFiltered: true,
  });
  const { packed: _, query, page, ...rest } = kind;
  return {
    ...rest,
    query: (scope) => query(within(scope)),
    ...(page && { page: (scope, order, part) => page(within(scope), order, part) }),
  };
}

/** Collects the parameters of a query while its text is composed. */
export class SqlParameters {
  readonly values: SqlValue[] = [];

  /** @returns the placeholder to write into the query, such as `$1` */
  add(value: SqlValue): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/**
 * SQL conditions that select what existed at the end of an audit, or exists now when no audit is given. An audit that
 * is still running counts as ending now.
 */
export function auditConditions(audit: QueryScope['audit'], parameters: SqlParameters) {
  if (!audit)
    return {
      isOpen: (_from: string, to: string) => `${to} is null`,
      isSeen: () => 'true',
      isAudited: () => 'true',
      asOf: (at: string) => at,
    };
  const time = (): string => `coalesce(${parameters.add(audit.endedAt)}::timestamptz, now())`;
  return {
    /** Selects tags and repositories whose lifetime, from column `from` to column `to`, includes that moment. */
    isOpen(from: string, to: string) {
      const end = time();
      return `${from} <= ${end} and (${to} is null or ${to} > ${end})`;
    },
    /** Selects what had been seen by then; `at` is the column of the first sighting. */
    isSeen: (at: string) => `${at} <= ${time()}`,
    /** The time of the last sighting as it was known then; `at` is the one that is known now. */
    asOf: (at: string) => `least(${at}, ${time()})`,
    /**
     * Selects rows of the sources that the audit covers; `relation` has a `source_id`. By an array, which Postgres can
     * compare within the branches of `image_history`: of a join to a union it expects one row in two hundred.
     */
    isAudited: (relation: string) =>
      `${relation}.source_id = any (array(select source_id from audit_source where audit_id = ${parameters.add(audit.id)}::int8))`,
  };
}

/** The relation of the images under tags, for a `from` clause: now, or at the end of the scope's audit. */
export function imagesRelation({ audit, parameters }: Pick<QueryScope, 'audit' | 'parameters'>): string {
  const { isOpen, isAudited } = auditConditions(audit, parameters);
  return `(select * from image_history h where ${isOpen('h.first_seen_at', 'h.ended_at')} and ${isAudited('h')})`;
}

/** The relation of the repositories with their sizes, for a `from` clause: now, or at the end of the scope's audit. */
export function repositoriesRelation({ audit, parameters }: Pick<QueryScope, 'audit' | 'parameters'>): string {
  if (!audit) return 'slimboard_repositories';
  const { isOpen, asOf } = auditConditions(audit, parameters);
  const sizes = (until: string): string =>
    `(select * from repository_total x where x.repository_id = r.id and x.audit_id <= a.${until} order by x.audit_id desc limit 1)`;
  return `(
    select a.source, r.registry, r.name as repository, r.team, r.team_origin, t.tags, t.images, t.logical_bytes, t.stored_bytes,
      t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, t.largest_bytes,
      case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end as growth_bytes,
      case when p.stored_bytes > 0 then round(100.0 * (t.stored_bytes - p.stored_bytes) / p.stored_bytes, 2) end as growth_percent,
      r.first_seen_at, ${asOf('r.last_seen_at')} as last_seen_at, r.id as repository_id, r.source_id
    from slimboard_source_audits a join repository r on r.source_id = a.source_id
    left join lateral ${sizes('totals_of')} t on true
    left join lateral ${sizes('previous_totals_of')} p on true
    where a.audit_id = ${parameters.add(audit.id)}::int8 and ${isOpen('r.first_seen_at', 'r.ended_at')})`;
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

/** The queries of {@link precomputedSumsSql}, each with the same columns. */
export interface Sums {
  /** Reads those that are stored of each source: a table with a `source_id`, and a condition on its rows. */
  readonly stored: { readonly table: string; readonly condition?: string };
  readonly columns: string;
  /** Adds up those of all sources. */
  readonly added: string;
  /** Computes them from images. */
  readonly computed: string;
}

/**
 * A query for sums over images. Audits store those of each source when they end. The query reads these, or adds them
 * up; it computes the sums if the scope is filtered, or if nothing is stored.
 */
export function precomputedSumsSql(scope: QueryScope, { stored, columns, added, computed }: Sums): string {
  if (scope.isFiltered) return computed;
  const { table, condition = 'true' } = stored;
  const sumsOfSource = (source: string): string =>
    `select ${columns} from ${table} where ${condition} and source_id = (${source})`;
  const kept =
    scope.source === undefined
      ? `${sumsOfSource('select min(id) from source having count(*) = 1')}
      union all
      select ${columns} from (${added}) a where (select count(*) > 1 from source)`
      : sumsOfSource(`select id from source where name = ${scope.parameters.add(scope.source)}`);
  return `
    with kept as (${kept})
    select ${columns} from kept
    union all
    select ${columns} from (${computed}) a where not exists (select from kept)`;
}
