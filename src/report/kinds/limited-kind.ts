import { digestText } from '../../store/sql/digest-text.ts';
import type { QueryScope, SqlParameters } from '../query-scope.ts';
import { isText } from '../report.ts';
import type { ReportKind } from './kind.ts';

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

/**
 * The same kind, limited to rows in which some text or digest contains the text; case does not matter.
 * @param text undefined or empty: no limit
 */
export function searched(kind: ReportKind, text: string | undefined): ReportKind {
  if (!text) return kind;
  const relation = kind.rowRelation === undefined ? '' : `${kind.rowRelation}.`;
  const searchable = kind.columns.flatMap((column) => {
    const cell = `${relation}"${column.name}"`;
    if (isText(column)) return [`lower(${cell})`];
    return column.type === 'digest' ? [digestText(cell)] : [];
  });
  const condition = (parameters: SqlParameters): string =>
    `strpos(concat_ws(' ', ${searchable.join(', ')}), ${parameters.add(text.toLowerCase())}) > 0`;
  return kind.rowRelation === undefined ? selected(kind, condition) : narrowed(kind, condition);
}

/** The same kind, limited to rows whose cell in a column is this text. */
export function withCell(kind: ReportKind, column: string, text: string): ReportKind {
  return selected(kind, (parameters) => `"${column}" = ${parameters.add(text)}`);
}

/** The same kind, limited by an SQL condition on its columns. */
function selected(kind: ReportKind, condition: (parameters: SqlParameters) => string): ReportKind {
  const { page: _, packed: __, givesTotal: ___, ...rest } = kind;
  return {
    ...rest,
    query: (scope) => `select * from (${kind.query(scope)}) s where ${condition(scope.parameters)}`,
  };
}
