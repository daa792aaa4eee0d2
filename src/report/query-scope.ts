import type { SqlValue } from '../database/database.ts';

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
    where a.audit_id = ${parameters.add(audit.id)}::int8 and ${isOpen('r.first_seen_at', 'r.ended_at')} and t.gone is not true)`;
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
