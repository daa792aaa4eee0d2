import type { SqlValue } from '../../store/database.ts';
import type { FilterTargets } from '../filters.ts';
import type { Run } from '../packed-rows.ts';
import type { Column } from '../report.ts';

/** A kind of report: its columns, and beside them the SQL of its rows. */
export interface ReportKind {
  readonly name: string;
  /** One sentence: what a row is, and what the report answers. */
  readonly description: string;
  readonly columns: readonly Column[];
  readonly filters: FilterTargets;
  /** A query that gives the columns by their names, and maybe others to sort by. */
  readonly query: (scope: QueryScope) => string;
  /** The default order: what follows `order by`, in names that the query gives. Undefined: as the query gives the rows. */
  readonly order?: string;
  /** It shows the present state only: the newest audit of its sources may be asked for, an earlier one is refused. */
  readonly currentOnly?: true;
  /** Columns that tell rows apart: they decide among rows that a sort finds equal. Default: all columns. */
  readonly key?: readonly string[];
  /**
   * The query of a page in some order, where it takes long to make or to sort whole rows.
   * @param order what follows `order by`
   * @param part ` limit $1 offset $2`, as far as asked for
   */
  readonly page?: (scope: QueryScope, order: string, part: string) => string;
  /** Query and page give, as `total`, how many rows there are in all: where to count them takes as long as to make them. */
  readonly givesTotal?: true;
  /** The query of a report without filters, which packs the cells that rows share once. */
  readonly shared?: { readonly runs: readonly Run[]; readonly query: (scope: QueryScope) => string };
}

/** What limits a report of images, called `i`. */
export const IMAGE_FILTERS = {
  source: 'i.source',
  registry: 'i.registry',
  team: 'i.team',
  repository: 'i.repository',
  tag: 'i.tag',
  base: 'i.base_image',
  distro: 'i.distro',
} as const satisfies FilterTargets;

/** What a query is asked for. */
export interface QueryScope {
  /** The filters as a condition, in terms of the kind's targets. */
  readonly where: string;
  /** The source that was asked for; undefined: all. */
  readonly source: string | undefined;
  /** Whether an audit, or another filter than `source`, was given: sums that are kept of whole sources do not answer then. */
  readonly isFiltered: boolean;
  /** The audit that was asked for; undefined: the newest. */
  readonly audit: { readonly id: number } | undefined;
  readonly parameters: SqlParameters;
  /** In the configured currency; undefined: not configured. */
  readonly storagePricePerGBMonth: number | undefined;
}

/** Values of a query, kept apart from its text. */
export class SqlParameters {
  readonly values: SqlValue[] = [];

  /** @returns how the text names the value: `$1` */
  add(value: SqlValue): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Conditions on what was there when the audit ended that was asked for, or is there now. */
export function asOf(audit: QueryScope['audit'], parameters: SqlParameters) {
  if (!audit) return { open: (_from: string, to: string) => `${to} is null`, seen: () => 'true', listed: () => 'true' };
  const id = `${parameters.add(audit.id)}::int8`;
  const time = `coalesce((select finished_at from audit where id = ${id}), now())`;
  return {
    /** Of a tag that was opened and ended at these times. */
    open: (from: string, to: string) => `${from} <= ${time} and (${to} is null or ${to} > ${time})`,
    /** Of what was seen first at this time. */
    seen: (at: string) => `${at} <= ${time}`,
    /** Of a relation with a `source_id`. */
    listed: (relation: string) =>
      `${relation}.source_id in (select source_id from audit_source where audit_id = ${id})`,
  };
}

/** The images that open tags lead to: now, or at the end of the audit that was asked for. */
export function imagesAsOf({ audit, parameters }: Pick<QueryScope, 'audit' | 'parameters'>): string {
  if (!audit) return 'slimboard_images';
  const { open, listed } = asOf(audit, parameters);
  return `(select * from slimboard_image_history h where ${open('h.first_seen_at', 'h.ended_at')} and ${listed('h')})`;
}

/** The repositories that are there now, or were when the audit ended that was asked for, with their sizes then. */
export function repositoriesAsOf({ audit, parameters }: Pick<QueryScope, 'audit' | 'parameters'>): string {
  if (!audit) return 'slimboard_repositories';
  const { open } = asOf(audit, parameters);
  const sizes = (until: string): string =>
    `(select * from repository_total x where x.repository_id = r.id and x.audit_id <= a.${until} order by x.audit_id desc limit 1)`;
  return `(
    select a.source, r.registry, r.name as repository, r.team, r.team_origin, t.tags, t.images, t.logical_bytes, t.stored_bytes,
      t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, t.largest_bytes,
      case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end as growth_bytes,
      case when p.stored_bytes > 0 then round(100.0 * (t.stored_bytes - p.stored_bytes) / p.stored_bytes, 2) end as growth_percent,
      r.first_seen_at, r.last_seen_at, r.id as repository_id, r.source_id
    from slimboard_source_audits a join repository r on r.source_id = a.source_id
    left join lateral ${sizes('totals_of')} t on true
    left join lateral ${sizes('previous_totals_of')} p on true
    where a.audit_id = ${parameters.add(audit.id)}::int8 and ${open('r.first_seen_at', 'r.ended_at')})`;
}

/** The selection of a kind's columns from a relation, as SQL. */
export function selectColumns(columns: readonly Column[], relation: string): string {
  return columns.map(({ name }) => `${relation}."${name}"`).join(', ');
}

/**
 * SQL: what was kept when audits ended, where it answers: of the one source there is or that is named, or of all together.
 * @param kept the last part of its tables' names, after `source_` and `fleet_`
 * @param condition on their rows
 */
export function keptSumsOr(
  scope: QueryScope,
  kept: string,
  columns: string,
  added: string,
  condition = 'true',
): string {
  if (scope.isFiltered) return added;
  const ofSource = (source: string): string =>
    `select ${columns} from source_${kept} where ${condition} and source_id = (${source})`;
  const only = 'select min(id) from source having count(*) = 1';
  const rows =
    scope.source === undefined
      ? `${ofSource(only)} union all select ${columns} from fleet_${kept} where ${condition}`
      : ofSource(`select id from source where name = ${scope.parameters.add(scope.source)}`);
  return `
    with kept as (${rows})
    select ${columns} from kept
    union all
    select ${columns} from (${added}) a where not exists (select from kept)`;
}
