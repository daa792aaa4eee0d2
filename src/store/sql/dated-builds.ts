/**
 * SQL: the rows of `build`, each with `after_at`: its push, else the end of the audit before the one that found it. So the
 * order in which one audit reads tags does not count. What was found by audits that were pruned keeps its own time. Reads
 * `ended`, the rows of the view `audit_ends`; the view `grown_build` must give the same.
 * @param cameAt the column of `build` with its push, or when it was first seen
 */
export function datedBuilds(cameAt: string): string {
  return `
      select b.*, case when b.is_pushed or b.${cameAt} < e.known_since then b.${cameAt}
        else coalesce(e.ends[width_bucket(b.${cameAt} - interval '1 microsecond', e.ends)], e.known_since) end as after_at
      from build b join repository r on r.id = b.repository_id left join ended e on e.source_id = r.source_id`;
}
