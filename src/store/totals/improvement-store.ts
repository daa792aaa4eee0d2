import type { Improvement } from '../../advise/improvement.ts';
import type { Queryable } from '../../database/database.ts';
import { buildPairs } from '../sql/build-pairs.ts';
import { byBytes } from '../sql/by-bytes.ts';
import { columnNames, jsonRows } from '../sql/json-rows.ts';
import { columnArrays } from '../sql/rows.ts';

/**
 * Two successive builds of a repository for one platform in the same line of tags (`tag_line`), whose assessments
 * differ in something that a technique changes, or of which an improvement is already stored. `before` and `after` are
 * rows of `manifest`.
 */
export interface BuildPair {
  readonly repositoryId: number;
  readonly platform: string;
  readonly before: number;
  readonly after: number;
  readonly previousTag: string;
  readonly tag: string;
  /** When the later one was built, else when it was first seen (ISO 8601). */
  readonly builtAt: string;
}

/** A pair of builds with the improvement that was found between them. */
export interface RecognisedPair extends BuildPair {
  /** Undefined when no technique was applied. */
  readonly improvement: Improvement | undefined;
}

/**
 * Lists the repositories of these sources in which a tag started or an image was assessed since totals were last
 * computed for all of these sources.
 */
export async function listTouchedRepositories(
  db: Queryable,
  sourceIds: readonly number[],
  auditId: number,
): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `with closed as (
       select (select max(a.finished_at) from source_total t join audit a on a.id = t.audit_id where t.source_id = s.id and a.id < $2) as at
       from unnest($1::int4[]) as s (id)),
     since as (select case when bool_and(at is not null) then min(at) else '-infinity' end as at from closed),
     assessed as (select manifest_id from assessment where judged_at > (select at from since)),
     touched as (
       select repository_id from tag where started_at > (select at from since)
       union select t.repository_id from assessed j join tag t on t.manifest_id = j.manifest_id
       union select t.repository_id from assessed j join index_child c on c.child_id = j.manifest_id join tag t on t.manifest_id = c.index_id)
     select r.id from touched join repository r on r.id = touched.repository_id where r.source_id = any($1::int4[]) order by r.id`,
    [sourceIds, auditId],
  );
  return rows.map(({ id }) => id);
}

/** SQL: pairs of successive builds of these repositories, and the rules that their images trip. */
const PAIRS = `
  with named as (
    select id, repository_id, name, manifest_id, coalesce(pushed_at, started_at) as came_at, pushed_at is not null as is_pushed
    from tag where repository_id = any($1::int8[]) and name is not null),
  leads_to as (
    select *, manifest_id as image_id, 0 as position from named
    union all select n.*, c.child_id, c.position from named n join index_child c on c.index_id = n.manifest_id where c.child_id is not null),
  tagged as (
    select distinct on (l.id, i.platform) l.repository_id, tag_line(l.name) as line, l.name as tag, i.platform, i.manifest_id, i.created_at,
      i.pull_bytes as compressed_bytes, l.came_at, l.is_pushed
    from leads_to l join image i on i.manifest_id = l.image_id order by l.id, i.platform, l.position),
  build as (
    select repository_id, line, platform, manifest_id, created_at, compressed_bytes, min(came_at) as came_at, bool_and(is_pushed) as is_pushed,
      min(${byBytes('tag')}) as tag
    from tagged group by repository_id, line, platform, manifest_id, created_at, compressed_bytes),
  ${buildPairs('source_id = any(array(select source_id from repository where id = any($1::int8[])))')},
  tripped as (
    select manifest_id, array_agg(rule) as rules from finding
    where manifest_id in (select previous_id from pair union select manifest_id from pair) group by manifest_id)`;

/**
 * Reads the pairs of builds in these repositories whose assessments differ in something that a technique changes, and
 * those with a stored improvement, which may no longer be one. Builds between which others were pruned are no pair: what
 * the later one followed was compared with it, or is unknown.
 */
export function readBuildPairs(db: Queryable, repositoryIds: readonly number[]): Promise<readonly BuildPair[]> {
  return db.query<BuildPair>(
    `${PAIRS}
     select p.repository_id as "repositoryId", p.platform, p.previous_id as before, p.manifest_id as after, p.previous_tag as "previousTag", p.tag,
       coalesce(p.created_at, p.came_at) as "builtAt"
     from pair p
     join manifest m on m.id = p.manifest_id
     join assessment a on a.manifest_id = p.previous_id join assessment b on b.manifest_id = p.manifest_id
     left join improvement s on s.repository_id = p.repository_id and s.platform = p.platform and s.digest = m.digest
     left join tripped x on x.manifest_id = p.previous_id left join tripped y on y.manifest_id = p.manifest_id
     left join forgotten_build f on f.repository_id = p.repository_id and f.line = p.line
     where (f.came_at is null or f.came_at < p.previous_came_at)
       and (s.digest is not null
         or (a.variant, a.base_layers = 0, a.multi_stage) is distinct from (b.variant, b.base_layers = 0, b.multi_stage)
         or not coalesce(x.rules, '{}') <@ coalesce(y.rules, '{}'))
     order by p.repository_id, p.platform, p.manifest_id`,
    [repositoryIds],
  );
}

/**
 * Stores the improvements of these pairs. Earlier improvements of a pair that applied no technique, as assessed now,
 * are deleted.
 */
export async function saveImprovements(tx: Queryable, found: readonly RecognisedPair[]): Promise<void> {
  await tx.query(
    `delete from improvement s using unnest($1::int8[], $2::text[], $3::int8[]) as n (repository_id, platform, after_id), manifest m
     where m.id = n.after_id and s.repository_id = n.repository_id and s.platform = n.platform and s.digest = m.digest`,
    columnArrays(found, 'repositoryId', 'platform', 'after'),
  );
  const rows = found.flatMap(({ improvement, ...pair }) => (improvement ? [rowOf(pair, improvement)] : []));
  if (rows.length > 0) await tx.query(INSERT, [jsonRows(rows)]);
}

const IMPROVEMENT_COLUMNS = `repository_id int8, platform text, tag text, previous_tag text, built_at timestamptz, techniques text, counted_as text,
  evidence text, compressed_bytes int8, previous_bytes int8, base_saved_bytes int8, guide_min numeric, guide_max numeric,
  estimated_min_bytes int8, estimated_max_bytes int8`;
const IMPROVEMENT_NAMES = columnNames(IMPROVEMENT_COLUMNS).join(', ');

const INSERT = `
  insert into improvement (digest, previous_digest, ${IMPROVEMENT_NAMES})
  select m.digest, b.digest, ${IMPROVEMENT_NAMES}
  from json_to_recordset($1::json) as n (before_id int8, after_id int8, ${IMPROVEMENT_COLUMNS})
  join manifest b on b.id = n.before_id join manifest m on m.id = n.after_id`;

function rowOf({ before, after, ...pair }: BuildPair, { guide, estimated, ...improvement }: Improvement): object {
  return {
    ...pair,
    ...improvement,
    beforeId: before,
    afterId: after,
    techniques: improvement.techniques.join(';'),
    countedAs: improvement.countedAs.join(';'),
    guideMin: guide?.[0],
    guideMax: guide?.[1],
    estimatedMinBytes: estimated?.min,
    estimatedMaxBytes: estimated?.max,
  };
}
