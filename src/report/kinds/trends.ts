import { byBytes } from '../../store/sql/by-bytes.ts';
import { auditConditions, type QueryScope } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { imagesOfRepository, pickColumns, placeFilters, type ReportKind, selectColumns } from './kind.ts';
import { narrowed } from './limited-kind.ts';

const columns = defineColumns({
  finished_at: ['timestamp', 'When the audit ended.'],
  audit_id: ['integer', "The audit's number.", 'detail'],
  source: ['text', 'The source.'],
  scope: ['text', 'What the sizes belong to: a `source`, `team`, `repository` or `base`.', 'gist'],
  name: ['text', 'The name of the source, team, repository or base image.', 'gist'],
  registry: ['text', "The host of a repository's registry.", 'detail'],
  status: ['text', 'How the audit ended: `finished` or `incomplete`.', 'detail'],
  tags: ['integer', 'Number of tags.'],
  images: ['integer', 'Distinct images under those tags.'],
  logical_bytes: ['bytes', 'The pull sizes of all tags, as if nothing were shared.'],
  stored_bytes: ['bytes', 'Stored bytes: for a team its fair share, for a base image unknown.', 'gist'],
  change_bytes: [
    'bytes',
    'Change of the stored bytes since the previous audit with the same coverage; empty if there is none.',
  ],
});

export const trends: ReportKind = {
  name: 'trends',
  description:
    'One row per audit and source, team, repository or base image, newest first; a repository has a row only when its sizes changed.',
  columns,
  filters: {
    ...placeFilters('t'),
    base: "case when t.scope = 'base' then t.name end",
    since: 't.finished_at',
    minSize: 't.stored_bytes',
  },
  ofImages: imagesOfRepository('t'),
  query: (scope) => `select ${selectColumns(columns, 't')} from slimboard_trends t where ${conditionOf(scope)}`,
  order: `finished_at desc, audit_id desc, ${byBytes('source', 'scope', 'name', 'registry')}`,
};

/** Selects the trends `t` up to an audit, if there is one, of its sources. */
function conditionOf({ where, audit, parameters }: QueryScope): string {
  if (!audit) return where;
  return `${where} and t.audit_id <= ${parameters.add(audit.id)}::int8 and ${auditConditions(audit, parameters).isAudited('t')}`;
}

/** Selects the trends of one thing, or of all things of a scope. */
export interface TrendOf {
  readonly scope: 'source' | 'team' | 'repository' | 'base';
  /** Default: everything in the scope. */
  readonly name?: string;
  /** The host of the registry, for a repository. */
  readonly registry?: string;
}

/** What the audits that are shown together cover, by source. One night in which an item failed does not hide all others. */
const LIKE_NEWEST = `
  select distinct on (a.source_id) a.source_id, a.coverage, a.failed_items from (
    select a.*, first_value(a.coverage) over (partition by a.source_id order by a.audit_id desc) as newest_coverage
    from slimboard_source_audits a where a.failed_items is not null) a
  where a.coverage = a.newest_coverage order by a.source_id, a.previous_audit_id is null, a.audit_id desc`;

/**
 * Some trends over comparable audits: those that cover the same as the newest one of their source, and in which the same
 * items failed as in the newest one that can be compared.
 * @param kind its query calls the relation of trends `t`
 */
export function comparableTrends({ scope, name, registry }: TrendOf, kind: ReportKind = trends): ReportKind {
  return narrowed(kind, (parameters) => {
    const equal = (column: string, value: string | undefined): string =>
      value === undefined ? 'true' : `t.${column} = ${parameters.add(value)}`;
    return `${equal('scope', scope)} and ${equal('name', name)} and ${equal('registry', registry)}
      and (t.source_id, t.audit_id) in (
        select a.source_id, a.audit_id from slimboard_source_audits a join (${LIKE_NEWEST}) n
          on n.source_id = a.source_id and n.coverage = a.coverage and n.failed_items = a.failed_items)`;
  });
}

/** Repositories that grew: the sum of their changes, most bytes first, and the bytes that they store now. */
export const grownRepositories: ReportKind = comparableTrends(
  { scope: 'repository' },
  {
    ...trends,
    description: 'One row per repository that stores more than before, most bytes first.',
    columns: [
      ...pickColumns(trends, ['source', 'registry', 'name']),
      ...defineColumns({ team: ['text', 'The team that owns it, or `unowned`.'] }),
      ...pickColumns(trends, ['stored_bytes', 'change_bytes']),
    ],
    query: (scope) => `
      select t.source, t.registry, t.name, t.team, (array_agg(t.stored_bytes order by t.finished_at desc))[1] as stored_bytes,
        sum(t.change_bytes)::int8 as change_bytes
      from slimboard_trends t where ${conditionOf(scope)}
      group by t.source, t.registry, t.name, t.team having sum(t.change_bytes) > 0`,
    order: `change_bytes desc, ${byBytes('source', 'registry', 'name')}`,
  },
);
