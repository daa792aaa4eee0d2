import type { KnownBase } from '../classify/verdict.ts';
import { groupPairs } from '../common/group-by.ts';
import type { Queryable } from '../database/database.ts';
import { chainIds } from '../oci/chain-id.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import { LATER_BUILD, NEWER_BUILDS } from './catalogue-store.ts';
import { byBytes } from './sql/by-bytes.ts';
import { digestText } from './sql/digest-text.ts';
import { withoutNulls } from './sql/rows.ts';

/**
 * SQL: the catalogue images whose layers are the first layers of these images, or all of them. One index lookup for each
 * chain ID, however large the catalogue.
 * @param chains selects the chain IDs of the images, as of {@link registryBases}
 */
const catalogueBases = (chains: string): string => `
  select c.manifest_id as "imageId", c.layers as "layerCount", ${digestText('b.digest')} as digest, ${digestText('b.index_digest')} as "indexDigest",
    array_agg(distinct ${byBytes("(b.repository || ':' || b.tag)")}) as "references", (array_agg(b.labels))[1] as labels, ${NEWER_BUILDS} as "newerBuilds"
  from (${chains}) c
  join base_image b on b.chain_id = c.chain_id and split_part(b.platform, '/', 2) = c.architecture ${LATER_BUILD}
  group by c.manifest_id, c.layers, b.digest, b.index_digest
  order by c.manifest_id, c.layers, b.digest, b.index_digest`;

/**
 * Builders of reproducible images write a fixed date: Jib 1970-01-01, Cloud Native Buildpacks 1980-01-01. The view
 * `slimboard_reclaimable` repeats this in SQL: keep both the same.
 */
export const FIXED_DATES_BEFORE = '1981-01-01Z';
/** Former builds of a repository with the same layers: so many are told apart by their digests and labels. */
const FORMER_BUILDS = 20;

/**
 * SQL: images of other repositories, in any registry, whose layers are all among the first layers of these images and
 * that are not younger; a row for each name of a repository that has such an image. Where they are stored does not
 * matter, as equal layers are proof. An image of a repository with the same name, in this registry or another, is more
 * likely an earlier build than a base. Names are looked up once per base: a thousand sources may mirror it, and most
 * images are built on a few bases. Layers that no such tag names any more have the names that they had, with the newer
 * builds that these tags name now; of builds with the same layers the newest, since a tag may have moved every night.
 *
 * `beneath`: the chain IDs within these images; `base`: the images that consist of such a chain; `name`: the tags that
 * name or named them; `moved`: what those of them that have moved on name now; `build`: one row for each base and
 * repository; `named`: the same, with its place among the builds of the same layers; `found`: those that an image may be
 * built on.
 * @param chains selects the chain IDs: `manifest_id`, `layers`, `chain_id`; and of the image, `layer_count`, `architecture`
 * and `created_at`
 * @param own selects the repositories that hold these images themselves: `manifest_id`, `repository`
 */
const registryBases = ({ chains, own }: { readonly chains: string; readonly own: string }): string => `
  with beneath as (select * from (${chains}) c where layers < layer_count),
  base as (
    select b.* from (select distinct chain_id, layers from beneath) n
    cross join lateral (select * from image where chain_id = n.chain_id and layer_count = n.layers offset 0) b),
  name as (
    select c.*, r.name as repository, c.is_current and r.ended_at is null as is_open
    from (
      select b.*, t.repository_id, t.name as tag, t.ended_at is null as is_current, null::int8 as index_id
      from base b join tag t on t.manifest_id = b.manifest_id
      union all
      select b.*, t.repository_id, t.name, t.ended_at is null, x.index_id
      from base b join index_child x on x.child_id = b.manifest_id join tag t on t.manifest_id = x.index_id) c
    join repository r on r.id = c.repository_id
    where c.tag is not null),
  moved as (
    select distinct on (n.repository_id, n.tag, n.platform) n.repository_id, n.tag, n.platform, i.chain_id, i.created_at
    from (select distinct repository_id, tag, platform from name where not is_open) n
    join tag t on t.repository_id = n.repository_id and t.name = n.tag and t.ended_at is null
    left join index_child c on c.index_id = t.manifest_id
    join image i on i.manifest_id = coalesce(c.child_id, t.manifest_id) and i.platform = n.platform
    where i.created_at is not null
    order by n.repository_id, n.tag, n.platform, i.created_at desc),
  build as (
    select b.manifest_id, b.chain_id, b.layer_count, b.platform, b.created_at, b.repository, b.is_open,
      array_agg(distinct b.repository || ':' || b.tag) as refs, max(${digestText('x.digest')}) as index_digest,
      ${NEWER_BUILDS} as newer_builds
    from name b
    left join manifest x on x.id = b.index_id
    left join moved later on not b.is_open and later.repository_id = b.repository_id and later.tag = b.tag
      and later.platform = b.platform and later.chain_id <> b.chain_id and later.created_at > b.created_at
    group by b.manifest_id, b.chain_id, b.layer_count, b.platform, b.created_at, b.repository, b.is_open),
  named as (
    select b.*, m.digest, m.config_id,
      row_number() over (same order by b.created_at desc nulls last, m.digest) as place,
      case when b.is_open then b.created_at else min(b.created_at) over same end as exists_since
    from build b join manifest m on m.id = b.manifest_id
    window same as (partition by b.chain_id, b.platform, b.repository, b.is_open)),
  own as (${own}),
  found as (
    select n.manifest_id as id, n.layers, b.digest, b.index_digest, b.refs, b.newer_builds, b.config_id, b.is_open, b.created_at, b.repository,
      bool_or(b.is_open) over (partition by n.manifest_id, n.layers) as stands
    from beneath n
    join named b on b.chain_id = n.chain_id and b.layer_count = n.layers and split_part(b.platform, '/', 2) = n.architecture
      and (b.exists_since is null or n.created_at is null or n.created_at < '${FIXED_DATES_BEFORE}' or b.exists_since <= n.created_at)
    where (b.is_open or b.place <= ${FORMER_BUILDS})
      and (n.manifest_id, b.repository) not in (select manifest_id, repository from own))
  select id as "imageId", layers as "layerCount", ${digestText('digest')} as digest, index_digest as "indexDigest", refs as "references",
    newer_builds as "newerBuilds", config_id as "configId"
  from found where is_open or not stands
  order by id, layers, created_at desc, digest, ${byBytes('repository')}`;

/** SQL: the repositories that hold, or held, these images. */
const holdersOf = (ids: string): string => `
    select o.manifest_id, r.name as repository
    from (
      select t.manifest_id, t.repository_id from tag t where t.manifest_id = any(${ids})
      union all
      select x.child_id, t.repository_id from index_child x join tag t on t.manifest_id = x.index_id where x.child_id = any(${ids})) o
    join repository r on r.id = o.repository_id`;

/** SQL: the chain IDs within the stored images $1. */
const STORED_CHAINS = `
    select l.manifest_id, l.position + 1 as layers, l.chain_id, i.layer_count, split_part(i.platform, '/', 2) as architecture, i.created_at
    from unnest($1::int8[]) as w (id) cross join lateral (select * from image where manifest_id = w.id offset 0) i
    join manifest_layer l on l.manifest_id = i.manifest_id`;
const BASES_OF_STORED = registryBases({ chains: STORED_CHAINS, own: holdersOf('$1::int8[]') });

/** SQL: the same of one image that need not be stored, with the chain IDs $1, the architecture $2 and the date $3. */
const GIVEN_CHAIN = `
    select 0::int8 as manifest_id, c.layers::int4 as layers, c.chain_id, cardinality($1::bytea[]) as layer_count, $2::text as architecture,
      $3::timestamptz as created_at
    from unnest($1::bytea[]) with ordinality as c (chain_id, layers)`;
/** The image has the digest $5, and is in the repository $4. */
const BASES_OF_GIVEN = registryBases({
  chains: GIVEN_CHAIN,
  own: `
    select 0::int8 as manifest_id, $4::text as repository
    union all
    select 0, repository from (${holdersOf('array(select id from manifest where digest = $5::bytea)')}) h`,
});

/** A known base with the manifest row of the image that may be built on it. */
type BaseRow = Omit<KnownBase, 'origin'> & { readonly imageId: number };
/** The labels of a base of a registry are in its config. */
type RegistryBaseRow = Omit<BaseRow, 'labels'> & { readonly configId: number | null };

/** Reads the known bases of stored images, by their manifest rows. */
export async function readBases(
  db: Queryable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly KnownBase[]>> {
  const catalogue = await db.query<BaseRow>(catalogueBases(STORED_CHAINS), [ids]);
  const registry = await db.query<RegistryBaseRow>(BASES_OF_STORED, [ids]);
  return groupPairs(await knownBases(db, catalogue, registry));
}

/** An image straight from its registry: what its known bases are found by. */
export interface ImageOnBases {
  readonly config: Pick<ImageConfig, 'architecture' | 'created' | 'diffIds'>;
  readonly digest: Digest;
  readonly repository: string;
}

/** Finds the known bases of one image as {@link readBases} does, whether or not it is stored. */
export async function findBases(
  db: Queryable,
  { config, digest, repository }: ImageOnBases,
): Promise<readonly KnownBase[]> {
  const image = [chainIds(config.diffIds).map(digestBytes), config.architecture, config.created ?? null];
  const catalogue = await db.query<BaseRow>(catalogueBases(GIVEN_CHAIN), image);
  const registry = await db.query<RegistryBaseRow>(BASES_OF_GIVEN, [...image, repository, digestBytes(digest)]);
  return (await knownBases(db, catalogue, registry)).map(([, base]) => base);
}

/** Returns the bases that rows describe, each with the manifest row of the image that is built on it. */
async function knownBases(
  db: Queryable,
  catalogue: readonly BaseRow[],
  registry: readonly RegistryBaseRow[],
): Promise<readonly (readonly [manifestId: number, base: KnownBase])[]> {
  // Once per config: hundreds of images may be built on the same base.
  const configs = await db.query<{ id: number; body: Uint8Array }>(
    'select id, body from blob where id = any($1::int8[]) and body is not null',
    [[...new Set(registry.flatMap(({ configId }) => configId ?? []))]],
  );
  const labels = new Map(configs.map(({ id, body }) => [id, parseImageConfig(body).labels]));
  return [
    ...catalogue.map(({ imageId, ...base }) => [imageId, knownBase(base, 'catalogue')] as const),
    ...registry.map(({ imageId, configId, ...base }) => {
      const described = { ...base, labels: labels.get(configId ?? 0) ?? {} };
      return [imageId, knownBase(described, 'registry')] as const;
    }),
  ];
}

function knownBase(base: Omit<KnownBase, 'origin'>, origin: KnownBase['origin']): KnownBase {
  return { ...withoutNulls(base), references: base.references.toSorted(), origin };
}
