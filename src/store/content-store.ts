import type { Queryable } from '../database/database.ts';
import type { ContentKind } from '../oci/content-kind.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { insertChildren, type NewIndexChild } from './index-store.ts';
import { byBytes } from './sql/by-bytes.ts';
import { digestText } from './sql/digest-text.ts';
import { integersOf, joinDigests, rowByDigest, textsOf } from './sql/joined-texts.ts';
import { columnArrays, distinctSorted, setExcluded } from './sql/rows.ts';

/** A blob that a manifest refers to. */
export interface NewBlob {
  readonly digest: Digest;
  /** Bytes, as its descriptor says. */
  readonly size: number;
  readonly mediaType: string;
  /** False for foreign layers, which the registry does not store: unless some manifest lists them as its own. */
  readonly stored: boolean;
  /** Only for configs and provenance: the content as fetched, with secrets removed. */
  readonly body?: Uint8Array | undefined;
}

/** A manifest to store with its image, layers and children. The blobs it refers to must be in the same batch. */
export interface NewManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly kind: ContentKind;
  /** The content as fetched; absent when the registry lists the manifest but does not serve it (archived). */
  readonly body?: Uint8Array;
  readonly config?: Digest;
  readonly subject?: Digest | undefined;
  /** Base first. */
  readonly layers: readonly { readonly digest: Digest; readonly chainId?: Digest | undefined }[];
  readonly image?: NewImage | undefined;
  /** Empty unless it is an index. */
  readonly children: readonly NewIndexChild[];
}

/** The image of a manifest. */
export interface NewImage {
  readonly platform: Platform;
  /** ISO 8601. */
  readonly createdAt: string | undefined;
  /** Bytes. */
  readonly pullBytes: number;
  readonly chainId: Digest | undefined;
}

/**
 * Looks up which of these manifests are stored, with their kinds. A manifest that the registry lists but does not serve
 * (archived) does not count as stored.
 */
export async function readKnownManifests(
  db: Queryable,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, ContentKind>> {
  if (digests.length === 0) return new Map();
  const rows = await db.query<{ digest: Digest; kind: ContentKind }>(
    `select ${digestText('digest')} as digest, kind from manifest where digest = any($1::bytea[]) and body is not null`,
    [digests.map(digestBytes)],
  );
  return new Map(rows.map(({ digest, kind }) => [digest, kind]));
}

/** Reads the stored contents of blobs; blobs without stored content are left out. */
export async function readBodies(db: Queryable, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
  if (digests.length === 0) return new Map();
  const rows = await db.query<{ digest: Digest; body: Uint8Array }>(
    `select ${digestText('digest')} as digest, body from blob where digest = any($1::bytea[]) and body is not null`,
    [digests.map(digestBytes)],
  );
  return new Map(rows.map(({ digest, body }) => [digest, body]));
}

/**
 * Stores the blobs and manifests that are new.
 * @param now ISO 8601
 * @returns the row ids of the images that were not stored before
 */
export async function saveContent(
  tx: Queryable,
  blobs: readonly NewBlob[],
  manifests: readonly NewManifest[],
  now: string,
): Promise<readonly number[]> {
  const distinct = distinctSorted(manifests, digestOf, isRead);
  const inserts = [
    insertBlobs(tx, distinctSorted(blobs, digestOf, isBetter)),
    insertManifests(tx, distinct, now),
    insertLayers(tx, distinct),
    insertChildren(tx, distinct),
  ];
  const images = insertImages(tx, distinct);
  await Promise.all([...inserts, images]);
  return images;
}

/** A manifest that one repository gives is read, though another one has archived it. */
function isRead({ body }: NewManifest): boolean {
  return body !== undefined;
}

/**
 * Whether one description of a blob is preferred to another, whatever the order in which manifests are read: a stored blob
 * to a foreign layer; then one with a size, as only the empty blob has 0 bytes; then the smaller size, so that nobody's
 * manifest makes another image larger; then the media type that comes first. {@link isBetterSql} is the same.
 */
function isBetter(blob: NewBlob, known: NewBlob): boolean {
  if (blob.stored !== known.stored) return blob.stored;
  if (blob.size === known.size) return blob.mediaType < known.mediaType;
  return known.size === 0 || (blob.size !== 0 && blob.size < known.size);
}

/** SQL: whether a blob is better described than another. */
const isBetterSql = (blob: string, known: string): string => {
  const order = (one: string): string =>
    `(not ${one}.stored, ${one}.size = 0, ${one}.size, ${byBytes(`${one}.media_type`)})`;
  return `${order(blob)} < ${order(known)}`;
};

function digestOf({ digest }: { readonly digest: Digest }): Digest {
  return digest;
}

async function insertBlobs(tx: Queryable, blobs: readonly NewBlob[]): Promise<void> {
  if (blobs.length === 0) return;
  // Existing rows are filtered out first: on conflict would lock them, and batches that share a base image would wait.
  const insertedRows = await tx.query<{ digest: Digest }>(
    `insert into blob (digest, size, media_type, stored, body)
     select decode(n.digest, 'hex'), n.size, n.media_type, n.stored, decode(n.body, 'base64')
     from unnest(${textsOf('$1')}, $2::int8[], $3::text[], $4::bool[], ${textsOf('$5')}) as n (digest, size, media_type, stored, body)
     left join ${rowByDigest('blob', 'n.digest')} b on true
     where b.id is null or ${isBetterSql('n', 'b')}
     on conflict (digest) do update ${setExcluded(['size', 'stored', 'media_type'])}, body = coalesce(blob.body, excluded.body)
     where ${isBetterSql('excluded', 'blob')} returning ${digestText('blob.digest')} as digest`,
    [
      joinDigests(blobs.map(({ digest }) => digest)),
      ...columnArrays(blobs, 'size', 'mediaType', 'stored'),
      joinBodies(blobs),
    ],
  );
  const inserted = new Set(insertedRows.map(digestOf));
  await fillBodies(
    tx,
    blobs.filter(({ digest, body }) => body && !inserted.has(digest)),
  );
}

/** Stores the contents of blobs whose rows exist without content. */
async function fillBodies(tx: Queryable, blobs: readonly NewBlob[]): Promise<void> {
  if (blobs.length === 0) return;
  await tx.query(
    `update blob b set body = decode(n.body, 'base64') from unnest(${textsOf('$1')}, ${textsOf('$2')}) as n (digest, body)
     where b.digest = decode(n.digest, 'hex') and b.body is null`,
    [joinDigests(blobs.map(({ digest }) => digest)), joinBodies(blobs)],
  );
}

/** Bodies in base64, as one text. */
function joinBodies(items: readonly { readonly body?: Uint8Array | undefined }[]): string {
  return items.map(bodyText).join(',');
}

function bodyText({ body }: { readonly body?: Uint8Array | undefined }): string {
  return body ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64') : '';
}

async function insertManifests(tx: Queryable, manifests: readonly NewManifest[], now: string): Promise<void> {
  if (manifests.length === 0) return;
  await tx.query(
    `insert into manifest (digest, media_type, kind, body, config_id, subject, fetched_at)
     select decode(n.digest, 'hex'), n.media_type, n.kind, decode(n.body, 'base64'), b.id, decode(n.subject, 'hex'), $7
     from unnest(${textsOf('$1')}, $2::text[], $3::text[], ${textsOf('$4')}, ${textsOf('$5')}, ${textsOf('$6')})
       as n (digest, media_type, kind, body, config, subject)
     left join ${rowByDigest('blob', 'n.config')} b on true
     on conflict (digest) do update
       ${setExcluded(['media_type', 'kind', 'body', 'config_id', 'subject', 'fetched_at'])}
       where manifest.body is null and excluded.body is not null`,
    [
      joinDigests(manifests.map(({ digest }) => digest)),
      ...columnArrays(manifests, 'mediaType', 'kind'),
      joinBodies(manifests),
      joinDigests(manifests.map(({ config }) => config)),
      joinDigests(manifests.map(({ subject }) => subject)),
      now,
    ],
  );
}

/** Sends and looks up each digest once, and refers to it by number in the rows: most layers belong to a few bases. */
async function insertLayers(tx: Queryable, manifests: readonly NewManifest[]): Promise<void> {
  const manifestDigests = new Numbering<Digest>();
  const blobDigests = new Numbering<Digest>();
  const chainIds = new Numbering<Digest>();
  const rows = manifests.flatMap(({ digest, layers }) =>
    layers.map((layer, position) => ({
      manifest: manifestDigests.of(digest),
      position,
      blob: blobDigests.of(layer.digest),
      chain: layer.chainId ? chainIds.of(layer.chainId) : null,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into manifest_layer (manifest_id, position, blob_id, chain_id)
     select m.id, n.position, b.id, decode(cd.digest, 'hex')
     from unnest(${integersOf('$1')}, ${integersOf('$2')}, ${integersOf('$3')}, ${integersOf('$4')}) as n (manifest, position, blob, chain)
     join unnest(${textsOf('$5')}) with ordinality as md (digest, number) on md.number = n.manifest
     cross join ${rowByDigest('manifest', 'md.digest')} m
     join unnest(${textsOf('$6')}) with ordinality as bd (digest, number) on bd.number = n.blob
     cross join ${rowByDigest('blob', 'bd.digest')} b
     left join unnest(${textsOf('$7')}) with ordinality as cd (digest, number) on cd.number = n.chain
     on conflict do nothing`,
    [
      ...columnArrays(rows, 'manifest', 'position', 'blob', 'chain').map((numbers) => numbers.join(',')),
      joinDigests(manifestDigests.values()),
      joinDigests(blobDigests.values()),
      joinDigests(chainIds.values()),
    ],
  );
}

/** Numbers distinct values from 1, in order of first appearance. */
class Numbering<T> {
  readonly #numbers = new Map<T, number>();

  of(value: T): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#numbers.set(value, this.#numbers.size + 1);
    return this.#numbers.size;
  }

  values(): readonly T[] {
    return [...this.#numbers.keys()];
  }
}

async function insertImages(tx: Queryable, manifests: readonly NewManifest[]): Promise<readonly number[]> {
  const rows = manifests.flatMap(({ digest, image, layers }) =>
    image ? [{ ...image, digest, platform: formatPlatform(image.platform), layerCount: layers.length }] : [],
  );
  if (rows.length === 0) return [];
  const inserted = await tx.query<{ id: number }>(
    `insert into image (manifest_id, platform, created_at, pull_bytes, layer_count, chain_id)
     select m.id, n.platform, n.created_at, n.pull_bytes, n.layer_count, decode(n.chain_id, 'hex')
     from unnest(${textsOf('$1')}, $2::text[], $3::timestamptz[], $4::int8[], $5::int4[], ${textsOf('$6')})
       as n (manifest, platform, created_at, pull_bytes, layer_count, chain_id)
     cross join ${rowByDigest('manifest', 'n.manifest')} m
     on conflict do nothing returning manifest_id as id`,
    [
      joinDigests(rows.map(({ digest }) => digest)),
      ...columnArrays(rows, 'platform', 'createdAt', 'pullBytes', 'layerCount'),
      joinDigests(rows.map(({ chainId }) => chainId)),
    ],
  );
  return inserted.map(({ id }) => id);
}
