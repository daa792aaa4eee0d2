import { groupPairs } from '../common/group-by.ts';
import type { Queryable } from '../database/database.ts';
import { LAYER_READER_VERSION, type LayerContents, packContents, unpackContents } from '../deep/contents.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import type { Tag } from '../oci/reference.ts';
import { STORED_REPOSITORY, type StoredRepository } from './inventory-store.ts';
import { byBytes } from './sql/by-bytes.ts';
import { digestText } from './sql/digest-text.ts';
import { columnArrays, setExcluded, withoutNulls } from './sql/rows.ts';

/** A layer whose contents were not read yet, and a repository that holds it; both as row ids, to keep tasks small. */
export interface HeldLayer {
  readonly blobId: number;
  readonly repositoryId: number;
}

/** A layer to read, with where to fetch it. */
export interface UnreadLayer extends HeldLayer {
  readonly digest: Digest;
  /** Bytes: at most what an image that has it states to have in all. Manifests may disagree about the layer's size. */
  readonly maxBytes: number;
  readonly mediaType: string;
  readonly sourceId: number;
  readonly repository: StoredRepository;
}

/** SQL: joins the contents of a blob as `d`, which is null if no reader of this version or a newer one has read it. */
const readContents = (blobId: string): string =>
  `layer_contents d on d.blob_id = ${blobId} and d.reader_version >= ${LAYER_READER_VERSION}`;

/** SQL: joins a row `c` of tag_content to the stored layers of its image; `d` is null for those that were not read. */
const UNREAD_LAYERS = `
     join image i on i.manifest_id = c.manifest_id
     join manifest_layer l on l.manifest_id = i.manifest_id
     join blob b on b.id = l.blob_id and b.stored
     left join ${readContents('b.id')}`;

/**
 * Lists the distinct unread layers of images under open tags. Left out: foreign layers, which the registry does not
 * store, and layers of archived manifests, which it does not serve at present.
 * @param tagIds rows of `tag`; undefined: every open tag in the repositories of the source that the audit saw
 */
export async function listUnreadLayers(
  tx: Queryable,
  auditId: number,
  sourceId: number,
  tagIds: readonly number[] | undefined,
): Promise<readonly (HeldLayer & { readonly size: number })[]> {
  return tx.query(
    `select b.id as "blobId", b.size, (array_agg(r.id order by ${byBytes('r.name', 'r.registry')}))[1] as "repositoryId"
     from repository r
     join tag_content c on c.repository_id = r.id
     join tag t on t.id = c.tag_id and not t.archived
     ${UNREAD_LAYERS}
     where r.seen_by = $1 and r.source_id = $2 and r.ended_at is null and d.blob_id is null
       and ($3::int8[] is null or t.id = any($3::int8[]))
     group by b.id order by b.id`,
    [auditId, sourceId, tagIds ?? null],
  );
}

/**
 * Lists the distinct unread layers of a repository's stored images.
 * @param listed the tags, and the manifests by digest, to look at; those that are not stored are ignored
 */
export async function listUnreadLayersIn(
  db: Queryable,
  repositoryId: number,
  listed: { readonly tags: readonly Tag[]; readonly digests: readonly Digest[] },
): Promise<readonly { readonly blobId: number; readonly size: number }[]> {
  return db.query(
    `select distinct b.id as "blobId", b.size
     from tag_content c
     ${UNREAD_LAYERS}
     where c.repository_id = $1 and d.blob_id is null
       and (c.tag = any($2::text[]) or c.tag_manifest_id in (select id from manifest where digest = any($3::bytea[])))`,
    [repositoryId, listed.tags, listed.digests.map(digestBytes)],
  );
}

/** An open tag; `tag` is absent for an untagged manifest. */
export interface OpenTag {
  readonly id: number;
  readonly repositoryId: number;
  readonly tag?: Tag;
  readonly pushedAt?: string;
}

/** Lists the open tags, and untagged manifests, in those repositories of a source that an audit saw. */
export async function listOpenTags(tx: Queryable, auditId: number, sourceId: number): Promise<readonly OpenTag[]> {
  const rows = await tx.query<OpenTag>(
    `select t.id, t.repository_id as "repositoryId", t.name as tag, t.pushed_at as "pushedAt"
     from repository r join tag t on t.repository_id = r.id and t.ended_at is null
     where r.seen_by = $1 and r.source_id = $2 and r.ended_at is null order by t.id`,
    [auditId, sourceId],
  );
  return rows.map(withoutNulls);
}

/** Reads which of these layers are still to be read: not read meanwhile, and not failed permanently in this audit. */
export async function readStillUnread(
  db: Queryable,
  auditId: number,
  layers: readonly HeldLayer[],
): Promise<readonly UnreadLayer[]> {
  return db.query<UnreadLayer>(
    `select b.id as "blobId", r.id as "repositoryId", ${digestText('b.digest')} as digest, b.media_type as "mediaType",
       r.source_id as "sourceId", ${STORED_REPOSITORY} as repository, (
         select max(i.pull_bytes) from manifest_layer l join image i on i.manifest_id = l.manifest_id where l.blob_id = b.id) as "maxBytes"
     from unnest($2::int8[], $3::int8[]) as n (blob_id, repository_id)
     join blob b on b.id = n.blob_id
     join repository r on r.id = n.repository_id
     join source s on s.id = r.source_id
     left join ${readContents('b.id')}
     where d.blob_id is null and not exists (
       select 1 from audit_error e
       where e.audit_id = $1 and e.source_id = r.source_id and e.registry = r.registry and e.repository = r.name
         and e.tag = '' and e.digest like '%:' || encode(b.digest, 'hex') and e.retry = 'never')
     order by b.id`,
    [auditId, ...columnArrays(layers, 'blobId', 'repositoryId')],
  );
}

/** Counts the layers of an audit's open tasks that nobody has read yet. */
export async function countLayersLeft(db: Queryable, auditId: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) from audit_task t cross join jsonb_array_elements(t.payload -> 'layers') as n (layer)
     left join ${readContents("(n.layer ->> 'blobId')::int8")}
     where t.audit_id = $1 and t.kind = 'layers' and d.blob_id is null`,
    [auditId],
  );
  return row?.count ?? 0;
}

/**
 * A position of a layer in an image: the chain ID of the layers below it (null: none), and the chain ID including it.
 */
export interface LayerPlace {
  readonly below: Digest | null;
  readonly chain: Digest;
}

/** Reads every distinct position that image configs give a layer. Images whose config does not say are left out. */
export async function readLayerPlaces(db: Queryable, blobId: number): Promise<readonly LayerPlace[]> {
  return db.query<LayerPlace>(
    `select distinct ${digestText('below.chain_id')} as below, ${digestText('l.chain_id')} as chain
     from manifest_layer l
     left join manifest_layer below on below.manifest_id = l.manifest_id and below.position = l.position - 1
     where l.blob_id = $1 and l.chain_id is not null`,
    [blobId],
  );
}

/**
 * Stores what reading a layer found, unless a reader of the same or a newer version has stored it.
 * @param now ISO 8601
 */
export async function saveLayer(tx: Queryable, blobId: number, contents: LayerContents, now: string): Promise<void> {
  await tx.query(
    // Nothing reads the column `summary`, which is not null.
    `insert into layer_contents (blob_id, reader_version, uncompressed_bytes, summary, entries, read_at)
     values ($1, $2, $3, '{}', $4, $5)
     on conflict (blob_id) do update ${setExcluded(['reader_version', 'uncompressed_bytes', 'entries', 'read_at'])}
       where layer_contents.reader_version < excluded.reader_version`,
    [blobId, LAYER_READER_VERSION, contents.tarBytes, packContents(contents), now],
  );
}

/** Finds the images whose layers were all read. @returns rows of their layers, base first, by manifest row */
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
    [manifestIds],
  );
  return groupPairs(rows.map(({ id, blob }) => [id, blob]));
}

/** Reads contents of layers by blob row. Those that an older version packed in another form are left out. */
export async function readLayerContents(
  db: Queryable,
  blobIds: readonly number[],
): Promise<ReadonlyMap<number, LayerContents>> {
  if (blobIds.length === 0) return new Map();
  const rows = await db.query<{ id: number; packed: Uint8Array }>(
    'select blob_id as id, entries as packed from layer_contents where blob_id = any($1::int8[])',
    [blobIds],
  );
  const found = new Map<number, LayerContents>();
  for (const { id, packed } of rows) {
    const contents = unpackContents(packed);
    if (contents) found.set(id, contents);
  }
  return found;
}
