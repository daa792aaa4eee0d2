import { snakeCase } from '../../common/snake-case.ts';
import { EMPTY_STATES } from '../../html/empty-states.ts';
import { dashboardLinks } from '../../html/links.ts';
import type { Markup } from '../../html/markup.ts';
import { section } from '../../html/page.ts';
import { SCREEN_COLUMNS } from '../../html/screen-columns.ts';
import { reportTable } from '../../html/table.ts';
import { ruleTitle } from '../../policy/rule-registry.ts';
import type { ReportFilters } from '../../report/filters.ts';
import { adviceByRepository } from '../../report/kinds/advice.ts';
import { findingsByRule } from '../../report/kinds/findings.ts';
import { imagesThatRank } from '../../report/kinds/images.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import type { ReportRequest } from '../../report/open-report.ts';
import { type ReportRows, readRows, recordsOf } from '../../report/report-page.ts';
import { type Dashboard, presentOf } from '../dashboard.ts';
import { MAX_VALUE_LENGTH } from '../report-query.ts';

/** The part of the registry that a page shows, such as a team's repositories. */
export interface Part {
  readonly filters: ReportFilters;
  /** Columns to leave out, because they have the same value in every row. */
  readonly without: readonly string[];
}

/** Reads the first rows of a report. */
export function readPart(
  dashboard: Dashboard,
  kind: ReportKind,
  rows: Pick<ReportRequest, 'filters' | 'limit' | 'sort'>,
): Promise<ReportRows> {
  return readRows(dashboard.db, kind, { ...rows, ...presentOf(dashboard) });
}

/** Reads the sections on how to make a part smaller. */
export async function adviceSections(dashboard: Dashboard, part: Part) {
  const { filters } = part;
  const [images, advice, rules] = await Promise.all([
    readPart(dashboard, imagesThatRank, { filters, limit: 25, sort: '-compressed_bytes' }),
    readPart(dashboard, adviceByRepository, { filters, limit: 15 }),
    readPart(dashboard, findingsByRule, { filters, limit: 100 }),
  ]);
  return {
    steps: partSection('What would save most', advice, part, {
      note: 'The newest builds, by repository and technique.',
      empty: 'No technique would make one of the newest builds smaller.',
    }),
    findings: partSection('Findings', withTitles(rules), part),
    biggestImages: partSection('Biggest images', images, part),
    /** The rows of that section, the biggest image first. */
    biggest: recordsOf(images),
  };
}

/** Says what a rule finds where its images have different messages. */
function withTitles({ columns, rows, ...rules }: ReportRows): ReportRows {
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  const [rule, message] = [at('rule'), at('message')];
  const titled = rows.map((cells) => cells.with(message, cells[message] ?? ruleTitle(String(cells[rule])) ?? null));
  return { ...rules, columns, rows: titled };
}

/** A section with some rows of a part, and a link to the report with all of them; `empty` is shown if there are none. */
export function partSection(
  title: string,
  rows: ReportRows,
  { filters, without }: Part,
  { note, empty = EMPTY_STATES[rows.kind] }: { readonly note?: string; readonly empty?: string | undefined } = {},
): Markup {
  const table = reportTable(rows, {
    label: title,
    columns: SCREEN_COLUMNS[rows.kind],
    without,
    empty,
    links: (column, row) =>
      column === 'rule' ? reportAddress(rows.kind, filters, String(row.rule)) : dashboardLinks(column, row),
  });
  return section(title, table, { wide: true, note, more: reportAddress(rows.kind, filters) });
}

/** The address of the report with all rows of a part; undefined when it would be longer than the server accepts. */
function reportAddress(kind: string, filters: ReportFilters, search?: string): string | undefined {
  if (Object.values(filters).some((value) => value.length > MAX_VALUE_LENGTH)) return undefined;
  const parameters = new URLSearchParams(search === undefined ? {} : { q: search });
  for (const [name, value] of Object.entries(filters)) parameters.set(snakeCase(name), value);
  return `/${kind}?${parameters}`;
}
