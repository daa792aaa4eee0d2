import type { Queryable } from '../database/database.ts';
import { IS_IMAGE } from './is-image.ts';

/** The columns that {@link baseSums} selects. */
export const BASE_SUMS = `base_image, base_confidence, distro, distro_version, distro_eol, images, tags, repositories, teams,
  base_bytes, base_logical_bytes, app_logical_bytes, logical_bytes, oldest_created_at, newest_created_at`;

/**
 * SQL: the base images in use with totals of the images built on them, in the columns of the bases report. One row for
 * each combination of base image name and distribution.
 * @param images a relation with the columns of `slimboard_images`; it gets the alias `i`
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
    where ${IS_IMAGE} and i.tag <> '' and ${where}
    group by i.base_image, i.distro, i.distro_version, i.distro_eol`;
}

/** Stores the base image sums of a source, replacing those of its previous audit. */
export async function keepBaseSums(tx: Queryable, sourceId: number): Promise<void> {
  await tx.query('delete from source_base where source_id = $1', [sourceId]);
  await tx.query(
    `insert into source_base (source_id, ${BASE_SUMS})
     select $1::int4, s.* from (${baseSums('slimboard_images', 'i.source_id = $1::int4')}) s`,
    [sourceId],
  );
}
