import { streamRows } from '../database/cursor.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { ImageFacts } from '../policy/check-image.ts';
import { byBytes } from './sql/by-bytes.ts';

/** SQL: the tags held by the sources of audit $1, with their repositories. */
const CONTENT_OF_AUDIT = `from tag_content c
     join repository r on r.id = c.repository_id and r.ended_at is null
     join audit_source s on s.source_id = r.source_id and s.audit_id = $1`;

/**
 * Streams, in batches, the facts that policies check, for every tagged image in the sources of an audit: once, also if
 * several of them have it.
 */
export function readFacts(db: Database, auditId: number): AsyncIterable<readonly ImageFacts[]> {
  return streamRows<ImageFacts>(
    db,
    `select c.reference || case when count(*) over (partition by c.reference) > 1 then ' (' || i.platform || ')' else '' end as reference,
       json_build_object('repository', c.repository, 'team', c.team) as owner, i.pull_bytes as bytes, i.layer_count as "layerCount",
       coalesce(string_to_array(a.base_image, ';'), '{}') as "baseNames",
       case when a.base_image is null then a.base_evidence else '' end as "baseReason",
       coalesce((select json_agg(json_build_object('rule', f.rule, 'severity', f.severity, 'message', f.message,
          'evidence', case when f.layer is null then '[]'::json else json_build_array(json_build_object('layer', f.layer)) end) order by f.ordinal)
        from finding f where f.manifest_id = c.manifest_id), '[]') as findings
     from (
       select distinct on (r.registry, r.name, c.tag, c.manifest_id) r.registry || '/' || r.name || ':' || c.tag as reference,
         r.registry, r.name as repository, c.tag, c.manifest_id, r.team
       ${CONTENT_OF_AUDIT} where c.tag is not null
       order by r.registry, r.name, c.tag, c.manifest_id, r.team) c
     join image i on i.manifest_id = c.manifest_id join assessment a on a.manifest_id = c.manifest_id join manifest m on m.id = c.manifest_id
     order by ${byBytes('c.registry', 'c.repository', 'c.tag', 'i.platform')}, m.digest`,
    [auditId],
  );
}

/** Counts what keeps an audit from being checked completely: items that failed in it, and images not assessed yet. */
export async function countUnchecked(
  db: Queryable,
  auditId: number,
): Promise<{ readonly failed: number; readonly unassessed: number }> {
  const [row] = await db.query<{ failed: number; unassessed: number }>(
    `select (select count(*)::int from audit_error where audit_id = $1 and code <> 'delivery') as failed,
       (select count(distinct i.manifest_id)::int ${CONTENT_OF_AUDIT} join image i on i.manifest_id = c.manifest_id
        where c.tag is not null and not exists (select 1 from assessment a where a.manifest_id = i.manifest_id)) as unassessed`,
    [auditId],
  );
  return row ?? { failed: 0, unassessed: 0 };
}
