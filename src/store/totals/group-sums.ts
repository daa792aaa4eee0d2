import type { Queryable } from '../../database/database.ts';
import { byBytes } from '../sql/by-bytes.ts';
import { DEDUP_SCOPE } from '../sql/dedup-scope.ts';
import { distinctRows } from '../sql/distinct-rows.ts';
import { FAIR_SHARE, imageSums } from '../sql/shared-sums.ts';
import { assessedImages, IMAGE_ONCE } from './assessed-images.ts';

/** SQL of the name by which each grouping groups an image. */
const NAME = {
  base: "coalesce(a.base_image, 'unknown')",
  distro: "coalesce(a.distro || coalesce(' ' || a.distro_version, ''), 'unknown')",
  runtime: "coalesce(a.runtime, 'unknown')",
} as const;

/** What images can be grouped by in sums. */
export type ImageGrouping = keyof typeof NAME;
/** The groupings whose sums are stored at the end of an audit. */
const KEPT_GROUPINGS = Object.keys(NAME) as readonly ImageGrouping[];

/** The columns that {@link groupSums} computes for each group; sizes are bytes. */
export const GROUP_SUMS = `repositories, tags, images, logical_bytes, stored_bytes, exclusive_bytes, shared_bytes, own_bytes,
  median_bytes, p90_bytes, largest_bytes, largest_image, savings_min_bytes, savings_max_bytes, slim_score, findings_error, findings_warn`;

/**
 * SQL: the images that repositories hold under tags, one row for each repository and image, for {@link groupSums}.
 * @param images a relation with the columns of `image_history`; it gets the alias `i`
 * @param where a condition on `i`
 */
export function taggedImages(images: string, where: string): string {
  return `
    select i.repository_id, i.manifest_id, min(${byBytes('i.tag')}) as tag, count(*) as tags, count(*) filter (where i.index_id is null) as direct_tags,
      array_agg(i.tag_id) filter (where i.index_id is not null) as index_tags
    from ${images} i where i.tag <> '' and ${where} group by 1, 2`;
}

/** SQL: the images of the relation `tagged` with their assessments and the name of their group, for {@link groupSums}. */
export function namedImages(grouping: ImageGrouping): string {
  return `
    select d.*, dense_rank() over (order by ${byBytes(`by_${grouping}`)}) as combination
    from (select a.*, ${NAME[grouping]} as by_${grouping} from (${assessedImages('tagged')}) a) d`;
}

/** SQL: the names and the number of the group of each combination in each grouping. Reads `combined`, with few rows. */
const named = (groupings: readonly ImageGrouping[]): string => `
      select c.combination, n.grouping, n.name, dense_rank() over (order by n.grouping, n.name) as number
      from combined c cross join lateral (values ${groupings.map((grouping) => `('${grouping}', c.by_${grouping})`).join(', ')}) n (grouping, name)`;

/** SQL: what each group counts of its distinct images. Reads `named` and `image_once`. */
const SIZES = `
      select g.grouping, g.name, s.* from (
        select n.number, ${imageSums('o', 'o')}
        from image_once o join named n on n.combination = o.combination group by 1) s
      join (select distinct number, grouping, name from named) g on g.number = s.number`;

/**
 * SQL: sums of groups of images, one row for each name in each grouping, with the columns {@link GROUP_SUMS}. A blob
 * that several groups hold is divided equally among them, within the scope in which its registry stores it once.
 * @param tagged a query as {@link taggedImages} returns it
 * @param assessed a query of the images of `tagged`, each once, as {@link namedImages} returns it
 */
export function groupSums(tagged: string, assessed: string, groupings: readonly ImageGrouping[]): string {
  return `
    -- There are few distinct combinations of names, so rows carry a combination's number. If they were joined to the
    -- list of combinations by name, Postgres would expect a single row from that join and do all later lookups row by
    -- row.
    with place as (
      select r.id as repository_id, dense_rank() over (order by s.id, ${DEDUP_SCOPE}) as scope
      from repository r join source s on s.id = r.source_id),
    tagged as (${tagged}),
    image_once as materialized (${assessed}),
    combined as (select distinct combination, ${groupings.map((grouping) => `by_${grouping}`).join(', ')} from image_once),
    named as materialized (${named(groupings)}),
    sizes as (${SIZES}),
    held_image as materialized (
      select t.*, r.name as repository, p.scope, o.combination, o.config_id, o.base_layers, o.pull_bytes as bytes
      -- Images are joined by their table, of which Postgres has statistics: of two queries it would expect far more rows.
      from tagged t join image i on i.manifest_id = t.manifest_id join image_once o on o.manifest_id = i.manifest_id
      join repository r on r.id = t.repository_id join place p on p.repository_id = r.id),
    ${HELD_BYTES},
    largest as (
      select distinct on (n.grouping, n.name) n.grouping, n.name, o.bytes, o.repository || ':' || o.tag as image
      from held_image o join (select combination, max(bytes) as bytes from held_image group by 1) m using (combination, bytes)
      join named n on n.combination = o.combination
      order by n.grouping, n.name, o.bytes desc, ${byBytes('o.repository', 'o.tag')}),
    logical as (
      select n.grouping, n.name, count(distinct i.repository_id) as repositories, sum(i.bytes) as bytes, sum(i.direct_tags) as direct_tags
      from (
        select combination, repository_id, sum(bytes * tags) as bytes, sum(direct_tags) as direct_tags from held_image group by 1, 2) i
      join named n on n.combination = i.combination group by 1, 2),
    -- A tag that names an index counts once, however many of its images are in the group.
    index_tags as (
      select n.grouping, n.name, count(distinct t.id) as tags
      from held_image i cross join lateral unnest(i.index_tags) t (id) join named n on n.combination = i.combination group by 1, 2)
    select grouping, name, l.repositories, l.direct_tags + coalesce(t.tags, 0) as tags, s.images, l.bytes as logical_bytes,
      coalesce(b.stored, 0) as stored_bytes, coalesce(b.exclusive, 0) as exclusive_bytes, coalesce(b.shared, 0) as shared_bytes,
      coalesce(b.own, 0) as own_bytes, s.median_bytes, s.p90_bytes, g.bytes as largest_bytes, g.image as largest_image,
      s.savings_min_bytes, s.savings_max_bytes, s.slim_score, s.findings_error, s.findings_warn
    from logical l join sizes s using (grouping, name) join largest g using (grouping, name) left join bytes b using (grouping, name)
    left join index_tags t using (grouping, name)`;
}

/**
 * SQL: the bytes of each group. Most blobs occur in one combination of names only, and are added up once for all
 * groupings.
 */
const HELD_BYTES = `
    image_of_scope as materialized (${distinctRows('manifest_id, config_id, scope, combination, base_layers', 'held_image')}),
    held as materialized (
      select x.*, b.size
      from (
        select blob_id, scope, combination, bool_or(own) as own
        from (
          select l.blob_id, i.scope, i.combination, l.position >= i.base_layers as own
          from image_of_scope i join manifest_layer l on l.manifest_id = i.manifest_id
          union all select config_id, scope, combination, false from image_of_scope) h
        group by 1, 2, 3) x
      join blob b on b.id = x.blob_id and b.stored),
    blob_once as materialized (
      select blob_id, size, scope, count(*) as combinations, min(combination) as combination, bool_or(own) as own
      from held group by 1, 2, 3),
    alone as (
      select combination, sum(size) as bytes, sum(size) filter (where own) as own from blob_once where combinations = 1 group by 1),
    in_common as (
      select n.grouping, n.name, o.blob_id, o.scope, o.size, bool_or(h.own) as own
      from blob_once o join held h on h.blob_id = o.blob_id and h.scope = o.scope join named n on n.combination = h.combination
      where o.combinations > 1 group by 1, 2, 3, 4, 5),
    share as (
      select c.*, count(*) over w as holders, row_number() over (w order by ${byBytes('c.name')}) as place
      from in_common c window w as (partition by c.grouping, c.blob_id, c.scope)),
    bytes as (
      select grouping, name, sum(stored) as stored, sum(exclusive) as exclusive, sum(shared) as shared, sum(own) as own
      from (
        select n.grouping, n.name, a.bytes as stored, a.bytes as exclusive, 0 as shared, a.own
        from alone a join named n on n.combination = a.combination
        union all
        select grouping, name, ${FAIR_SHARE},
          case when holders = 1 then size else 0 end, case when holders > 1 then size else 0 end, case when own then size else 0 end
        from share) x
      group by 1, 2)`;

/** SQL: the names of combinations `a` in all groupings. */
const ALL_NAMES = KEPT_GROUPINGS.map((grouping) => `${NAME[grouping]} as by_${grouping}`).join(', ');
const TAGGED = 'select repository_id, manifest_id, tag, tags, direct_tags, index_tags from tagged_image';
const ASSESSED = `select a.*, ${ALL_NAMES} from assessed_image a`;

/**
 * Stores the sums of a source's groups, replacing those of its previous audit. Reads the temporary tables
 * `tagged_image` and `assessed_image`.
 */
export async function keepGroupSums(tx: Queryable, sourceId: number): Promise<void> {
  await tx.query('delete from source_group where source_id = $1', [sourceId]);
  await tx.query(
    `insert into source_group (source_id, grouping, name, ${GROUP_SUMS})
     select $1::int4, grouping, name, ${GROUP_SUMS} from (${groupSums(TAGGED, ASSESSED, KEPT_GROUPINGS)}) s`,
    [sourceId],
  );
}

/** What sources count of their groups by themselves: they share no repositories, tags and blobs. */
const ADDITIVE = 'repositories tags logical_bytes stored_bytes exclusive_bytes shared_bytes own_bytes'.split(' ');

/**
 * SQL: sums of the groups of all sources, one row for each name, with the columns {@link GROUP_SUMS}, from what is
 * stored of each source. Only images have to be counted again, because several sources may hold the same.
 */
export function addedGroups(grouping: ImageGrouping): string {
  return `
    with combined as (select distinct combination, ${NAME[grouping]} as by_${grouping} from source_combination a),
    named as materialized (${named([grouping])}),
    image_once as (${IMAGE_ONCE}),
    sizes as (${SIZES}),
    added as (
      select grouping, name, ${ADDITIVE.map((column) => `sum(${column}) as ${column}`).join(', ')},
        max(largest_bytes) as largest_bytes,
        (array_agg(largest_image order by largest_bytes desc, ${byBytes("split_part(largest_image, ':', 1)", "split_part(largest_image, ':', 2)")}))[1] as largest_image
      from source_group where grouping = '${grouping}' group by 1, 2)
    select a.*, s.images, s.median_bytes, s.p90_bytes, s.savings_min_bytes, s.savings_max_bytes, s.slim_score, s.findings_error, s.findings_warn
    from added a join sizes s using (grouping, name)`;
}
