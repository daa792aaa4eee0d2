import type { Queryable } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import type { AuditSummary } from './report.ts';

const SUMMARY = `
  select a.id, a.status, a.sources, a.started_at, a.finished_at, a.repositories_listed, a.tags_listed, a.tags_audited,
    a.tags_skipped, a.tags_failed
  from slimboard_audits a`;

type SummaryRow = Omit<AuditSummary, 'sources'> & { readonly sources: string | null };

/**
 * Finds the summary of an audit.
 * @param id undefined: the newest audit that ended and was not a failure, of `source` if given
 * @returns null when no audit has ended yet
 * @throws SettingsError when there is no audit with that id
 */
export async function findSummary(
  db: Queryable,
  id: number | undefined,
  source: string | undefined,
): Promise<AuditSummary | null> {
  const [row] =
    id === undefined
      ? await db.query<SummaryRow>(
          `${SUMMARY} where a.status in ('finished', 'incomplete') and ($1::text is null or $1 = any(string_to_array(a.sources, ';')))
           order by a.id desc limit 1`,
          [source ?? null],
        )
      : await db.query<SummaryRow>(`${SUMMARY} where a.id = $1`, [id]);
  if (!row && id !== undefined) throw unknownAudit(id);
  if (!row) return null;
  return summaryOf(row);
}

/** The error for an id that no audit has. */
export function unknownAudit(id: number): SettingsError {
  return new SettingsError(`there is no audit ${id}: "slimboard report audits" lists them`);
}

/** The newest audit of some sources. */
export interface NewestAudit extends AuditSummary {
  /** How many tags of these sources reports cover, whichever audit read them: the newest may have read a part. */
  readonly tags_covered: number;
  /** How many items of these sources could not be read, as `report errors` lists them. */
  readonly items_failed: number;
  /** How many of them are no tags, but whole sources, lists of tags, layers. */
  readonly other_items_failed: number;
  /** Whether a report could not be written, or a webhook not called: the figures lack nothing. */
  readonly delivery_failed: boolean;
}

/** The newest audit of each source, or of one: the audits that current figures come from, latest first. */
export async function newestSummaries(db: Queryable, source?: string): Promise<readonly NewestAudit[]> {
  const rows = await db.query<SummaryRow & Omit<NewestAudit, keyof AuditSummary>>(
    `select a.*, n.tags_covered, n.items_failed, n.other_items_failed, n.delivery_failed from (${SUMMARY}) a join (
       select x.audit_id, coalesce(sum(t.tags), 0)::int8 as tags_covered,
         sum(e.items)::int8 as items_failed, sum(e.others)::int8 as other_items_failed, bool_or(e.deliveries > 0) as delivery_failed
       from slimboard_source_audits x left join source_total t on t.audit_id = x.totals_of and t.source_id = x.source_id
       cross join lateral (select count(*) filter (where e.code <> 'delivery') as items,
           count(*) filter (where e.code <> 'delivery' and e.tag = '') as others,
           count(*) filter (where e.code = 'delivery') as deliveries
         from audit_error e where e.audit_id = x.audit_id and e.source_id = x.source_id) e
       where x.newest and ($1::text is null or x.source = $1) group by x.audit_id) n on n.audit_id = a.id
     order by a.finished_at desc, a.id desc`,
    [source ?? null],
  );
  return rows.map(summaryOf);
}

function summaryOf<Row extends SummaryRow>(row: Row) {
  const { sources, started_at, finished_at } = row;
  return {
    ...row,
    sources: sources?.split(';') ?? [],
    started_at: toSecond(started_at),
    finished_at: finished_at === null ? null : toSecond(finished_at),
  };
}

/** Cuts fractions of a second, so that the time reads as in all reports: `2026-11-23T02:00:00Z`. */
function toSecond(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
