import type { MovingImage, NeededLayers, StoredLayer } from '../advise/whatif.ts';
import { streamRows } from '../database/cursor.ts';
import type { Database, Queryable } from '../database/database.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { DEFAULT_PLATFORM, type Platform, wantedNames } from '../oci/platform.ts';
import { byBytes } from './sql/by-bytes.ts';
import { DEDUP_SCOPE } from './sql/dedup-scope.ts';
import { digestText } from './sql/digest-text.ts';

/** SQL, an aggregate over layers `l` with their blobs `b`: stored layers, base first. */
const LAYERS = `jsonb_agg(jsonb_build_object('digest', ${digestText('b.digest')}, 'bytes', b.size, 'foreign', not b.stored)
         order by l.position)`;

/**
 * SQL, conditions on an assessment `a` and a `tag_content c`: it is a tagged image, built on a base of one of the names
 * `$2`, and it is known how many of its layers are the base's.
 */
const MOVES = "c.tag is not null and a.base_layers > 0 and string_to_array(a.base_image, ';') && $2::text[]";

/** Reads the platforms of the images that {@link streamImagesOn} would read. */
export async function platformsOn(
  db: Queryable,
  sourceId: number,
  names: readonly string[],
): Promise<readonly string[]> {
  const rows = await db.query<{ platform: string }>(
    `select distinct i.platform from assessment a join image i on i.manifest_id = a.manifest_id
     join tag_content c on c.manifest_id = a.manifest_id join repository r on r.id = c.repository_id
     where r.source_id = $1 and r.ended_at is null and ${MOVES}`,
    [sourceId, names],
  );
  return rows.map(({ platform }) => platform);
}

/**
 * Streams the tagged images of a source that are built on a base of one of these names, where it is known how many of
 * their layers are the base's. An image is listed once for each repository that holds it, because each owner has to
 * swap it. In order of teams, registries and repositories.
 */
export function streamImagesOn(
  db: Database,
  sourceId: number,
  names: readonly string[],
): AsyncIterable<readonly MovingImage[]> {
  return streamRows<MovingImage>(
    db,
    `with moving as (
       select c.manifest_id, r.id as repository_id, ${DEDUP_SCOPE} as scope, a.base_layers,
         array_agg(distinct ${byBytes('c.tag')} order by ${byBytes('c.tag')}) as tags
       from assessment a join tag_content c on c.manifest_id = a.manifest_id join repository r on r.id = c.repository_id
       join source s on s.id = r.source_id
       where r.source_id = $1 and r.ended_at is null and ${MOVES}
       group by c.manifest_id, r.id, s.id, a.base_layers)
     select r.registry, r.name as repository, ${digestText('i.digest')} as digest, r.team, m.scope, m.tags, p.platform,
       (select ${LAYERS} from manifest_layer l join blob b on b.id = l.blob_id
        where l.manifest_id = m.manifest_id and l.position < m.base_layers) as base
     from moving m join repository r on r.id = m.repository_id join manifest i on i.id = m.manifest_id
     join image p on p.manifest_id = i.id
     order by ${byBytes('r.team', 'r.registry', 'r.name')}, i.id`,
    [sourceId, names],
  );
}

/**
 * Finds which of these layers a source needs all the same once the images on a base of one of these names have left it:
 * those of other images, and those that the images have on top of it.
 * @returns digests by scope
 */
export async function readNeededLayers(
  db: Queryable,
  sourceId: number,
  names: readonly string[],
  layers: readonly Digest[],
): Promise<NeededLayers> {
  const rows = await db.query<{ scope: string; digests: readonly Digest[] }>(
    // Materialized: Postgres expects few images to have a base's layers, and would read the repositories anew for each.
    `with content as materialized (
       select c.manifest_id, ${DEDUP_SCOPE} as scope, case when ${MOVES} then a.base_layers else 0 end as moved_layers
       from tag_content c join repository r on r.id = c.repository_id join source s on s.id = r.source_id
       left join assessment a on a.manifest_id = c.manifest_id
       where r.source_id = $1 and r.ended_at is null)
     select c.scope, array_agg(distinct ${digestText('b.digest')}) as digests
     from content c join manifest_layer l on l.manifest_id = c.manifest_id and l.position >= c.moved_layers
     join blob b on b.id = l.blob_id
     where b.digest = any($3::bytea[])
     group by c.scope`,
    [sourceId, names, layers.map(digestBytes)],
  );
  return new Map(rows.map(({ scope, digests }) => [scope, new Set(digests)]));
}

/**
 * Finds the layers of an image held under one of these names (`repository:tag`) by any audited registry: the newest
 * image for the platform if there is one, else the newest for {@link DEFAULT_PLATFORM}, else the newest for another platform.
 */
export async function findImageLayers(
  db: Queryable,
  names: readonly string[],
  platform: Platform,
): Promise<readonly StoredLayer[] | undefined> {
  const [row] = await db.query<{ layers: readonly StoredLayer[] }>(
    `with named as (
       select c.manifest_id from tag_content c join repository r on r.id = c.repository_id join image i on i.manifest_id = c.manifest_id
       where r.ended_at is null and r.name || ':' || c.tag = any($1::text[])
       order by is_wanted_platform(i.platform, $2::text[]) desc, i.platform = '${DEFAULT_PLATFORM}' desc, i.created_at desc nulls last limit 1)
     select ${LAYERS} as layers
     from named n join manifest_layer l on l.manifest_id = n.manifest_id join blob b on b.id = l.blob_id group by n.manifest_id`,
    [names, wantedNames([platform])],
  );
  return row?.layers;
}
