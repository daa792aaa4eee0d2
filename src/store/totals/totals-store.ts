import type { Queryable } from '../../database/database.ts';
import { PLAN_AS_A_WHOLE } from '../../database/planning.ts';
import { byBytes } from '../sql/by-bytes.ts';
import { DEDUP_SCOPE } from '../sql/dedup-scope.ts';
import { setExcluded } from '../sql/rows.ts';
import { FAIR_SHARE, imageSums } from '../sql/shared-sums.ts';
import { keepAssessedImages } from './assessed-images.ts';
import { keepBaseSums } from './base-sums.ts';
import { keepGroupSums } from './group-sums.ts';
import { summariseSource } from './summary-store.ts';

/**
 * The totals of a source, all computed anew from the blob table. A blob counts once within the scope in which its
 * registry stores it once; foreign layers do not count. All sizes are bytes.
 */

/**
 * SQL, lateral to `f`: the entries of an index. "offset 0" keeps Postgres from turning the lookup of this source's
 * indexes into a scan of all sources' entries.
 */
const LISTED = 'select * from index_child l where l.index_id = f.manifest_id offset 0';

/**
 * SQL: temporary table of the manifests that each repository holds: those of its open tags, untagged manifests, and
 * those children of indexes that the audit asked for: images of its platforms and their attestations. Other children
 * may be stored because of other sources and audits.
 */
const HELD = `
  create temp table held on commit drop as
  with recursive asked as (
    select s.platforms, coalesce((
      select (o -> 'provenance')::bool from audit a cross join lateral jsonb_array_elements(a.options -> 'sources') o
      where a.id = $2 and o ->> 'name' = s.name), true) as provenance
    from source s where s.id = $1),
  found (repository_id, manifest_id) as (
    select t.repository_id, t.manifest_id from tag t join repository r on r.id = t.repository_id
    where r.source_id = $1 and r.ended_at is null and t.ended_at is null
    union
    select f.repository_id, c.child_id from found f cross join asked a cross join lateral (${LISTED}) c
    where c.child_id is not null and (a.platforms is null or c.describes is null and is_wanted_platform(c.platform, a.platforms))),
  -- An attestation belongs to the platform of its image. Matched by a window, which sorts, instead of a join: a list of
  -- thousands is read once.
  attested as (
    select f.repository_id, c.child_id, c.describes,
      bool_or(c.describes is null) over (partition by f.repository_id, c.index_id, coalesce(c.describes, c.digest)) as of_wanted
    from found f cross join asked a cross join lateral (${LISTED}) c
    where a.provenance and a.platforms is not null and (c.describes is not null or is_wanted_platform(c.platform, a.platforms)))
  select * from found
  union select repository_id, child_id from attested where of_wanted and describes is not null and child_id is not null`;

/** SQL: temporary table of the blobs that each repository holds, with their deduplication scope. */
const HOLDING = `
  create temp table holding on commit drop as
  select x.repository_id, r.team, x.blob_id, b.size, ${DEDUP_SCOPE} as scope
  from (
    select h.repository_id, l.blob_id from held h join manifest_layer l on l.manifest_id = h.manifest_id
    union
    select h.repository_id, m.config_id from held h join manifest m on m.id = h.manifest_id) x
  join repository r on r.id = x.repository_id
  join source s on s.id = r.source_id
  join blob b on b.id = x.blob_id and b.stored`;

/** SQL: temporary table of the blobs above base images; all layers of an image whose base is not known. */
const OWN_HOLDING = `
  create temp table own_holding on commit drop as
  select distinct o.repository_id, o.team, o.scope, o.blob_id, o.size
  from held h
  join manifest_layer l on l.manifest_id = h.manifest_id
  join holding o on o.repository_id = h.repository_id and o.blob_id = l.blob_id
  left join assessment a on a.manifest_id = h.manifest_id
  where l.position >= coalesce(a.base_layers, 0)`;

/** SQL: temporary table of tagged images, one row for each repository and image, however many tags name it. */
const TAGGED_IMAGE = `
  create temp table tagged_image on commit drop as
  select c.repository_id, r.team, c.manifest_id, r.name as repository, min(${byBytes('c.tag')}) as tag, count(*)::int as tags, i.pull_bytes,
    count(*) filter (where c.index_id is null) as direct_tags, array_agg(c.tag_id) filter (where c.index_id is not null) as index_tags
  from tag_content c join repository r on r.id = c.repository_id join image i on i.manifest_id = c.manifest_id
  where r.source_id = $1 and r.ended_at is null and c.tag is not null
  group by 1, 2, 3, 4, i.pull_bytes`;

/**
 * SQL: stores how many bytes of each image other repositories of the source hold as well. Manifests may disagree about the
 * size of a layer, so it is at most what the image says of itself.
 */
const IMAGE_SHARES = `
  insert into image_share (source_id, manifest_id, shared_bytes)
  with shared_blob as (
    select blob_id, size from holding group by blob_id, size having count(*) > 1
    union all
    -- Foreign layers are not in holding, but count as shared.
    select b.id, b.size from blob b join manifest_layer l on l.blob_id = b.id join held h on h.manifest_id = l.manifest_id
    where not b.stored group by b.id having count(distinct h.repository_id) > 1)
  select $1, i.manifest_id, least(coalesce(sum(s.size), 0), i.pull_bytes)
  from (select distinct manifest_id from held) h
  join image i on i.manifest_id = h.manifest_id
  left join manifest_layer l on l.manifest_id = h.manifest_id
  left join shared_blob s on s.blob_id = l.blob_id
  group by i.manifest_id
  on conflict (source_id, manifest_id) do update set shared_bytes = excluded.shared_bytes
    where image_share.shared_bytes <> excluded.shared_bytes`;

/**
 * SQL: deletes the shares of images that the source does not hold any more. Before statistics include a new source,
 * Postgres expects one row of it, and would scan all of `held` for each row; `except` reads both once, whatever it
 * expects.
 */
const DELETE_OLD_SHARES = `
  with gone as materialized (select manifest_id from image_share where source_id = $1 except select manifest_id from held)
  delete from image_share s using gone where s.source_id = $1 and s.manifest_id = gone.manifest_id`;

const SOURCE_TOTAL = `
  insert into source_total (audit_id, source_id, repositories, tags, images, blobs, logical_bytes, stored_bytes)
  select $2, $1,
    (select count(*) from repository where source_id = $1 and ended_at is null),
    (select count(*) from tag t join repository r on r.id = t.repository_id where r.source_id = $1 and t.ended_at is null and t.name is not null),
    (select count(distinct manifest_id) from tagged_image),
    (select count(*) from (select distinct scope, blob_id from holding) b),
    (select coalesce(sum(pull_bytes * tags), 0) from tagged_image),
    (select coalesce(sum(size), 0) from (select distinct scope, blob_id, size from holding) b)`;

/**
 * SQL: writes the totals of each team. `share`: each blob in a scope, and how many teams hold it; `bytes`: what a team
 * stores of them, shared equally; `own`: what it holds above base images; `image_of_team`: its tagged images, each once.
 */
const TEAM_TOTALS = `
  insert into team_total (audit_id, source_id, team, repositories, tags, images, logical_bytes, stored_bytes, exclusive_bytes, shared_bytes,
    own_bytes, median_bytes, p90_bytes, largest_bytes, largest_image, savings_min_bytes, savings_max_bytes, slim_score, scored_bytes, findings_error, findings_warn)
  with team as (
    select r.team, count(distinct r.id)::int as repositories, count(t.id) filter (where t.name is not null)::int as tags
    from repository r left join tag t on t.repository_id = r.id and t.ended_at is null
    where r.source_id = $1 and r.ended_at is null group by r.team),
  share as (
    select team, size, count(*) over w as holders, row_number() over (w order by ${byBytes('team')}) as place
    from (select distinct scope, blob_id, size, team from holding) d window w as (partition by scope, blob_id)),
  bytes as (
    select team, sum(${FAIR_SHARE}) as stored,
      sum(case when holders = 1 then size else 0 end) as exclusive, sum(case when holders > 1 then size else 0 end) as shared
    from share group by team),
  own as (select team, sum(size) as own from (select distinct team, scope, blob_id, size from own_holding) d group by team),
  logical as (select team, sum(pull_bytes * tags) as logical from tagged_image group by team),
  image_of_team as (
    select distinct on (team, manifest_id) team, manifest_id, pull_bytes, repository || ':' || tag as name
    from tagged_image order by team, manifest_id, ${byBytes('repository', 'tag')}),
  images as (
    select i.team, ${imageSums('i', 'j')}, max(i.pull_bytes) as largest,
      (array_agg(i.name order by i.pull_bytes desc, ${byBytes('i.name')}))[1] as largest_image,
      sum(i.pull_bytes) filter (where j.slim_score is not null) as scored
    from image_of_team i join assessed_image j on j.manifest_id = i.manifest_id group by i.team)
  select $2, $1, team.team, team.repositories, team.tags, coalesce(images.images, 0), coalesce(logical.logical, 0), coalesce(bytes.stored, 0),
    coalesce(bytes.exclusive, 0), coalesce(bytes.shared, 0), coalesce(own.own, 0), images.median_bytes, images.p90_bytes, images.largest, images.largest_image,
    coalesce(images.savings_min_bytes, 0), coalesce(images.savings_max_bytes, 0), images.slim_score, coalesce(images.scored, 0),
    coalesce(images.findings_error, 0), coalesce(images.findings_warn, 0)
  from team
  left join bytes on bytes.team = team.team left join own on own.team = team.team left join logical on logical.team = team.team
  left join images on images.team = team.team`;

const REPOSITORY_SUMS = (
  'tags images logical_bytes stored_bytes exclusive_bytes shared_bytes own_bytes median_bytes p90_bytes largest_bytes ' +
  'largest_tag savings_min_bytes savings_max_bytes slim_score findings_error findings_warn'
).split(' ');
const REPOSITORY_COLUMNS = [...REPOSITORY_SUMS, 'gone'];
const sumColumnsOf = (relation: string): string => REPOSITORY_SUMS.map((name) => `${relation}.${name}`).join(', ');

/**
 * SQL: writes a row for each repository whose totals differ from its newest row; for an ended repository, a row of
 * zeros that says so.
 */
const REPOSITORY_TOTALS = `
  insert into repository_total (repository_id, audit_id, ${REPOSITORY_COLUMNS.join(', ')})
  with newest as (
    select distinct on (t.repository_id) t.* from repository_total t join repository r on r.id = t.repository_id
    where r.source_id = $1 order by t.repository_id, t.audit_id desc),
  tags as (
    select r.id as repository_id, count(t.id)::int as tags, r.ended_at is not null as gone
    from repository r left join tag t on t.repository_id = r.id and t.ended_at is null and t.name is not null
    where r.source_id = $1 and (r.ended_at is null or exists (select 1 from newest n where n.repository_id = r.id)) group by r.id),
  held_by as (select scope, blob_id, count(*) as holders from holding group by scope, blob_id),
  bytes as (
    select h.repository_id, sum(h.size) as stored, sum(case when b.holders = 1 then h.size else 0 end) as exclusive,
      sum(case when b.holders > 1 then h.size else 0 end) as shared
    from holding h join held_by b on b.scope = h.scope and b.blob_id = h.blob_id group by h.repository_id),
  own as (select repository_id, sum(size) as own from own_holding group by repository_id),
  images as (
    select t.repository_id, ${imageSums('t', 'j')}, sum(t.pull_bytes * t.tags) as logical, max(t.pull_bytes) as largest,
      (array_agg(t.tag order by t.pull_bytes desc, ${byBytes('t.tag')}))[1] as largest_tag
    from tagged_image t join assessed_image j on j.manifest_id = t.manifest_id group by t.repository_id),
  total as (
    select tags.repository_id, tags.tags, coalesce(images.images, 0) as images, coalesce(images.logical, 0)::int8 as logical_bytes,
      coalesce(bytes.stored, 0)::int8 as stored_bytes, coalesce(bytes.exclusive, 0)::int8 as exclusive_bytes,
      coalesce(bytes.shared, 0)::int8 as shared_bytes, coalesce(own.own, 0)::int8 as own_bytes, images.median_bytes,
      images.p90_bytes, images.largest as largest_bytes, images.largest_tag, coalesce(images.savings_min_bytes, 0)::int8 as savings_min_bytes,
      coalesce(images.savings_max_bytes, 0)::int8 as savings_max_bytes, images.slim_score,
      coalesce(images.findings_error, 0)::int as findings_error, coalesce(images.findings_warn, 0)::int as findings_warn, tags.gone
    from tags left join bytes on bytes.repository_id = tags.repository_id left join own on own.repository_id = tags.repository_id
    left join images on images.repository_id = tags.repository_id)
  select total.repository_id, $2, ${sumColumnsOf('total')}, total.gone
  from total left join newest n on n.repository_id = total.repository_id
  where (${sumColumnsOf('n')}) is distinct from (${sumColumnsOf('total')}) or n.gone <> total.gone
  on conflict (repository_id, audit_id) do update ${setExcluded(REPOSITORY_COLUMNS)}`;

/**
 * Computes and stores a source's totals, image shares, history rows, and summaries for an audit. Must run inside a
 * transaction: it creates temporary tables, and drops them at its end.
 */
export async function computeTotals(tx: Queryable, sourceId: number, auditId: number): Promise<void> {
  await tx.query(PLAN_AS_A_WHOLE);
  await tx.query(HELD, [sourceId, auditId]);
  await tx.query('analyze held');
  await tx.query(HOLDING);
  await tx.query('analyze holding');
  await tx.query(OWN_HOLDING);
  await tx.query(TAGGED_IMAGE, [sourceId]);
  await tx.query('analyze own_holding, tagged_image');
  await keepAssessedImages(tx, sourceId);
  await tx.query(DELETE_OLD_SHARES, [sourceId]);
  await tx.query(IMAGE_SHARES, [sourceId]);
  for (const statement of [SOURCE_TOTAL, TEAM_TOTALS, REPOSITORY_TOTALS])
    await tx.query(statement, [sourceId, auditId]);
  await keepBaseSums(tx, sourceId);
  await summariseSource(tx, sourceId, auditId);
  await keepGroupSums(tx, sourceId);
  for (const table of ['held', 'holding', 'own_holding', 'tagged_image', 'assessed_image'])
    await tx.query(`drop table ${table}`);
}
