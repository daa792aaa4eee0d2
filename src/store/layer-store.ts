import { type Digest, digestBytes, digestFromBytes } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import type { Queryable } from './database.ts';
import type { StoredRepository } from './inventory-store.ts';
import { storableJson } from './storable.ts';

/** A layer that was not read yet, and a repository that holds it. Rows go by id: a task keeps no more than that. */
export interface HeldLayer {
  readonly blobId: number;
  readonly repositoryId: number;
}

/** A layer to be read. */
export interface UnreadLayer extends HeldLayer {
  readonly digest: Digest;
  /** Bytes, as its descriptor says. */
  readonly size: number;
  readonly mediaType: string;
  readonly sourceId: number;
  readonly repository: StoredRepository;
}

/** Whose layers to list: repositories that an audit saw, all their tags or some. */
export interface LayerScope {
  readonly auditId: number;
  readonly sourceId: number;
  /** Rows of `tag`; undefined: every open one. */
  readonly tagIds?: readonly number[];
  /** Of the reader; what an older one read counts as unread. */
  readonly readerVersion: number;
}

/** From what tags reach to its layers that were not read; $1: by which version of the reader. */
const UNREAD_LAYERS = `
     join image i on i.manifest_id = c.manifest_id
     join manifest_layer l on l.manifest_id = i.manifest_id
     join blob b on b.id = l.blob_id and b.stored
     left join layer_contents d on d.blob_id = b.id and d.reader_version >= $1`;

/**
 * The distinct layers of images that open tags reach, as far as they were not read. Foreign layers are kept elsewhere,
 * and archived manifests do not give theirs now.
 */
export async function listUnreadLayers(
  tx: Queryable,
  { auditId, sourceId, tagIds, readerVersion }: LayerScope,
): Promise<readonly (HeldLayer & { readonly size: number })[]> {
  return tx.query(
    `select b.id as "blobId", b.size, min(r.id) as "repositoryId"
     from repository r
     join tag_content c on c.repository_id = r.id
     join tag t on t.id = c.tag_id and not t.archived
     ${UNREAD_LAYERS}
     where r.seen_by = $3 and r.source_id = $2 and r.ended_at is null and d.blob_id is null
       and ($4::int8[] is null or t.id = any($4::int8[]))
     group by b.id order by b.id`,
    [readerVersion, sourceId, auditId, tagIds ? [...tagIds] : null],
  );
}

/**
 * The distinct layers, not read yet, of what is kept of a repository.
 * @param listed the tags, and the manifests by digest, that are asked for; those that are not kept bring nothing
 */
export async function listUnreadLayersIn(
  db: Queryable,
  repositoryId: number,
  listed: { readonly tags: readonly Tag[]; readonly digests: readonly Digest[] },
  readerVersion: number,
): Promise<readonly { readonly blobId: number; readonly size: number }[]> {
  return db.query(
    `select distinct b.id as "blobId", b.size
     from tag_content c
     ${UNREAD_LAYERS}
     where c.repository_id = $2 and d.blob_id is null
       and (c.tag = any($3::text[]) or c.tag_manifest_id in (select id from manifest where digest = any($4::bytea[])))`,
    [readerVersion, repositoryId, [...listed.tags], listed.digests.map(digestBytes)],
  );
}

/** A tag that is open; its name is absent where an untagged manifest is meant. */
export interface OpenTag {
  readonly id: number;
  readonly repositoryId: number;
  readonly tag?: Tag;
  readonly pushedAt?: string;
}

/** The open tags of a source's repositories that an audit saw. */
export async function listOpenTags(tx: Queryable, auditId: number, sourceId: number): Promise<readonly OpenTag[]> {
  const rows = await tx.query<{ id: number; repository_id: number; name: Tag | null; pushed_at: string | null }>(
    `select t.id, t.repository_id, t.name, t.pushed_at
     from repository r join tag t on t.repository_id = r.id and t.ended_at is null
     where r.seen_by = $1 and r.source_id = $2 and r.ended_at is null order by t.id`,
    [auditId, sourceId],
  );
  return rows.map((row) => ({
    id: row.id,
    repositoryId: row.repository_id,
    ...(row.name === null ? {} : { tag: row.name }),
    ...(row.pushed_at === null ? {} : { pushedAt: row.pushed_at }),
  }));
}

/** Those of some layers that are still to be read: not read meanwhile, and not failed for good in this audit. */
export async function readStillUnread(
  db: Queryable,
  auditId: number,
  layers: readonly HeldLayer[],
  readerVersion: number,
): Promise<readonly UnreadLayer[]> {
  const rows = await db.query<UnreadRow>(
    `select b.id, b.digest, b.size, b.media_type, r.id as repository_id, r.source_id, r.registry, r.name, s.name as source
     from unnest($2::int8[], $3::int8[]) as n (blob_id, repository_id)
     join blob b on b.id = n.blob_id
     join repository r on r.id = n.repository_id
     join source s on s.id = r.source_id
     left join layer_contents d on d.blob_id = b.id and d.reader_version >= $4
     where d.blob_id is null and not exists (
       select 1 from audit_error e
       where e.audit_id = $1 and e.source_id = r.source_id and e.registry = r.registry and e.repository = r.name
         and e.tag = '' and e.digest like '%:' || encode(b.digest, 'hex') and e.retry = 'never')
     order by b.id`,
    [auditId, layers.map(({ blobId }) => blobId), layers.map(({ repositoryId }) => repositoryId), readerVersion],
  );
  return rows.map(unreadLayer);
}

interface UnreadRow {
  readonly id: number;
  readonly digest: Uint8Array;
  readonly size: number;
  readonly media_type: string;
  readonly repository_id: number;
  readonly source_id: number;
  readonly registry: StoredRepository['registry'];
  readonly name: StoredRepository['name'];
  readonly source: string;
}

function unreadLayer(row: UnreadRow): UnreadLayer {
  const { registry, name, source } = row;
  return {
    blobId: row.id,
    repositoryId: row.repository_id,
    digest: digestFromBytes(row.digest),
    size: row.size,
    mediaType: row.media_type,
    sourceId: row.source_id,
    repository: { id: row.repository_id, source, registry, name },
  };
}

/** Where configs place a layer: the chain of layers beneath it (null: none), and the chain with it. */
export interface LayerPlace {
  readonly below: Digest | null;
  readonly chain: Digest;
}

/** Every distinct place that configs give a layer; those that do not tell are left out. */
export async function readLayerPlaces(db: Queryable, blobId: number): Promise<readonly LayerPlace[]> {
  const rows = await db.query<{ below: Uint8Array | null; chain: Uint8Array }>(
    `select distinct below.chain_id as below, l.chain_id as chain
     from manifest_layer l
     left join manifest_layer below on below.manifest_id = l.manifest_id and below.position = l.position - 1
     where l.blob_id = $1 and l.chain_id is not null`,
    [blobId],
  );
  return rows.map(({ below, chain }) => ({
    below: below ? digestFromBytes(below) : null,
    chain: digestFromBytes(chain),
  }));
}

/** What reading a layer brought, as it is kept. */
export interface LayerRecord {
  readonly blobId: number;
  readonly readerVersion: number;
  /** Of the tar. */
  readonly uncompressedBytes: number;
  /** For queries; everything is in `contents`. */
  readonly summary: object;
  /** Packed, as its reader wrote it. */
  readonly contents: Uint8Array;
}

/** Keeps what was read of a layer, unless a reader of the same or a newer version did before. */
export async function saveLayer(tx: Queryable, layer: LayerRecord, now: string): Promise<void> {
  await tx.query(
    `insert into layer_contents (blob_id, reader_version, uncompressed_bytes, summary, entries, read_at)
     values ($1, $2, $3, $4::jsonb, $5, $6)
     on conflict (blob_id) do update
       set reader_version = excluded.reader_version, uncompressed_bytes = excluded.uncompressed_bytes,
           summary = excluded.summary, entries = excluded.entries, read_at = excluded.read_at
       where layer_contents.reader_version < excluded.reader_version`,
    [layer.blobId, layer.readerVersion, layer.uncompressedBytes, storableJson(layer.summary), layer.contents, now],
  );
}

/** The layers, base first, of those images of which every layer was read. */
export async function findReadLayers(
  db: Queryable,
  manifestIds: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const rows = await db.query<{ id: number; blob: number }>(
    `select l.manifest_id as id, l.blob_id as blob
     from manifest_layer l
     join (
       select m.manifest_id from manifest_layer m left join layer_contents d on d.blob_id = m.blob_id
       where m.manifest_id = any($1::int8[]) group by m.manifest_id having count(*) = count(d.blob_id)) whole
       on whole.manifest_id = l.manifest_id
     order by l.manifest_id, l.position`,
    [[...manifestIds]],
  );
  const found = new Map<number, number[]>();
  for (const { id, blob } of rows) {
    const layers = found.get(id);
    if (layers) layers.push(blob);
    else found.set(id, [blob]);
  }
  return found;
}

/** The packed contents of layers, by blob. */
export async function readLayerContents(
  db: Queryable,
  blobIds: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  if (blobIds.length === 0) return new Map();
  const rows = await db.query<{ id: number; contents: Uint8Array }>(
    'select blob_id as id, entries as contents from layer_contents where blob_id = any($1::int8[])',
    [[...blobIds]],
  );
  return new Map(rows.map(({ id, contents }) => [id, contents]));
}
