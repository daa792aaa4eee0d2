import type { Queryable } from '../../database/database.ts';
import { IMAGE_ONCE } from './assessed-images.ts';

/** The columns that {@link baseSums} selects. */
export const BASE_SUMS = `base_image, base_confidence, distro, distro_version, distro_eol, images, tags, repositories, teams,
  base_bytes, base_logical_bytes, app_logical_bytes, logical_bytes, oldest_created_at, newest_created_at`;

/**
 * SQL: the base images in use with totals of the images built on them, in the columns of the bases report. One row for
 * each combination of base image name and distribution.
 * @param images a relation with the columns of `image_history`; it gets the alias `i`
 * @param where a condition on `i`
 */
export function baseSums(images: string, where: string): string {
  return `
    select i.base_image, string_agg(distinct i.base_confidence, ';') as base_confidence, i.distro, i.distro_version, i.distro_eol,
      count(distinct i.manifest_id) as images, count(distinct i.tag_id) as tags, count(distinct i.repository_id) as repositories,
      count(distinct i.team) as teams, max(i.base_bytes) as base_bytes, sum(i.base_bytes)::int8 as base_logical_bytes,
      sum(i.app_bytes)::int8 as app_logical_bytes, sum(i.compressed_bytes)::int8 as logical_bytes,
      min(i.created_at) as oldest_created_at, max(i.created_at) as newest_created_at
    from ${images} i
    where i.tag <> '' and ${where}
    group by i.base_image, i.distro, i.distro_version, i.distro_eol`;
}

const NAMES = 'base_image, distro, distro_version, distro_eol';

/**
 * SQL: sums of the bases of all sources, with the columns {@link BASE_SUMS}, from what is stored of each. Only images
 * and teams have to be counted again, because several sources may have the same.
 */
export const ADDED_BASES = `
  with named as materialized (
    select distinct combination, ${NAMES}, dense_rank() over (order by ${NAMES}) as number from source_combination),
  part as (
    select ${NAMES}, base_confidence, null::int8 as images, tags, repositories, null as team, base_bytes, base_logical_bytes, app_logical_bytes,
      logical_bytes, oldest_created_at, newest_created_at
    from source_base
    union all
    select ${NAMES}, null, c.images, null, null, null, null, null, null, null, null, null
    from (select number, count(*) as images from (${IMAGE_ONCE}) o group by 1) c
    join (select distinct number, ${NAMES} from named) n using (number)
    union all
    select ${NAMES}, null, null, null, null, t.team, null, null, null, null, null, null
    from source_combination cross join lateral unnest(teams) t (team))
  select base_image, (select string_agg(distinct c, ';') from unnest(string_to_array(confidences, ';')) u (c)) as base_confidence,
    distro, distro_version, distro_eol, coalesce(images, 0) as images, tags, repositories, teams, base_bytes, base_logical_bytes, app_logical_bytes, logical_bytes,
    oldest_created_at, newest_created_at
  from (
    select ${NAMES}, string_agg(base_confidence, ';') as confidences, sum(images)::int8 as images, sum(tags)::int8 as tags,
      sum(repositories)::int8 as repositories, count(distinct team) as teams, max(base_bytes) as base_bytes,
      sum(base_logical_bytes)::int8 as base_logical_bytes, sum(app_logical_bytes)::int8 as app_logical_bytes,
      sum(logical_bytes)::int8 as logical_bytes, min(oldest_created_at) as oldest_created_at, max(newest_created_at) as newest_created_at
    from part group by ${NAMES} having count(tags) > 0) s`;

/** Stores the base image sums of a source, replacing those of its previous audit. */
export async function keepBaseSums(tx: Queryable, sourceId: number): Promise<void> {
  await tx.query('delete from source_base where source_id = $1', [sourceId]);
  await tx.query(
    `insert into source_base (source_id, ${BASE_SUMS})
     select $1::int4, s.* from (${baseSums('image_history', 'i.ended_at is null and i.source_id = $1::int4')}) s`,
    [sourceId],
  );
}
