import type { BaseContent, BaseImage } from '../catalogue/base-image.ts';
import type { Queryable } from '../database/database.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { type PlatformSelection, wantedNames } from '../oci/platform.ts';
import type { Tag } from '../oci/reference.ts';
import type { ListedRepository } from '../registry/registry.ts';
import { digestText } from './sql/digest-text.ts';
import { insertJson, jsonDigest, jsonRows } from './sql/json-rows.ts';
import { distinctSorted, setExcluded, withoutNulls } from './sql/rows.ts';

/** What a tag named when it was read: an image, or an index with those of its images that were wanted. */
export interface BaseTag {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly images: readonly BaseContent[];
  /** False when some of it could not be read; the tag is then read again next time. */
  readonly complete: boolean;
}

/**
 * Reads what tags named when they were last read for these platforms, or for more.
 * @returns the digest of each tag that is known
 */
export async function readKnownBaseTags(
  db: Queryable,
  repository: ListedRepository,
  tags: readonly Tag[],
  platforms: PlatformSelection,
): Promise<ReadonlyMap<Tag, Digest>> {
  const rows = await db.query<{ name: Tag; digest: Digest }>(
    `select name, ${digestText('digest')} as digest from base_tag
     where registry = $1 and repository = $2 and name = any($3::text[]) and (platforms is null or platforms @> $4::text[])`,
    [repository.registry, repository.name, tags, wantedNames(platforms)],
  );
  return new Map(rows.map(({ name, digest }) => [name, digest]));
}

/** Counts which of these tags name an image of the catalogue, for whatever platform. */
export async function countTagsWithBase(
  db: Queryable,
  { registry, name }: ListedRepository,
  tags: readonly Tag[],
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(distinct tag) as count from base_image
     where registry = $1 and repository = $2 and tag = any($3::text[]) and newest`,
    [registry, name, tags],
  );
  return row?.count ?? 0;
}

/** Looks up which of these image digests the catalogue holds, under any tag. */
export async function readKnownBaseImages(
  db: Queryable,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, BaseContent>> {
  if (digests.length === 0) return new Map();
  const rows = await db.query<BaseContent>(
    `select distinct on (b.digest) ${digestText('b.digest')} as digest, b.platform, ${digestText('b.chain_id')} as "chainId",
       b.layer_count as "layerCount", b.pull_bytes as "pullBytes", b.labels, b.created_at as "createdAt", b.runtime,
       b.runtime_version as "runtimeVersion", b.variant, b.distro, b.distro_version as "distroVersion"
     from base_image b where b.digest = any($1::bytea[]) order by b.digest`,
    [digests.map(digestBytes)],
  );
  return new Map(rows.map((row) => [row.digest, withoutNulls(row)]));
}

/**
 * Stores what tags name now. Images that they named before stay, no longer marked as newest.
 * @param options for which platforms they were read, and when (ISO 8601)
 */
export async function saveBaseTags(
  tx: Queryable,
  repository: ListedRepository,
  read: readonly BaseTag[],
  { platforms, now }: { readonly platforms: PlatformSelection; readonly now: string },
): Promise<void> {
  if (read.length === 0) return;
  const sorted = distinctSorted(read, ({ tag }) => tag);
  const valuesOf = (tags: readonly BaseTag[]) => [
    repository.registry,
    repository.name,
    tags.map(({ tag }) => tag),
    tags.map(({ digest }) => digestBytes(digest)),
  ];
  await tx.query(SAVE_TAGS, [...valuesOf(sorted.filter(({ complete }) => complete)), wantedNames(platforms)]);
  const images = sorted.flatMap(({ tag, digest, images: named }) =>
    named.map((content): BaseImage => {
      const indexDigest = content.digest === digest ? undefined : digest;
      const name = { registry: repository.registry, repository: repository.name, tag, indexDigest };
      return { ...content, ...name, learnedAt: now, newest: true };
    }),
  );
  await saveBaseImages(tx, images, 'seen-now');
  await tx.query(RETIRE_REPLACED, valuesOf(sorted));
}

const SAVE_TAGS = `
  insert into base_tag (registry, repository, name, digest, platforms)
  select $1, $2, n.name, n.digest, $5::text[] from unnest($3::text[], $4::bytea[]) as n (name, digest)
  on conflict (registry, repository, name) do update set digest = excluded.digest,
    platforms = case
      when base_tag.digest <> excluded.digest or excluded.platforms is null then excluded.platforms
      when base_tag.platforms is not null then array(select distinct unnest(base_tag.platforms || excluded.platforms) order by 1) end`;

/**
 * Marks images that their tag no longer names. A rebuilt index may still list an old image; that image's row then has
 * the new index's digest, and stays newest.
 */
const RETIRE_REPLACED = `
  update base_image b set newest = false
  from unnest($3::text[], $4::bytea[]) as n (tag, digest)
  where b.registry = $1 and b.repository = $2 and b.tag = n.tag and b.newest and coalesce(b.index_digest, b.digest) <> n.digest`;

/**
 * SQL: whether a new row replaces an existing one, and when it counts as learned if both are what the tag names now. When
 * the tag was just read, always, and as before; an imported one only if it was learned later, and as it says.
 */
const MERGE = {
  'seen-now': { replaces: 'true', learnedAt: 'base_image.learned_at' },
  imported: { replaces: 'base_image.learned_at < excluded.learned_at', learnedAt: 'excluded.learned_at' },
} as const;

/**
 * Stores images of the catalogue, in key order so that two writers never deadlock.
 * @param merge what becomes of rows that exist already
 */
export async function saveBaseImages(
  tx: Queryable,
  images: readonly BaseImage[],
  merge: keyof typeof MERGE,
): Promise<void> {
  if (images.length === 0) return;
  const { replaces, learnedAt } = MERGE[merge];
  await tx.query(
    `${insertJson('base_image', BASE_IMAGE_COLUMNS)}
     order by registry, repository, tag, digest
     on conflict (registry, repository, tag, digest) do update
       ${setExcluded(['index_digest', 'newest', 'runtime', 'runtime_version', 'variant', 'distro', 'distro_version'])},
       learned_at = case when base_image.newest then ${learnedAt} else excluded.learned_at end
     where ${replaces}`,
    [jsonRows(images.map(rowOf))],
  );
}

const BASE_IMAGE_COLUMNS = `registry text, repository text, tag text, index_digest bytea, learned_at timestamptz, newest bool, digest bytea, platform text,
  chain_id bytea, layer_count int4, pull_bytes int8, labels jsonb, created_at timestamptz, runtime text, runtime_version text, variant text,
  distro text, distro_version text`;

function rowOf({ digest, indexDigest, chainId, ...image }: BaseImage): object {
  return { ...image, digest: jsonDigest(digest), indexDigest: jsonDigest(indexDigest), chainId: jsonDigest(chainId) };
}

/**
 * Run after an import: where files and registries disagree on what a tag names, only what was learned last stays
 * newest.
 */
export async function retireOutdatedImages(tx: Queryable): Promise<void> {
  await tx.query(
    `update base_image b set newest = false
     from (select distinct on (registry, repository, tag) registry, repository, tag, coalesce(index_digest, digest) as digest
           from base_image where newest order by registry, repository, tag, learned_at desc, coalesce(index_digest, digest)) n
     where b.registry = n.registry and b.repository = n.repository and b.tag = n.tag and b.newest
       and coalesce(b.index_digest, b.digest) <> n.digest`,
  );
}

/** Counts the images in the catalogue, including those that their tags no longer name. */
export async function countBases(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>('select count(*) as count from base_image');
  return row?.count ?? 0;
}

/**
 * Identifies the images in the catalogue, which are only ever added, and which of them their tags name now. Two tags that
 * exchange their builds may leave the sum of the row ids as it is, but not that of their hashes.
 */
export async function findCatalogueKey(db: Queryable): Promise<string> {
  const [row] = await db.query<{ key: string }>(
    "select concat_ws(' ', count(*), sum(hashint8(id)) filter (where newest)) as key from base_image",
  );
  return row?.key ?? '';
}

/**
 * SQL: joins to a row `b` of base_image, as `later`, the build that its tag names now, if it is newer and has other
 * layers.
 */
export const LATER_BUILD = `
  left join lateral (
    select n.digest, n.created_at from base_image n
    where not b.newest and n.newest and n.registry = b.registry and n.repository = b.repository and n.tag = b.tag
      and n.platform = b.platform and n.chain_id <> b.chain_id and n.created_at > b.created_at
    order by n.created_at desc, n.digest limit 1) later on true`;

/**
 * SQL, an aggregate over rows `b`, builds under tags, joined with `later` as by {@link LATER_BUILD}: the tags that have
 * moved on to newer builds, in the shape of `NewerBuild`; null if none has.
 */
export const NEWER_BUILDS = `
  jsonb_agg(distinct jsonb_build_object(
    'reference', b.repository || ':' || b.tag,
    'createdAt', to_char(later.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'ageDays', floor(extract(epoch from later.created_at - b.created_at) / 86400)))
  filter (where later.created_at is not null)`;
