import type { KnownBase } from '../classify/verdict.ts';
import { groupPairs } from '../common/group-by.ts';
import type { Queryable } from '../database/database.ts';
import type { Digest } from '../oci/digest.ts';
import { readBases } from './known-bases.ts';
import { findReadLayers } from './layer-store.ts';
import { digestText } from './sql/digest-text.ts';

/** An image with everything that is stored about it, ready to be assessed. */
export interface StoredImage {
  readonly manifestId: number;
  readonly digest: Digest;
  readonly manifest: Uint8Array;
  readonly config: Uint8Array;
  /** Contents of the indexes that list it. */
  readonly indexes: readonly Uint8Array[];
  /** In-toto statements, as fetched. */
  readonly provenance: readonly Uint8Array[];
  /** Known images whose layers are its first layers. */
  readonly bases: readonly KnownBase[];
  /** Rows of its layers, base first, if `--deep` has read all of them; else empty. */
  readonly readLayers: readonly number[];
}

/**
 * Reads images with everything that is stored about them, ordered by manifest row. Images whose manifest or config is
 * not stored are left out.
 * @param ids rows of `manifest`
 */
export async function readImages(db: Queryable, ids: readonly number[]): Promise<readonly StoredImage[]> {
  if (ids.length === 0) return [];
  const images = await db.query<Pick<StoredImage, 'manifestId' | 'digest' | 'manifest' | 'config'>>(
    `select m.id as "manifestId", ${digestText('m.digest')} as digest, m.body as manifest, c.body as config
     from manifest m join image i on i.manifest_id = m.id join blob c on c.id = m.config_id
     where m.id = any($1::int8[]) and m.body is not null and c.body is not null order by m.id`,
    [ids],
  );
  const indexes = await bodiesByImage(db, INDEXES, ids);
  const provenance = await bodiesByImage(db, PROVENANCE, ids);
  const readLayers = await findReadLayers(db, ids);
  const bases = await readBases(db, ids);
  return images.map((image) => ({
    ...image,
    indexes: indexes.get(image.manifestId) ?? [],
    provenance: provenance.get(image.manifestId) ?? [],
    bases: bases.get(image.manifestId) ?? [],
    readLayers: readLayers.get(image.manifestId) ?? [],
  }));
}

// With "offset 0", Postgres looks up what belongs to each image: for a few hundred, it would read whole tables of up to
// a hundred thousand rows, in each of the hundreds of batches of an audit.

const INDEXES = `
  select c.child_id as id, p.body
  from (select distinct child_id, index_id from index_child where child_id = any($1::int8[])) c join manifest p on p.id = c.index_id
  where p.body is not null order by c.child_id, p.digest`;

const PROVENANCE = `
  select m.id, b.body
  from manifest m
  cross join lateral (select child_id from index_child where describes = m.digest and child_id is not null offset 0) c
  join manifest_layer l on l.manifest_id = c.child_id
  join blob b on b.id = l.blob_id and b.body is not null
  where m.id = any($1::int8[]) group by m.id, b.id order by m.id, b.digest`;

async function bodiesByImage(
  db: Queryable,
  sql: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
  const rows = await db.query<{ id: number; body: Uint8Array }>(sql, [ids]);
  return groupPairs(rows.map(({ id, body }) => [id, body]));
}
