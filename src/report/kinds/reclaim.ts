import { byBytes } from '../../store/sql/by-bytes.ts';
import { freedSql, withFreedBytes } from '../reclaim/freed.ts';
import { type InUse, inUseSql, NOTHING_IN_USE } from '../reclaim/in-use.ts';
import { LEADS_TO } from '../reclaim/leads-to.ts';
import { defineColumns } from '../report.ts';
import { type OfImages, OWNED_COLUMNS, placeFilters, type ReportKind } from './kind.ts';

// The view slimboard_reclaimable repeats these thresholds in SQL: keep both the same.

/** An image that nobody pulled for this many days is stale. */
export const STALE_DAYS = 180;
/** An image with this many newer builds, and older than SUPERSEDED_DAYS, is superseded. */
export const SUPERSEDED_BUILDS = 10;
export const SUPERSEDED_DAYS = 90;

const columns = defineColumns({
  ...OWNED_COLUMNS,
  tags: ['text', 'Its tags, separated by `;`; empty: untagged.', 'gist'],
  digest: ['digest', 'The manifest that could be removed.', 'gist'],
  reason: [
    'text',
    `\`archived\`, \`untagged\`, \`stale\` (not pulled for ${STALE_DAYS} days) or \`superseded\` (${SUPERSEDED_BUILDS} newer builds, ${SUPERSEDED_DAYS} days old).`,
    'gist',
  ],
  dated_at: [
    'timestamp',
    'The last pull or, if later, when it was restored from the archive; else the push, else the build, else the end of the audit that found it.',
  ],
  compressed_bytes: ['bytes', 'Its pull size; empty for an index.', 'detail'],
  freed_bytes: [
    'bytes',
    'What its removal frees if all rows above it are removed too: the rows sum to what the whole set frees.',
    'gist',
  ],
});

/** The size for `--min-size`; of an index, the blobs of its children, each once. Runs only when the filter is used. */
const SIZE = `coalesce(c.compressed_bytes, (
  select sum(b.size) from blob b where b.stored and b.id in (
    select l.blob_id from index_child x join manifest_layer l on l.manifest_id = x.child_id where x.index_id = c.manifest_id)))`;

/** A manifest belongs to its image, and an index to those of its children. */
const ofManifest: OfImages = (images, condition) =>
  `(c.repository_id, c.manifest_id) in (
    select i.repository_id, coalesce(i.index_id, i.manifest_id) from ${images()} i where ${condition})`;

/**
 * A report of the manifests that could be removed; nothing is removed. Never proposed: manifests that an index of the
 * repository lists or may list, manifests that describe another one (signatures, attestations), the newest build of a
 * repository, and what is in use. A blob is freed with the last of its holders, and only when all of them are
 * candidates.
 * @param inUse the images that run somewhere, by digest or by reference with a tag
 */
export function reclaimable(inUse: InUse): ReportKind {
  return {
    name: 'reclaim',
    currentOnly: true,
    description:
      'One row per manifest that could be removed, with the bytes that its removal frees together with all rows above it.',
    columns,
    filters: { ...placeFilters('c'), since: 'c.dated_at', minSize: SIZE },
    ofImages: ofManifest,
    query: (scope) =>
      candidatesSql(`${scope.where} and ${NOT_LISTED} and not ${inUseSql(inUse, 'c', scope.parameters)}`),
    order: 'place',
  };
}

export const reclaim: ReportKind = reclaimable(NOTHING_IN_USE);

/**
 * Excludes the children of indexes that are in the repository: the indexes would lack them. Only tagged children, which
 * look like images of their own, need this check: untagged ones are not candidates anyway.
 */
const NOT_LISTED = `not exists (
  select 1 from leads_to x join tag t on t.manifest_id = x.index_id
  where x.child_id = c.manifest_id and t.repository_id = c.repository_id and t.ended_at is null)`;

function candidatesSql(where: string): string {
  return `
    with recursive ${LEADS_TO},
    chosen as (
      select c.*, row_number() over (order by ${byBytes('c.source', 'c.registry', 'c.repository')}, c.dated_at nulls first, c.digest) as place
      from slimboard_reclaimable c where ${where}),
    ${LISTED},
    ${freedSql('chosen')}
    ${withFreedBytes(columns)}`;
}

/** `listed`: the manifests of tags, or without one, in the sources of `chosen`. */
const LISTED = `
    listed as (
      select t.repository_id, t.manifest_id
      from (
        select repository_id, manifest_id from tag where name is not null and ended_at is null
        union all select repository_id, manifest_id from standing_untagged where ended_at is null) t
      join repository r on r.id = t.repository_id and r.ended_at is null where r.source_id in (select source_id from chosen))`;
