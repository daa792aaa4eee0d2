import { sum } from '../../common/sum.ts';
import type { Queryable } from '../../database/database.ts';
import { byBytes } from '../../store/sql/by-bytes.ts';
import { digestText } from '../../store/sql/digest-text.ts';
import { SMALLEST_SHARE } from '../charts/treemap.ts';

/** Where the stored bytes are: the biggest repositories one by one, the others summed by team and namespace. */
export interface ByteMap {
  readonly repositories: readonly MapRepository[];
  readonly others: readonly OtherRepositories[];
}

/** A repository of the map. */
export interface MapRepository {
  readonly registry: string;
  readonly team: string;
  readonly repository: string;
  readonly storedBytes: number;
  /** The number of images under tags. */
  readonly imageCount: number;
  /** The biggest images; empty for a repository that is too small to show them. */
  readonly images: readonly MapImage[];
}

/** An image of the map. */
export interface MapImage {
  readonly tag: string;
  readonly digest: string;
  readonly platform: string;
  /** Bytes of the layers that no bigger image of the repository has, so that the images add up to its stored bytes. */
  readonly addedBytes: number;
}

/** The repositories of one team in one registry that are not shown one by one: those of a namespace, or all else. */
export interface OtherRepositories {
  readonly registry: string;
  readonly team: string;
  /** What comes before the first slash in their names. */
  readonly namespace: string | null;
  readonly repositories: number;
  readonly storedBytes: number;
}

const REPOSITORIES = 60;
const IMAGES = 8;
/** A repository with a smaller share of the whole shows no images: they would be too small to be distinguished. */
const OPEN_SHARE = 0.01;

/**
 * A row for each of the biggest repositories; then, without `id`, one for the others of each namespace of a team that can be
 * seen on the map, and for each team one for all else.
 */
const MAP_ROWS = `
  with ranked as (
    select r.registry, r.team, r.repository, r.repository_id, r.stored_bytes, r.images,
      case when r.repository like '%/%' then split_part(r.repository, '/', 1) end as namespace,
      row_number() over (order by r.stored_bytes desc, ${byBytes('r.repository', 'r.registry', 'r.source')}) <= ${REPOSITORIES} as is_big
    from slimboard_repositories r where r.stored_bytes > 0),
  placed as (
    select r.*, case when is_big then repository
      when sum(stored_bytes) over (partition by registry, team, namespace, is_big) >= ${SMALLEST_SHARE} * sum(stored_bytes) over ()
        then namespace end as shown
    from ranked r)
  select registry, team, shown, case when is_big then repository_id end as id,
    sum(stored_bytes)::int8 as "storedBytes", sum(images)::int8 as "imageCount", count(*) as repositories
  from placed group by 1, 2, 3, 4 order by 5 desc, ${byBytes('registry', 'team', 'shown')}`;

/** The biggest images of each repository; a layer counts for the biggest image that has it. $1: ids of repositories */
const MAP_IMAGES = `
  with image_of as (
    select r.id as repository_id, i.* from unnest($1::int8[]) r (id) cross join lateral (
      select c.manifest_id, min(${byBytes('c.tag')}) as tag, i.platform, i.pull_bytes,
        row_number() over (order by i.pull_bytes desc, min(${byBytes('c.tag')}), ${byBytes('i.platform')}, m.digest) as place
      from tag_content c join image i on i.manifest_id = c.manifest_id join manifest m on m.id = c.manifest_id
      where c.repository_id = r.id and c.tag is not null
      group by c.manifest_id, i.platform, i.pull_bytes, m.digest
      order by place limit ${IMAGES}) i),
  first_holder as (
    select distinct on (i.repository_id, l.blob_id) i.repository_id, i.manifest_id, b.size
    from image_of i join manifest_layer l on l.manifest_id = i.manifest_id join blob b on b.id = l.blob_id and b.stored
    order by i.repository_id, l.blob_id, i.place),
  added as (select repository_id, manifest_id, sum(size)::int8 as bytes from first_holder group by 1, 2)
  select i.repository_id as id, i.tag, ${digestText('m.digest')} as digest, i.platform, coalesce(a.bytes, 0) as "addedBytes"
  from image_of i join manifest m on m.id = i.manifest_id
  left join added a on a.repository_id = i.repository_id and a.manifest_id = i.manifest_id
  order by i.repository_id, i.place`;

type MapRow = Omit<MapRepository, 'images' | 'repository'> & {
  readonly id: number | null;
  /** The name of the repository or, without `id`, of a namespace. */
  readonly shown: string | null;
  readonly repositories: number;
};
type ImageRow = MapImage & { readonly id: number };

/** Reads where the stored bytes of all sources are, now. */
export async function readMap(db: Queryable): Promise<ByteMap> {
  const rows = await db.query<MapRow>(MAP_ROWS);
  const total = sum(rows.map(({ storedBytes }) => storedBytes));
  const ids = rows.flatMap(({ id, storedBytes }) => (id === null || storedBytes < total * OPEN_SHARE ? [] : [id]));
  const images = await db.query<ImageRow>(MAP_IMAGES, [ids]);
  return {
    repositories: rows.flatMap(({ id, shown, repositories: _, ...row }) =>
      id === null || shown === null
        ? []
        : [{ ...row, repository: shown, images: images.filter((image) => image.id === id).map(imageOf) }],
    ),
    others: rows.flatMap(({ id, registry, team, shown: namespace, repositories, storedBytes }) =>
      id === null ? [{ registry, team, namespace, repositories, storedBytes }] : [],
    ),
  };
}

function imageOf({ id: _, ...image }: ImageRow): MapImage {
  return image;
}
