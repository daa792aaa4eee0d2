import type { Queryable } from '../../database/database.ts';
import { byBytes } from '../sql/by-bytes.ts';
import { digestText } from '../sql/digest-text.ts';
import { currentSteps } from './current-steps.ts';

/** Short lists about one source, stored at the end of an audit. Sizes are bytes. */
export interface SourceSummary {
  /**
   * The number of distinct tagged images whose pull size is at least `fromBytes` and below the next boundary; sizes
   * without images are left out.
   * @see SIZE_BOUNDARIES
   */
  readonly sizes: readonly { readonly fromBytes: number; readonly images: number }[];
  readonly rules: readonly RuleCount[];
  /** The largest first. */
  readonly layers: readonly BigLayer[];
  /** The largest gain first. */
  readonly steps: readonly BigStep[];
}

/** How many images break a rule. */
export interface RuleCount {
  readonly rule: string;
  readonly severity: string;
  readonly images: number;
  /** The most that fixing all of them saves, each image counted by itself; null: not known. */
  readonly maxBytes: number | null;
}

/** A layer of tagged images. */
export interface BigLayer {
  readonly digest: string;
  readonly bytes: number;
  readonly class: string | null;
  readonly instruction: string | null;
  readonly images: number;
  readonly repositories: number;
  /** The first repository, by name and registry, that holds it. */
  readonly registry: string;
  readonly repository: string;
}

/** The step of advice with the largest gain for its technique among the current builds of a repository. */
export interface BigStep {
  readonly digest: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  readonly team: string;
  readonly bytes: number;
  readonly technique: string;
  readonly base: string | null;
  readonly gainBytes: number;
  /** The number of current builds in the repository that have such a step; absent in lists stored by earlier versions. */
  readonly images?: number;
  /** The projected pull size, at worst, after this step and all before it. */
  readonly afterMaxBytes: number;
  readonly basis: string;
}

/** Lower bounds of size classes in bytes. Each at least doubles the one before, as image sizes vary by magnitudes. */
export const SIZE_BOUNDARIES: readonly number[] = [0, 10e6, 25e6, 50e6, 100e6, 200e6, 500e6, 1e9, 2e9, 5e9];

/** Rarer base images are not listed; their tags are the difference between the source's total and the rows. */
const MOST_BASES = 1_000;

const BASE_TOTALS = `
  insert into base_total (audit_id, source_id, place, base_image, distro, distro_version, distro_eol, images, tags, repositories, base_bytes, logical_bytes)
  select $2, $1, row_number() over (order by tags desc, ${byBytes('base_image', 'distro', 'distro_version')}, distro_eol), b.*
  from (
    select coalesce(base_image, '') as base_image, distro, distro_version, distro_eol, images, tags, repositories, base_bytes, logical_bytes
    from source_base where source_id = $1
    order by tags desc, ${byBytes("coalesce(base_image, '')", 'distro', 'distro_version')}, distro_eol limit ${MOST_BASES}) b`;

/** The length of each list. */
export const LIST_ROWS = 15;
/** Layers of untagged images are not listed: among this many of the largest layers, enough belong to tagged images. */
const LAYER_CANDIDATES = 500;

/**
 * The lists of a source as one JSON object. `image_once`: each tagged image under one of its tags, as several tags and
 * repositories may hold it. `step_once`: each step in one of the repositories of which its image is a current build.
 * `best`: the repositories and techniques with the greatest gain; `steps`: for each of them the image that gains most.
 * $1: the source; $2: the audit; $3: {@link SIZE_BOUNDARIES}
 */
const SUMMARY = `
  insert into source_summary (audit_id, source_id, lists)
  with image_once as materialized (
    select distinct on (t.manifest_id) t.manifest_id, t.team, t.repository_id, t.tag, t.pull_bytes
    from tagged_image t order by t.manifest_id, ${byBytes('t.repository', 't.tag')}),
  sizes as (
    select width_bucket(pull_bytes, $3::int8[]) as bucket, count(*) as images from image_once group by 1),
  rules as (
    select f.rule, f.severity, count(distinct f.manifest_id) as images, sum(f.max_bytes) as bytes
    from image_once i join finding f on f.manifest_id = i.manifest_id group by 1, 2),
  candidate as materialized (
    select h.blob_id, h.size, b.digest from (select distinct blob_id, size from holding) h join blob b on b.id = h.blob_id
    order by h.size desc, b.digest limit ${LAYER_CANDIDATES}),
  biggest as materialized (
    select c.blob_id, c.size from candidate c
    where exists (select 1 from manifest_layer l join image_once i on i.manifest_id = l.manifest_id where l.blob_id = c.blob_id)
    order by c.size desc, c.digest limit ${LIST_ROWS}),
  layers as (
    select l.blob_id, count(distinct t.manifest_id) as images, count(distinct t.repository_id) as repositories,
      (array_agg(t.repository_id order by ${byBytes('t.repository', 'r.registry')}))[1] as repository_id
    from biggest g join manifest_layer l on l.blob_id = g.blob_id join tagged_image t on t.manifest_id = l.manifest_id
    join repository r on r.id = t.repository_id
    group by l.blob_id),
  step as (
    select t.manifest_id, t.repository_id, t.repository, t.team, t.tag, t.pull_bytes, p.value as step,
      p.value ->> 'technique' as technique, (p.value ->> 'gain')::numeric::int8 as gain
    from tagged_image t join assessment a on a.manifest_id = t.manifest_id cross join lateral jsonb_array_elements(a.techniques) p (value)),
  ${currentSteps('gain')},
  step_once as materialized (
    select distinct on (s.manifest_id, s.technique) s.*, r.registry from current_step s join repository r on r.id = s.repository_id
    order by s.manifest_id, s.technique, ${byBytes('s.repository', 'r.registry')}),
  best as materialized (
    select repository_id, repository, registry, technique, max(gain) as gain, count(*) as images
    from step_once group by 1, 2, 3, 4 order by gain desc, ${byBytes('repository', 'registry', 'technique')} limit ${LIST_ROWS}),
  steps as (
    select distinct on (s.repository_id, s.technique) s.*, b.images
    from best b join step_once s on s.repository_id = b.repository_id and s.technique = b.technique and s.gain = b.gain
    join manifest m on m.id = s.manifest_id order by s.repository_id, s.technique, ${byBytes('s.tag')} desc, m.digest)
  select $2, $1, jsonb_build_object(
    'sizes', coalesce((
      select jsonb_agg(jsonb_build_object('fromBytes', ($3::int8[])[bucket], 'images', images) order by bucket) from sizes), '[]'),
    'rules', coalesce((
      select jsonb_agg(jsonb_build_object('rule', rule, 'severity', severity, 'images', images, 'maxBytes', bytes)
        order by ${byBytes('rule', 'severity')})
      from rules), '[]'),
    'layers', coalesce((
      select jsonb_agg(jsonb_build_object('digest', ${digestText('b.digest')}, 'bytes', b.size, 'class', b.layer_class,
          'instruction', b.instruction, 'images', l.images, 'repositories', l.repositories, 'registry', r.registry, 'repository', r.name)
        order by b.size desc, b.digest)
      from layers l join blob b on b.id = l.blob_id join repository r on r.id = l.repository_id), '[]'),
    'steps', coalesce((
      select jsonb_agg(jsonb_build_object('digest', ${digestText('m.digest')}, 'registry', s.registry, 'repository', s.repository,
          'tag', s.tag, 'team', s.team, 'bytes', s.pull_bytes, 'technique', s.step ->> 'technique', 'base', s.step #>> '{projection,base}',
          'gainBytes', s.gain, 'images', s.images, 'afterMaxBytes', (s.step #>> '{projection,after,max}')::numeric::int8, 'basis', s.step #>> '{projection,basis}')
        order by s.gain desc, ${byBytes('s.repository', 's.registry', 's.technique')})
      from steps s join manifest m on m.id = s.manifest_id), '[]'))`;

/**
 * Stores the base totals and summary lists of a source at the end of an audit. Reads its stored base sums and the
 * temporary tables that `computeTotals` creates.
 */
export async function summariseSource(tx: Queryable, sourceId: number, auditId: number): Promise<void> {
  await tx.query(BASE_TOTALS, [sourceId, auditId]);
  await tx.query(SUMMARY, [sourceId, auditId, SIZE_BOUNDARIES]);
}
