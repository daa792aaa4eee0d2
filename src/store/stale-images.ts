import type { Queryable } from '../database/database.ts';
import { LATER_BUILD } from './catalogue-store.ts';
import { readImages, type StoredImage } from './image-store.ts';
import { hasRows } from './sql/rows.ts';

/** An image whose assessment is missing or out of date. */
export interface StaleImage extends StoredImage {
  /** A hash of what it is assessed with besides itself: known bases, indexes, attestations and layer contents. */
  readonly basesKey: string;
}

/**
 * SQL: the images of sources $1 whose assessment is missing, or was made with other rules than $2, or with other bases,
 * indexes, attestations or layer contents than are stored now.
 *
 * `held`: the images of the sources; `chain`: the chain IDs of their layers; `name`: the tags of images that end at one of
 * these; `moved`: what such a tag names now; `known_chain`: a hash of what is known of a chain, in the catalogue and in
 * registries; `said_of`: the indexes and attestations of an image; `keyed` and `placed`: a hash of all that an image is
 * assessed with, which is compared with the stored one.
 * @param scope all, or those of manifest rows $3 to $4. These are few: Postgres would read all images to find which have
 *   their chain IDs.
 */
function staleSql(scope: 'all' | 'range'): string {
  const inRange = (id: string): string => (scope === 'range' ? `and ${id} between $3::int8 and $4::int8` : '');
  const chainImages =
    scope === 'range'
      ? 'chain cross join lateral (select * from image where chain_id = chain.chain_id offset 0) i'
      : 'chain join image i on i.chain_id = chain.chain_id';
  return `
  with held as (
    select t.manifest_id from tag t join repository r on r.id = t.repository_id
    where r.source_id = any($1::int4[]) and r.ended_at is null and t.ended_at is null
      ${inRange('t.manifest_id')}
    union
    select x.child_id from index_child x join tag t on t.manifest_id = x.index_id join repository r on r.id = t.repository_id
    where r.source_id = any($1::int4[]) and r.ended_at is null and t.ended_at is null and x.child_id is not null
      ${inRange('x.child_id')}),
  -- Only chain IDs that occur in these images: the catalogue may know millions. beneath: some image has more layers
  -- above the chain, so that an image that ends there may be its base.
  chain as (
    select l.chain_id, bool_or(l.position + 1 < i.layer_count) as beneath
    from held h join image i on i.manifest_id = h.manifest_id join manifest_layer l on l.manifest_id = h.manifest_id
    where l.chain_id is not null ${inRange('i.manifest_id')} group by l.chain_id),
  name as (
    select n.*, r.name as repository, n.is_current and r.ended_at is null as is_open, concat(r.name, ':', n.tag, '@', n.base_id) as text
    from (
      select i.chain_id, split_part(i.platform, '/', 2) as architecture, i.manifest_id as base_id, t.repository_id, t.name as tag,
        t.ended_at is null as is_current
      from ${chainImages} join tag t on t.manifest_id = i.manifest_id
      where chain.beneath
      union all
      select i.chain_id, split_part(i.platform, '/', 2), i.manifest_id, t.repository_id, t.name, t.ended_at is null
      from ${chainImages} join index_child x on x.child_id = i.manifest_id
      join tag t on t.manifest_id = x.index_id
      where chain.beneath) n
    join repository r on r.id = n.repository_id
    where n.tag is not null),
  -- Once per tag, which may have named a thousand builds.
  moved as (
    select n.repository_id, n.tag, t.manifest_id
    from (select distinct repository_id, tag from name where not is_current) n
    join tag t on t.repository_id = n.repository_id and t.name = n.tag and t.ended_at is null),
  known_chain as (
    select b.chain_id,
      md5(string_agg(b.repository || ':' || b.tag || encode(b.digest, 'hex') || coalesce(encode(later.digest, 'hex'), ''), ',' order by b.repository, b.tag, b.digest)) as key,
      'catalogue' as origin, null as architecture, null as repositories
    from chain join base_image b on b.chain_id = chain.chain_id ${LATER_BUILD} group by b.chain_id
    union all
    select n.chain_id, md5(coalesce(
      string_agg(distinct n.text, ',') filter (where n.is_open),
      string_agg(distinct concat(n.text, ' moved to ', now.manifest_id), ','))), 'registry', n.architecture, string_agg(distinct n.repository, ',')
    from name n left join moved now on not n.is_current and now.repository_id = n.repository_id and now.tag = n.tag
    group by n.chain_id, n.architecture),
  -- The manifests that may say something about an image: indexes that list it, and its attestations.
  said as (
    select x.child_id as manifest_id, x.index_id as by from held h join index_child x on x.child_id = h.manifest_id ${inRange('x.child_id')}
    union all
    select m.id, x.child_id from held h join manifest m on m.id = h.manifest_id
    join index_child x on x.describes = m.digest and x.child_id is not null),
  said_of as (select manifest_id, string_agg(distinct by::text, ',' order by by::text) as key from said group by manifest_id),
  keyed as (
    select i.manifest_id,
      md5(concat_ws(' ', string_agg(k.key, ',' order by l.position, k.origin, k.key), sum(d.reader_version), max(s.key))) as key,
      string_agg(k.repositories, ',') as repositories
    from held h join image i on i.manifest_id = h.manifest_id ${inRange('i.manifest_id')}
    left join said_of s on s.manifest_id = h.manifest_id
    left join manifest_layer l on l.manifest_id = i.manifest_id
    left join known_chain k on k.chain_id = l.chain_id and (k.origin = 'catalogue'
      or l.position + 1 < i.layer_count and k.architecture = split_part(i.platform, '/', 2))
    left join layer_contents d on d.blob_id = l.blob_id
    group by i.manifest_id),
  -- In a repository of its bases' names, where the image is itself, or was, these are earlier builds.
  placed as (
    select k.manifest_id, case when k.repositories is null then k.key else concat(k.key, (
      select string_agg(distinct r.name, ',') from repository r join tag t on t.repository_id = r.id
      where r.name = any(string_to_array(k.repositories, ',')) and t.manifest_id in (
        select k.manifest_id union all select x.index_id from index_child x where x.child_id = k.manifest_id))) end as key
    from keyed k)
  select placed.manifest_id, placed.key from placed
  left join assessment a on a.manifest_id = placed.manifest_id ${inRange('a.manifest_id')}
  where a.manifest_id is null or a.rules_key <> $2 or a.bases_key <> placed.key`;
}

/**
 * Whether layers were read after this time (ISO 8601): images may then be assessed differently although they have not
 * changed.
 */
export async function hasReadLayersSince(tx: Queryable, moment: string): Promise<boolean> {
  return hasRows(tx, 'select 1 where exists (select 1 from layer_contents where read_at > $1::timestamptz)', [moment]);
}

/** Images by the range of their manifest rows, from the first to the last. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Divides the images that must be assessed again into ranges of manifest rows, each with up to `size` such images. */
export async function findStaleRanges(
  tx: Queryable,
  sourceIds: readonly number[],
  rulesKey: string,
  size: number,
): Promise<readonly RowRange[]> {
  return tx.query(
    `select min(manifest_id) as "from", max(manifest_id) as "to"
     from (select manifest_id, (row_number() over (order by manifest_id) - 1) / $3 as part from (${staleSql('all')}) s) numbered
     group by part order by part`,
    [sourceIds, rulesKey, size],
  );
}

/** Reads those images of a range that must be assessed again. */
export async function readStaleImages(
  db: Queryable,
  sourceIds: readonly number[],
  rulesKey: string,
  range: RowRange,
): Promise<readonly StaleImage[]> {
  const stale = await db.query<{ manifest_id: number; key: string }>(staleSql('range'), [
    sourceIds,
    rulesKey,
    range.from,
    range.to,
  ]);
  const keys = new Map(stale.map(({ manifest_id, key }) => [manifest_id, key]));
  const images = await readImages(db, [...keys.keys()]);
  return images.map((image) => ({ ...image, basesKey: keys.get(image.manifestId) ?? '' }));
}
