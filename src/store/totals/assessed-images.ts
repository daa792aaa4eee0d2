import type { Queryable } from '../../database/database.ts';
import { distinctRows } from '../sql/distinct-rows.ts';
import { hasRows } from '../sql/rows.ts';

/** What each tagged image of a source counts for in sums; the columns of `source_image` that {@link assessedImages} selects. */
const COUNTED = `pull_bytes, savings_min_bytes, savings_max_bytes, slim_score, findings_error, findings_warn`;
/** By what sums group images. */
const NAMES = 'base_image, distro, distro_version, distro_eol, runtime';

/**
 * SQL: what sums need of the assessment of images, one row for each.
 * @param images a relation with the column `manifest_id`, in which an image may occur several times
 */
export function assessedImages(images: string): string {
  const once = distinctRows('manifest_id', images);
  return `
    select i.manifest_id, m.config_id, i.pull_bytes, a.base_image, a.distro, a.distro_version, a.distro_eol, a.runtime,
      coalesce(a.base_layers, 0) as base_layers, a.savings_min_bytes, a.savings_max_bytes, a.slim_score,
      coalesce(f.errors, 0) as findings_error, coalesce(f.warnings, 0) as findings_warn
    from image i join manifest m on m.id = i.manifest_id left join assessment a on a.manifest_id = i.manifest_id
    left join (
      select manifest_id, count(*) filter (where severity = 'error')::int as errors, count(*) filter (where severity = 'warn')::int as warnings
      from finding where manifest_id in (${once}) group by 1) f on f.manifest_id = i.manifest_id
    where i.manifest_id in (${once})`;
}

/**
 * SQL: the tagged images of all sources, each once in a group. If audits of two sources assessed an image differently, it
 * is in the groups of both until both were audited again: all sums of a group tell of the same audits. Reads `named`,
 * with the `number` of the group of each combination.
 */
export const IMAGE_ONCE = `
    select distinct on (i.manifest_id, n.number) n.number, i.manifest_id, i.combination, ${COUNTED}
    from source_image i join named n on n.combination = i.combination order by i.manifest_id, n.number, i.source_id`;

/**
 * SQL: temporary table of the tagged images of a source, each once, as `source_image` stores them. Half of the MD5 of
 * the names is their number: equal in all sources, without a list that all audits would have to share.
 */
const ASSESSED_IMAGE = `
  create temp table assessed_image on commit drop as
  select *, ('x' || left(md5(jsonb_build_array(${NAMES})::text), 16))::bit(64)::int8 as combination
  from (${assessedImages('tagged_image')}) j order by manifest_id`;

/**
 * SQL: deletes what differs from before, so that only changes are written. Rows are looked up by an array: before
 * statistics include a new source, Postgres expects one row of it, and would join that to all the others one by one.
 */
const DELETE_OLD_IMAGES = `
  delete from source_image where source_id = $1 and manifest_id = any (array(
    select manifest_id from (
      select manifest_id, combination, ${COUNTED} from source_image where source_id = $1
      except select manifest_id, combination, ${COUNTED} from assessed_image) gone))`;

const ADD_IMAGES = `
  insert into source_image (source_id, manifest_id, combination, ${COUNTED})
  select $1, j.manifest_id, j.combination, ${COUNTED} from assessed_image j
  where j.manifest_id in (select manifest_id from assessed_image except select manifest_id from source_image where source_id = $1)`;

const ADD_COMBINATIONS = `
  insert into source_combination (source_id, combination, ${NAMES}, teams)
  select $1, combination, ${NAMES}, teams
  from (select distinct combination, ${NAMES} from assessed_image) n
  join (
    select combination, array_agg(team order by team) as teams
    from (select distinct combination, team from assessed_image join tagged_image using (manifest_id)) d group by 1) t using (combination)`;

/** Whether images of these sources were assessed after this time (ISO 8601), also by audits of other sources. */
export async function wereAssessedSince(tx: Queryable, sourceIds: readonly number[], moment: string): Promise<boolean> {
  return hasRows(
    tx,
    `select 1 where exists (
       select from assessment a join source_image i on i.manifest_id = a.manifest_id
       where a.judged_at > $2::timestamptz and i.source_id = any($1::int4[]))`,
    [sourceIds, moment],
  );
}

/**
 * Stores the assessments of a source's tagged images, and creates the temporary table `assessed_image` with more of them.
 * Reads the temporary table `tagged_image`.
 */
export async function keepAssessedImages(tx: Queryable, sourceId: number): Promise<void> {
  await tx.query(ASSESSED_IMAGE);
  await tx.query('analyze assessed_image');
  await tx.query(DELETE_OLD_IMAGES, [sourceId]);
  await tx.query(ADD_IMAGES, [sourceId]);
  await tx.query('delete from source_combination where source_id = $1', [sourceId]);
  await tx.query(ADD_COMBINATIONS, [sourceId]);
}
