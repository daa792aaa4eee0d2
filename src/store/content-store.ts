import type { ContentKind } from '../oci/content-kind.ts';
import { type Digest, digestBytes, digestFromBytes } from '../oci/digest.ts';
import type { Platform, PlatformSelection } from '../oci/platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Queryable } from './database.ts';

/** A blob that a manifest names. */
export interface NewBlob {
  readonly digest: Digest;
  /** Bytes, as its descriptor says. */
  readonly size: number;
  readonly mediaType: string;
  /** False for foreign layers. */
  readonly stored: boolean;
  /** Of configs and provenance: as fetched, but for secrets. */
  readonly body?: Uint8Array;
}

/** A manifest to keep, with what hangs on it; its blobs are among the batch's. */
export interface NewManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly kind: ContentKind;
  readonly artifactType?: string;
  /** As fetched; absent when the registry lists it and does not give it. */
  readonly body?: Uint8Array;
  readonly config?: Digest;
  readonly subject?: Digest;
  /** Base first. */
  readonly layers: readonly { readonly digest: Digest; readonly chainId?: Digest }[];
  readonly image?: NewImage;
  readonly children: readonly NewIndexChild[];
}

export interface NewImage {
  readonly platform: Platform;
  /** ISO 8601. */
  readonly createdAt?: string;
  /** Bytes. */
  readonly pullBytes: number;
  readonly chainId?: Digest;
}

export interface NewIndexChild {
  readonly digest: Digest;
  readonly platform?: Platform;
  /** Of an attestation: the image that it speaks of. */
  readonly describes?: Digest;
}

/** Which of these manifests are kept, with their kinds. One that the registry lists and does not give (archived) is not. */
export async function knownManifests(
  db: Queryable,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, ContentKind>> {
  if (digests.length === 0) return new Map();
  const rows = await db.query<{ digest: Uint8Array; kind: ContentKind }>(
    'select digest, kind from manifest where digest = any($1::bytea[]) and body is not null',
    [digests.map(digestBytes)],
  );
  return new Map(rows.map(({ digest, kind }) => [digestFromBytes(digest), kind]));
}

/** The content of kept blobs. */
export async function readBodies(db: Queryable, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
  if (digests.length === 0) return new Map();
  const rows = await db.query<{ digest: Uint8Array; body: Uint8Array }>(
    'select digest, body from blob where digest = any($1::bytea[]) and body is not null',
    [digests.map(digestBytes)],
  );
  return new Map(rows.map(({ digest, body }) => [digestFromBytes(digest), body]));
}

/** A child of a kept index that was not fetched: it failed, or another platform was audited then. */
export interface MissingChild {
  readonly index: Digest;
  readonly child: Digest;
  /** Its own platform, or of the image that it describes; undefined where the index does not say. */
  readonly platform?: string;
  readonly describes?: Digest;
}

export async function missingChildren(db: Queryable, indexes: readonly Digest[]): Promise<readonly MissingChild[]> {
  if (indexes.length === 0) return [];
  const rows = await db.query<{
    index: Uint8Array;
    child: Uint8Array;
    platform: string | null;
    describes: Uint8Array | null;
  }>(
    `select m.digest as index, c.digest as child, c.describes, coalesce(described.platform, c.platform) as platform
     from manifest m join index_child c on c.index_id = m.id and c.child_id is null
     left join index_child described on described.index_id = c.index_id and described.digest = c.describes
     where m.digest = any($1::bytea[])`,
    [indexes.map(digestBytes)],
  );
  return rows.map(({ index, child, platform, describes }) => ({
    index: digestFromBytes(index),
    child: digestFromBytes(child),
    ...(platform === null ? {} : { platform }),
    ...(describes ? { describes: digestFromBytes(describes) } : {}),
  }));
}

/** As the database keeps a selection: names, or null for all. */
export function platformNames(platforms: PlatformSelection): string[] | null {
  return platforms === 'all' ? null : platforms.map(formatPlatform);
}

/** Keeps blobs and manifests that were not kept yet. Rows go in by digest order, so that two writers never deadlock. */
export async function saveContent(
  tx: Queryable,
  blobs: readonly NewBlob[],
  manifests: readonly NewManifest[],
  now: string,
): Promise<void> {
  await insertBlobs(tx, distinctByDigest(blobs));
  const distinct = distinctByDigest(manifests);
  await insertManifests(tx, distinct, now);
  await insertLayers(tx, distinct);
  await insertImages(tx, distinct);
  await insertChildren(tx, distinct);
}

function distinctByDigest<T extends { readonly digest: Digest }>(items: readonly T[]): readonly T[] {
  const distinct = new Map(items.map((item) => [item.digest, item]));
  return [...distinct.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

async function insertBlobs(tx: Queryable, blobs: readonly NewBlob[]): Promise<void> {
  if (blobs.length === 0) return;
  // Rows that are there are left out first: a conflict would lock them, and batches that share a base image wait.
  const inserted = await tx.query<{ digest: Uint8Array }>(
    `insert into blob (digest, size, media_type, stored, body)
     select n.digest, n.size, n.media_type, n.stored, decode(n.body, 'base64')
     from unnest($1::bytea[], $2::int8[], $3::text[], $4::bool[], ${bodiesOf('$5')}) as n (digest, size, media_type, stored, body)
     where not exists (select 1 from blob b where b.digest = n.digest)
     on conflict (digest) do nothing returning digest`,
    [
      blobs.map(({ digest }) => digestBytes(digest)),
      blobs.map(({ size }) => size),
      blobs.map(({ mediaType }) => mediaType),
      blobs.map(({ stored }) => stored),
      joinBodies(blobs),
    ],
  );
  const fresh = new Set(inserted.map(({ digest }) => digestFromBytes(digest)));
  await keepBodies(
    tx,
    blobs.filter(({ digest, body }) => body && !fresh.has(digest)),
  );
}

/** Contents of blobs that were known by name alone. */
async function keepBodies(tx: Queryable, blobs: readonly NewBlob[]): Promise<void> {
  if (blobs.length === 0) return;
  await tx.query(
    `update blob b set body = decode(n.body, 'base64') from unnest($1::bytea[], ${bodiesOf('$2')}) as n (digest, body)
     where b.digest = n.digest and b.body is null`,
    [blobs.map(({ digest }) => digestBytes(digest)), joinBodies(blobs)],
  );
}

/** The bodies that {@link joinBodies} joined, as an array of base64, null where there was none. */
const bodiesOf = (parameter: string): string => `string_to_array(${parameter}::text, ',', '')`;

/** As one text: PGlite takes five times as long to send an array of bytea. */
function joinBodies(items: readonly { readonly body?: Uint8Array }[]): string {
  return items
    .map(({ body }) => (body ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64') : ''))
    .join(',');
}

async function insertManifests(tx: Queryable, manifests: readonly NewManifest[], now: string): Promise<void> {
  if (manifests.length === 0) return;
  await tx.query(
    `insert into manifest (digest, media_type, kind, artifact_type, body, config_id, subject, fetched_at)
     select n.digest, n.media_type, n.kind, n.artifact_type, decode(n.body, 'base64'), b.id, n.subject, $8
     from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], ${bodiesOf('$5')}, $6::bytea[], $7::bytea[])
       as n (digest, media_type, kind, artifact_type, body, config, subject)
     left join blob b on b.digest = n.config
     on conflict (digest) do update
       set media_type = excluded.media_type, kind = excluded.kind, artifact_type = excluded.artifact_type, body = excluded.body,
           config_id = excluded.config_id, subject = excluded.subject, fetched_at = excluded.fetched_at
       where manifest.body is null and excluded.body is not null`,
    [
      manifests.map(({ digest }) => digestBytes(digest)),
      manifests.map(({ mediaType }) => mediaType),
      manifests.map(({ kind }) => kind),
      manifests.map(({ artifactType }) => artifactType ?? null),
      joinBodies(manifests),
      manifests.map(({ config }) => (config ? digestBytes(config) : null)),
      manifests.map(({ subject }) => (subject ? digestBytes(subject) : null)),
      now,
    ],
  );
}

async function insertLayers(tx: Queryable, manifests: readonly NewManifest[]): Promise<void> {
  const rows = manifests.flatMap(({ digest, layers }) =>
    layers.map((layer, position) => ({ digest, position, layer })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into manifest_layer (manifest_id, position, blob_id, chain_id)
     select m.id, n.position, b.id, n.chain_id
     from unnest($1::bytea[], $2::int4[], $3::bytea[], $4::bytea[]) as n (manifest, position, blob, chain_id)
     join manifest m on m.digest = n.manifest join blob b on b.digest = n.blob
     on conflict do nothing`,
    [
      rows.map(({ digest }) => digestBytes(digest)),
      rows.map(({ position }) => position),
      rows.map(({ layer }) => digestBytes(layer.digest)),
      rows.map(({ layer }) => (layer.chainId ? digestBytes(layer.chainId) : null)),
    ],
  );
}

async function insertImages(tx: Queryable, manifests: readonly NewManifest[]): Promise<void> {
  const rows = manifests.flatMap(({ digest, image, layers }) =>
    image ? [{ digest, image, layerCount: layers.length }] : [],
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into image (manifest_id, platform, created_at, pull_bytes, layer_count, chain_id)
     select m.id, n.platform, n.created_at, n.pull_bytes, n.layer_count, n.chain_id
     from unnest($1::bytea[], $2::text[], $3::timestamptz[], $4::int8[], $5::int4[], $6::bytea[])
       as n (manifest, platform, created_at, pull_bytes, layer_count, chain_id)
     join manifest m on m.digest = n.manifest
     on conflict do nothing`,
    [
      rows.map(({ digest }) => digestBytes(digest)),
      rows.map(({ image }) => formatPlatform(image.platform)),
      rows.map(({ image }) => image.createdAt ?? null),
      rows.map(({ image }) => image.pullBytes),
      rows.map(({ layerCount }) => layerCount),
      rows.map(({ image }) => (image.chainId ? digestBytes(image.chainId) : null)),
    ],
  );
}

async function insertChildren(tx: Queryable, manifests: readonly NewManifest[]): Promise<void> {
  const rows = manifests.flatMap(({ digest, children }) =>
    children.map((child, position) => ({ digest, position, child })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `insert into index_child (index_id, position, digest, platform, describes)
     select m.id, n.position, n.digest, n.platform, n.describes
     from unnest($1::bytea[], $2::int4[], $3::bytea[], $4::text[], $5::bytea[]) as n (manifest, position, digest, platform, describes)
     join manifest m on m.digest = n.manifest
     on conflict do nothing`,
    [
      rows.map(({ digest }) => digestBytes(digest)),
      rows.map(({ position }) => position),
      rows.map(({ child }) => digestBytes(child.digest)),
      rows.map(({ child }) => (child.platform ? formatPlatform(child.platform) : null)),
      rows.map(({ child }) => (child.describes ? digestBytes(child.describes) : null)),
    ],
  );
}

/** Ties the lists of indexes to their children, where either came just now. */
export async function linkChildren(tx: Queryable, arrived: readonly Digest[]): Promise<void> {
  if (arrived.length === 0) return;
  await tx.query(
    `update index_child c set child_id = child.id
     from manifest child
     where child.digest = c.digest and c.child_id is null
       and (c.digest = any($1::bytea[]) or c.index_id in (select id from manifest where digest = any($1::bytea[])))`,
    [[...arrived].sort().map(digestBytes)],
  );
}

/** Ties what two writers that did not see each other left untied. */
export async function linkAllChildren(tx: Queryable): Promise<void> {
  await tx.query(
    'update index_child c set child_id = m.id from manifest m where c.child_id is null and m.digest = c.digest',
  );
}
