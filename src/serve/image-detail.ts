import type { PlanStep } from '../advise/advise.ts';
import type { Projection } from '../advise/projection.ts';
import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../errors.ts';
import { type Digest, digestBytes } from '../oci/digest.ts';
import { byBytes } from '../store/sql/by-bytes.ts';
import { digestText } from '../store/sql/digest-text.ts';

/**
 * One stored image with its assessment. Sizes are compressed bytes, except `uncompressed_bytes` and `wasted_bytes`. Of
 * the assessment's values null means not known, or not assessed yet.
 */
export interface ImageDetail {
  readonly digest: Digest;
  readonly platform: string;
  readonly created_at: string | null;
  readonly compressed_bytes: number;
  readonly uncompressed_bytes: number | null;
  readonly base_image: string | null;
  readonly base_digest: Digest | null;
  readonly base_confidence: string | null;
  readonly base_evidence: string | null;
  /** How many of the first layers belong to the base; null: not known. */
  readonly base_layers: number | null;
  readonly base_bytes: number | null;
  readonly app_bytes: number | null;
  /** The chain ID of the base's layers: the proof of a `proven` base; null when it is not known or has no layers. */
  readonly base_chain_id: Digest | null;
  /** Up to ten images with that chain ID, in the catalogue or in the audited registries: `REGISTRY/REPOSITORY:TAG`. */
  readonly base_names: readonly string[];
  readonly distro: string | null;
  readonly distro_version: string | null;
  readonly distro_eol: string | null;
  readonly runtime: string | null;
  readonly runtime_version: string | null;
  readonly framework: string | null;
  readonly variant: string | null;
  readonly build_tool: string | null;
  readonly multi_stage: string | null;
  readonly multi_stage_evidence: string | null;
  readonly user: string | null;
  readonly runs_as_root: boolean | null;
  readonly wasted_bytes: number | null;
  readonly savings_min_bytes: number | null;
  readonly savings_max_bytes: number | null;
  readonly slim_score: number | null;
  readonly plan: readonly PlannedStep[];
  readonly layers: readonly DetailLayer[];
  readonly findings: readonly DetailFinding[];
  /** Up to 200 tags that name the image, directly or through an index. */
  readonly places: readonly Place[];
  /** The tag that named it last, if none does any more. */
  readonly former_place: FormerPlace | null;
}

/** A step of the plan that makes the image smaller. */
export type PlannedStep = Pick<PlanStep, 'technique' | 'gain'> & Pick<Projection, 'after' | 'basis' | 'base'>;

/** A layer of the image. */
export interface DetailLayer {
  /** From 0, base first. */
  readonly position: number;
  readonly digest: Digest;
  readonly bytes: number;
  /** `base` for the layers of the base image, as `inspect` shows them. */
  readonly class: string;
  readonly instruction: string;
  readonly of_base: boolean;
  /** How many stored images contain it, counted up to 1,000. */
  readonly images: number;
}

/** A rule that the image trips. */
export interface DetailFinding {
  readonly rule: string;
  readonly severity: string;
  readonly confidence: string;
  readonly message: string;
  /** The position of the layer that it concerns; null: none in particular. */
  readonly layer: number | null;
  readonly min_bytes: number | null;
  readonly max_bytes: number | null;
}

/** A tag that names the image, or an index that lists it. */
export interface Place {
  readonly source: string;
  readonly registry: string;
  readonly repository: string;
  /** Empty: the repository has the image untagged. */
  readonly tag: string;
  readonly team: string;
  readonly pushed_at: string | null;
  readonly first_seen_at: string;
}

/** A tag that named the image until an audit saw that it was gone or had moved. */
export interface FormerPlace extends Place {
  readonly ended_at: string;
}

/** The name of an image on pages: that of its first tag, else of the tag that named it last, else its digest, shortened. */
export function imageName({
  digest,
  places: [place],
  former_place: former,
}: Pick<ImageDetail, 'digest' | 'places' | 'former_place'>): string {
  if (place) return placeName(place);
  return former ? `${placeName(former)} (until ${former.ended_at.slice(0, 10)})` : digest.slice(0, 19);
}

/** `REPOSITORY:TAG`, or only the repository if it has the image untagged. */
export function placeName({ repository, tag }: Place): string {
  return tag === '' ? repository : `${repository}:${tag}`;
}

type ImageRow = Omit<
  ImageDetail,
  'digest' | 'base_chain_id' | 'base_names' | 'layers' | 'findings' | 'places' | 'former_place' | 'plan'
> & {
  readonly id: number;
  readonly techniques: readonly PlanStep[] | null;
};

const IMAGE = `
  select m.id, i.platform, i.created_at, i.pull_bytes as compressed_bytes, a.uncompressed_bytes, a.base_image,
    a.base_confidence, a.base_evidence, a.base_layers, a.base_bytes, a.app_bytes, a.distro, a.distro_version, a.distro_eol,
    a.runtime, a.runtime_version, a.framework, a.variant, a.build_tool, a.multi_stage, a.multi_stage_evidence,
    a.run_user as "user", a.runs_as_root, a.wasted_bytes, a.savings_min_bytes, a.savings_max_bytes, a.slim_score, a.techniques, ${digestText('a.base_digest')} as base_digest
  from manifest m join image i on i.manifest_id = m.id left join assessment a on a.manifest_id = m.id
  where m.digest = $1`;

/** Reads one image with its layers, findings and tags. @throws NotFoundError when no image has that digest */
export async function readImageDetail(db: Queryable, digest: Digest): Promise<ImageDetail> {
  const [found] = await db.query<ImageRow>(IMAGE, [digestBytes(digest)]);
  if (!found) throw new NotFoundError(`there is no image ${digest} in the database`);
  const { id, techniques, ...image } = found;
  const proof = await readProof(db, id, image.base_layers);
  const places = await db.query<Place>(PLACES, [id]);
  const [former = null] = places.length === 0 ? await db.query<FormerPlace>(FORMER_PLACE, [id]) : [];
  return {
    digest,
    ...image,
    ...proof,
    plan: (techniques ?? []).map(stepOf),
    layers: await readLayers(db, id, image.base_layers ?? 0),
    findings: await db.query<DetailFinding>(
      'select rule, severity, confidence, message, layer, min_bytes, max_bytes from finding where manifest_id = $1 order by ordinal',
      [id],
    ),
    places,
    former_place: former,
  };
}

function stepOf({ technique, gain, projection: { after, basis, base } }: PlanStep): PlannedStep {
  return { technique, gain, after, basis, ...(base === undefined ? {} : { base }) };
}

/** The chain ID of the base's layers, and other images that have it. */
async function readProof(
  db: Queryable,
  manifestId: number,
  baseLayers: number | null,
): Promise<Pick<ImageDetail, 'base_chain_id' | 'base_names'>> {
  if (baseLayers === null || baseLayers === 0) return { base_chain_id: null, base_names: [] };
  const rows = await db.query<{ chain: Digest | null; name: string | null }>(
    `select ${digestText('l.chain_id')} as chain, n.name from manifest_layer l left join lateral (
       select ${byBytes("(b.registry || '/' || b.repository || ':' || b.tag)")} as name from base_image b where b.chain_id = l.chain_id
       union
       select ${byBytes("(r.registry || '/' || r.name || ':' || c.tag)")} from image i join tag_content c on c.manifest_id = i.manifest_id
         join repository r on r.id = c.repository_id where i.chain_id = l.chain_id and c.tag is not null
       order by name limit 10) n on true
     where l.manifest_id = $1 and l.position = $2`,
    [manifestId, baseLayers - 1],
  );
  return {
    base_chain_id: rows[0]?.chain ?? null,
    base_names: rows.flatMap(({ name }) => (name === null ? [] : [name])),
  };
}

async function readLayers(db: Queryable, manifestId: number, baseLayers: number): Promise<readonly DetailLayer[]> {
  return db.query<DetailLayer>(
    `select l.position, b.size as bytes, coalesce(b.instruction, '') as instruction, l.position < $2 as of_base,
       case when l.position < $2 then 'base' else coalesce(b.layer_class, 'none') end as class,
       (select count(*) from (select distinct o.manifest_id from manifest_layer o where o.blob_id = l.blob_id limit 1000) h) as images,
       ${digestText('b.digest')} as digest
     from manifest_layer l join blob b on b.id = l.blob_id where l.manifest_id = $1 order by l.position`,
    [manifestId, baseLayers],
  );
}

/** The tags that name an image, directly or through an index, now or before. $1: its id */
const NAMING = `
  select s.name as source, r.registry, r.name as repository, coalesce(t.name, '') as tag, r.team, t.pushed_at, t.started_at as first_seen_at, t.ended_at
  from tag t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
  where t.manifest_id = $1 or t.manifest_id in (select index_id from index_child where child_id = $1)`;

const PLACES = `
  select source, registry, repository, tag, team, pushed_at, first_seen_at from (${NAMING}) n
  where ended_at is null order by ${byBytes('source', 'registry', 'repository', 'tag')} limit 200`;

const FORMER_PLACE = `
  select * from (${NAMING}) n where ended_at is not null
  order by ended_at desc, ${byBytes('source', 'registry', 'repository', 'tag')} limit 1`;
