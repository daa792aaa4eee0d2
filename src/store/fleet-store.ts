import type { HeldLayers, MovingImage, StoredLayer } from '../advise/whatif.ts';
import type { Queryable } from '../database/database.ts';
import { type Digest, digestBytes, digestFromBytes } from '../oci/digest.ts';
import { DEDUP_SCOPE } from './sql/dedup-scope.ts';

/** The layers of an image, base first. */
interface LayersRow {
  readonly digests: readonly Uint8Array[];
  /** An int8[] is read as numbers or as texts, depending on the database. */
  readonly sizes: readonly (number | string)[];
  readonly foreign: readonly boolean[];
}

type MovingRow = Omit<MovingImage, 'digest' | 'layers'> & { readonly digest: Uint8Array } & LayersRow;

/** SQL, an aggregate over layers `l` with their blobs `b`: the columns that {@link layersOf} reads. */
const LAYERS = `array_agg(b.digest order by l.position) as digests, array_agg(b.size order by l.position) as sizes,
       array_agg(not b.stored order by l.position) as foreign`;

/**
 * Reads the tagged images of a source that are built on a base of one of these names, where it is known how many of
 * their layers are the base's. An image is listed once for each repository that holds it, because each owner has to
 * swap it.
 */
export async function readImagesOn(
  db: Queryable,
  sourceId: number,
  names: readonly string[],
): Promise<readonly MovingImage[]> {
  const rows = await db.query<MovingRow>(
    `with moving as (
       select c.manifest_id, r.id as repository_id, r.registry, r.name as repository, r.team, ${DEDUP_SCOPE} as scope,
         array_agg(distinct c.tag order by c.tag) as tags, a.base_layers
       from assessment a join tag_content c on c.manifest_id = a.manifest_id join repository r on r.id = c.repository_id
       join source s on s.id = r.source_id
       where r.source_id = $1 and r.ended_at is null and c.tag is not null and a.base_layers > 0
         and string_to_array(a.base_image, ';') && $2::text[]
       group by c.manifest_id, r.id, s.id, a.base_layers)
     select m.registry, m.repository, i.digest, m.team, m.scope, m.tags, m.base_layers as "baseLayers", ${LAYERS}
     from moving m join manifest i on i.id = m.manifest_id
     join manifest_layer l on l.manifest_id = m.manifest_id join blob b on b.id = l.blob_id
     group by i.id, m.repository_id, m.registry, m.repository, m.team, m.scope, m.tags, m.base_layers
     order by m.team, m.registry, m.repository, i.id`,
    [sourceId, names],
  );
  return rows.map(({ digest, digests, sizes, foreign, ...image }) => ({
    ...image,
    digest: digestFromBytes(digest),
    layers: layersOf({ digests, sizes, foreign }),
  }));
}

function layersOf({ digests, sizes, foreign }: LayersRow): readonly StoredLayer[] {
  return digests.map((digest, at) => ({
    digest: digestFromBytes(digest),
    bytes: Number(sizes[at]),
    foreign: foreign[at] === true,
  }));
}

/**
 * Finds which of these layers are also held, within the same scope, by images of the source that are not built on a
 * base of one of these names.
 * @returns digests by scope
 */
export async function readHeldElsewhere(
  db: Queryable,
  sourceId: number,
  names: readonly string[],
  layers: readonly Digest[],
): Promise<HeldLayers> {
  const rows = await db.query<{ scope: string; digests: readonly Uint8Array[] }>(
    `select ${DEDUP_SCOPE} as scope, array_agg(distinct b.digest) as digests
     from blob b join manifest_layer l on l.blob_id = b.id join tag_content c on c.manifest_id = l.manifest_id
     join repository r on r.id = c.repository_id join source s on s.id = r.source_id
     left join assessment a on a.manifest_id = l.manifest_id
     where b.digest = any($3::bytea[]) and r.source_id = $1 and r.ended_at is null
       and not coalesce(a.base_layers > 0 and c.tag is not null and string_to_array(a.base_image, ';') && $2::text[], false)
     group by scope`,
    [sourceId, names, layers.map(digestBytes)],
  );
  return new Map(rows.map(({ scope, digests }) => [scope, new Set(digests.map(digestFromBytes))]));
}

/**
 * Finds the layers of an image held under one of these names (`repository:tag`) by any audited registry: the newest
 * image for linux/amd64 if there is one, else the newest for another platform.
 */
export async function findImageLayers(
  db: Queryable,
  names: readonly string[],
): Promise<readonly StoredLayer[] | undefined> {
  const [row] = await db.query<LayersRow>(
    `with named as (
       select c.manifest_id from tag_content c join repository r on r.id = c.repository_id join image i on i.manifest_id = c.manifest_id
       where r.ended_at is null and r.name || ':' || c.tag = any($1::text[])
       order by i.platform = 'linux/amd64' desc, i.created_at desc nulls last limit 1)
     select ${LAYERS}
     from named n join manifest_layer l on l.manifest_id = n.manifest_id join blob b on b.id = l.blob_id group by n.manifest_id`,
    [names],
  );
  return row && layersOf(row);
}
